"""The loan accounts of a day beside the list of the vendor's runnable twin, which shows our reference of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import reconciling
from crm_integrations.models import Connection, Delivery, Difference, Reconciliation, State
from leadops.ids import uuid7
from leadops.models import Lead, Program
from leadops.services import loan_accounts
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Difference.Kind


@pytest.fixture
def los(connections) -> Connection:
    return connections["crego_los"]


@pytest.fixture
def deliver(receive, los) -> Callable[..., Delivery]:
    """Has Crego take in a loan account for a lead."""

    def delivered(ref_id: str, program: Program, lead: Lead | None = None) -> Delivery:
        account = loan_accounts.open_account(lead or receive(), ref_id, program)
        engine.drain()
        made = account.deliveries.get()
        assert made.state == State.DELIVERED
        return made

    return delivered


def forget_id(*deliveries: Delivery) -> None:
    """As if the vendor had taken them and named no id."""
    Delivery.objects.filter(pk__in=[each.pk for each in deliveries]).update(reference="")


def compared(connection: Connection) -> Reconciliation:
    today = timezone.localdate()
    asked = reconciling.start(connection, today, today)
    reconciling.run(asked.pk)
    asked.refresh_from_db()
    assert asked.state == "done"
    return asked


def found(asked: Reconciliation) -> Counter[str]:
    return Counter(asked.differences.values_list("kind", flat=True))


def sums(asked: Reconciliation) -> tuple[int, int, int]:
    return asked.ours, asked.theirs, asked.matched


def test_an_account_without_the_vendors_id_is_known_by_its_reference(los, deliver, program):
    forget_id(deliver("CL00044A", program))
    asked = compared(los)
    assert (sums(asked), found(asked)) == ((1, 1, 1), {})


@pytest.fixture
def two(deliver, program, receive) -> list[Delivery]:
    """The accounts of one lead in two programs, both of one reference; the list names the first before the second."""
    lead, other = receive(), people.program("scf-west", "Supply chain finance, west")
    return [deliver("CL00044A", each, lead) for each in (program, other)]


@pytest.mark.parametrize("without", [0, 1])
def test_of_two_accounts_with_one_reference_the_one_without_an_id_is_known(los, two, without):
    assert found(compared(los)) == {}
    forget_id(two[without])
    asked = compared(los)
    assert (sums(asked), found(asked)) == ((2, 2, 2), {})


@pytest.mark.parametrize("lost", [0, 1])
def test_an_account_that_was_given_up_is_not_taken_for_its_namesake(los, two, lost):
    """The vendor has both: what was given up is told, and the other one is left alone."""
    Delivery.objects.filter(pk=two[lost].pk).update(state=State.DEAD, reference="", delivered_at=None)
    differs = compared(los).differences.get()
    assert (differs.delivery, differs.field, differs.reference) == (two[lost], "state", two[lost].reference)


def test_a_second_account_of_theirs_with_our_reference_is_told(los, deliver, program):
    """Also when a newer version of ours, which was never sent, stands beside the one that was."""
    held = deliver("CL00044A", program)
    newer = Delivery.objects.get(pk=held.pk)
    newer.pk, newer.version, newer.state, newer.reference = uuid7(), 2, State.SUPERSEDED, ""
    newer.delivered_at = None
    newer.save(force_insert=True)
    Delivery.objects.filter(pk=held.pk).update(reference="the-first")
    asked = compared(los)
    assert found(asked) == {Kind.DIFFERS: 1, Kind.MISSING_THERE: 1}  # the first is not listed
    differs = asked.differences.get(kind=Kind.DIFFERS)
    assert (differs.delivery, differs.field, differs.ours) == (held, "vendor's id", "the-first")
