"""No consent, no push: what a program asks for, what borrowers give and take. The sandbox's ledger is the judge."""

from __future__ import annotations

import pytest
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import outbox, partner_words, why
from crm_integrations.models import Delivery, Route, State
from leadops.models import Consent, Holder, Lead
from leadops.services import consents, exports, leads, loan_accounts
from tests.crm_integrations.in_hand import claimed, only

pytestmark = pytest.mark.django_db(transaction=True)

NONE = "Waiting: no consent for ispcrm."


@pytest.fixture
def asking(program):
    """The program sends nothing without a consent."""
    program.consent_required = True
    program.save()


def agree(lead: Lead, purpose: str = "loan", *connections: str) -> Consent:
    """The borrower agrees, and an officer writes it down."""
    given = Consent.objects.create(
        lead=lead, purpose=purpose, granted_at=timezone.now(), connections=list(connections)
    )
    leads.revise(lead)
    return given


def take_back(lead: Lead, officer, *given: Consent) -> None:
    consents.withdraw(lead.pk, [each.pk for each in given], "They called", officer)


def bare(receive) -> Lead:
    """A lead that came in with no consent at all, with its delivery to ISPCRM alone."""
    lead = receive()
    only("ispcrm")
    return lead


def stands() -> tuple[str, str]:
    delivery = Delivery.objects.get()
    return delivery.state, delivery.reason


def test_a_lead_without_consent_waits_and_says_for_what(asking, receive, connections, vendor_sandbox):
    bare(receive)
    assert stands() == (State.WAITING, NONE)
    engine.drain()
    assert vendor_sandbox.calls("ispcrm") == []
    assert why.of_delivery(Delivery.objects.get(), timezone.now()) == NONE
    assert partner_words.why(Delivery.objects.get(), timezone.now()) == "It waits for the borrower's consent."


def test_where_no_consent_is_asked_for_none_is_needed(receive, connections, vendor_sandbox):
    bare(receive)
    engine.drain()
    assert len(vendor_sandbox.held("ispcrm")) == 1


def test_a_consent_that_comes_later_lets_it_go(asking, receive, connections, vendor_sandbox):
    agree(bare(receive))
    assert stands() == (State.QUEUED, "")
    engine.drain()
    assert len(vendor_sandbox.held("ispcrm")) == 1


@pytest.mark.parametrize(
    ("purpose", "connection", "passes"),
    [
        ("loan", "", True),
        ("LOAN", "ispcrm", True),
        ("marketing", "", False),
        ("loan", "broctagon", False),
    ],
)
def test_it_has_to_be_for_that_purpose_and_that_connection(
    asking, receive, connections, purpose, connection, passes
):
    Route.objects.update(purpose="loan")
    lead = bare(receive)
    assert stands()[1] == "Waiting: no consent for “loan” at ispcrm."
    agree(lead, purpose, *filter(None, [connection]))
    assert stands()[0] == (State.QUEUED if passes else State.WAITING)


def test_a_program_s_own_route_says_what_for(asking, receive, connections, program):
    Route.objects.update(purpose="anything")
    Route.objects.create(program=program, connection=connections["ispcrm"], purpose="loan")
    bare(receive)
    assert stands()[1] == "Waiting: no consent for “loan” at ispcrm."


def test_a_consent_found_by_nobody_is_found_by_the_sweep(asking, receive, connections):
    lead = bare(receive)
    Consent.objects.create(lead=lead, purpose="loan", granted_at=timezone.now())
    outbox.sweep()
    assert stands()[0] == State.QUEUED
    assert not Delivery.objects.filter(no_consent=True).exists()


def test_the_sweep_leaves_alone_what_still_has_none(asking, receive, connections):
    bare(receive)
    outbox.sweep()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.no_consent) == (State.WAITING, True)
    assert delivery.due_at > timezone.now()


def test_an_account_waits_for_its_lead_once_the_consent_is_there(
    asking, receive, connections, officer, program
):
    lead = receive()
    loan_accounts.open_account(lead, "LA-1", program, officer)
    account = Delivery.objects.get(kind="loan_account")
    assert account.reason == "Waiting: no consent for crego_los."
    outbox.wake_waiting()
    agree(lead)
    account.refresh_from_db()
    assert (account.state, account.no_consent) == (State.WAITING, False)
    assert account.reason == "Waiting until Crego CRM knows the lead."


# Taken back -----------------------------------------------------------------------------------------------------


def test_taking_it_back_cancels_what_is_queued(asking, receive, connections, officer, vendor_sandbox):
    lead = bare(receive)
    given = agree(lead)
    take_back(lead, officer, given)
    assert stands() == (State.CANCELLED, "The borrower withdrew their consent.")
    engine.drain()
    assert vendor_sandbox.calls("ispcrm") == []
    given.refresh_from_db()
    assert (given.withdrawn_by, given.withdrawal_reason) == (officer, "They called")


def test_it_counts_also_where_the_program_asks_for_none(receive, connections, officer):
    lead = bare(receive)
    take_back(lead, officer, agree(lead))
    assert stands()[0] == State.CANCELLED


def test_another_consent_that_covers_it_is_enough(asking, receive, connections, officer):
    lead = bare(receive)
    agree(lead)
    take_back(lead, officer, agree(lead, "marketing"))
    assert stands()[0] == State.QUEUED


def test_what_a_worker_has_in_hand_stops_before_its_first_byte(
    asking, receive, connections, officer, vendor_sandbox
):
    lead = bare(receive)
    given = agree(lead)
    claim = claimed()
    take_back(lead, officer, given)
    engine.deliver(claim)
    assert stands() == (State.WAITING, NONE)
    assert vendor_sandbox.calls("ispcrm") == []


def test_an_officer_s_word_does_not_send_it(asking, receive, connections, officer, vendor_sandbox):
    lead = bare(receive)
    take_back(lead, officer, agree(lead))
    assert outbox.retry([Delivery.objects.get().pk]) == 1
    engine.drain()
    assert stands() == (State.WAITING, NONE)
    assert vendor_sandbox.calls("ispcrm") == []


def test_who_has_the_data_is_a_list_of_tasks(asking, receive, connections, officer, vendor_sandbox, partner):
    lead = bare(receive)
    given = agree(lead)
    engine.drain()
    taken = exports.Export(road="admin", officer=officer, what="All leads")
    exports.run(exports.order(Lead.objects.all(), taken).pk)
    take_back(lead, officer, given)
    delivered = Delivery.objects.get()
    assert delivered.state == State.DELIVERED
    assert set(Holder.objects.values_list("kind", "name", "known_as")) == {
        ("vendor", "ispcrm (lead)", delivered.reference),
        ("partner", partner.name, lead.partner_ref_id),
        ("export", f"Export of {officer}", lead.reference),
    }


def test_nothing_is_taken_back_by_half(asking, receive, connections, officer, monkeypatch):
    lead = bare(receive)
    given = agree(lead)

    def broken(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("leadops.services.consents.holders.list_for", broken)
    with pytest.raises(RuntimeError):
        take_back(lead, officer, given)
    given.refresh_from_db()
    assert (given.withdrawn_at, stands()[0]) == (None, State.QUEUED)


def test_none_that_stands_is_refused(receive, connections, officer):
    lead = bare(receive)
    given = agree(lead)
    take_back(lead, officer, given)
    with pytest.raises(consents.NothingToWithdraw):
        take_back(lead, officer, given)
