"""No two records have one reference at one connection: a vendor that is asked for one would tell of the other."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections as databases
from django.db import transaction

from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Route
from leadops import synthetic
from leadops.models import Lead, Partner, Program
from leadops.services import leads
from tests import patience

pytestmark = pytest.mark.django_db(transaction=True)

Taking = Callable[[Partner], Lead]


@pytest.fixture
def take(connections, program: Program) -> Taking:
    """Takes in the same lead, with the same reference, from a partner."""

    def taken(partner: Partner) -> Lead:
        draft = synthetic.drafts(1)[0]
        return leads.receive(draft, partner=partner, program=program, intake=Lead.Intake.API)[0]

    return taken


def references() -> dict[str, str]:
    """What Crego is told, by the lead."""
    found = Delivery.objects.filter(connection__vendor="crego_crm").select_related("lead")
    return {each.lead.pk.hex: each.ref for each in found}


def test_two_partners_with_one_reference_at_the_same_time_are_told_apart(take, partner, other_partner):
    enqueued, told = threading.Event(), threading.Event()
    done: list[str] = []

    def later() -> None:
        try:
            assert enqueued.wait(patience.SECONDS)
            told.set()
            take(other_partner)
            done.append("later")
        finally:
            databases.close_all()

    waiting = threading.Thread(target=later)
    waiting.start()
    with transaction.atomic():
        first = take(partner)
        enqueued.set()
        assert told.wait(patience.SECONDS)
        waiting.join(0.5)
        assert done == []  # it waits for this transaction's end
    waiting.join(patience.SECONDS)
    assert done == ["later"]
    given = references()
    assert given.pop(first.pk.hex) == first.partner_ref_id
    ((second, ref),) = given.items()
    assert ref == second


def test_another_reference_waits_for_nobody(take, partner, other_partner, program):
    other = synthetic.drafts(2)[1]
    done: list[str] = []

    def meanwhile() -> None:
        try:
            leads.receive(other, partner=other_partner, program=program, intake=Lead.Intake.API)
            done.append("meanwhile")
        finally:
            databases.close_all()

    with transaction.atomic():
        take(partner)
        thread = threading.Thread(target=meanwhile)
        thread.start()
        thread.join(patience.SECONDS)
        assert done == ["meanwhile"]


def test_two_partners_leads_sent_in_one_go_are_told_apart(take, partner, other_partner):
    first, second = take(partner), take(other_partner)
    Delivery.objects.all().delete()
    leads.submit([first, second])
    assert references() == {first.pk.hex: first.partner_ref_id, second.pk.hex: second.pk.hex}


def test_a_reference_that_is_taken_at_one_connection_is_free_at_another(
    take, partner, other_partner, vendor_sandbox
):
    first = take(partner)
    crego = Connection.objects.get(vendor="crego_crm")
    other = Connection(vendor=crego.vendor, name="Crego of another branch", base_url=vendor_sandbox.url)
    other.secrets = crego.secrets
    other.save()
    Route.objects.create(connection=other)
    second = take(other_partner)
    told = {each.connection_id: each.ref for each in second.deliveries.all()}
    assert (told[crego.pk], told[other.pk]) == (second.pk.hex, first.partner_ref_id)
    assert outbox.reference_at(crego, second) == second.pk.hex
    assert outbox.reference_at(other, second) == second.partner_ref_id


def test_a_newer_version_keeps_its_reference(take, partner):
    lead = take(partner)
    Delivery.objects.update(state="rejected")
    leads.revise(lead)
    leads.submit([lead])
    found = Delivery.objects.filter(connection__vendor="crego_crm")
    assert set(found.values_list("version", "ref")) == {(1, lead.partner_ref_id), (2, lead.partner_ref_id)}
