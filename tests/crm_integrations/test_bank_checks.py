"""Verifying bank accounts: asked over REST, delivered like any other record, and told with what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Exchange, Route, State
from leadops.models import ApiKey, Bank, BankVerification, Lead, Scope
from leadops.services import bank_verification, leads
from tests import people, vendors
from tests.crm_integrations.in_hand import make_due
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def verifier(transactional_db, vendor_sandbox, settings) -> Connection:
    settings.DELIVERY_RETRIES = settings.DELIVERY_LOOKUPS = (0,) * 5
    return vendors.connect(vendor_sandbox.url, "bank_verifier")["bank_verifier"]


@pytest.fixture
def api(key) -> Caller:
    return Caller(key)


@pytest.fixture
def bank_id(api, program, verifier) -> str:
    person = bodies.applicant(banks=[bodies.bank(account_holder_name="Asha Verma")])
    answer = api.post("/v1/crm/leads/", bodies.lead(program, applicants=[person]))
    assert answer.status_code == 200, answer.content
    return answer.json()["applicants"][0]["banks"][0]["id"]


def verify(api: Caller, bank_id: str) -> dict[str, Any]:
    answer = api.get(f"/v1/crm/banks/{bank_id}/verify/")
    assert answer.status_code == 200, answer.content
    return answer.json()


def refused(api: Caller, bank_id: str) -> tuple[int, str]:
    answer = api.get(f"/v1/crm/banks/{bank_id}/verify/")
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def renumber(api: Caller, bank_id: str, **fields: str) -> None:
    answer = api.patch(f"/v1/crm/banks/{bank_id}/", fields)
    assert answer.status_code == 200, answer.content


def test_an_account_in_the_holders_name_is_verified(api, bank_id, vendor_sandbox):
    asked = verify(api, bank_id)
    assert (asked["is_verified"], asked["verification"]["state"]) == (False, "queued")
    assert asked["verification"]["found"] is None
    engine.drain()
    told = verify(api, bank_id)
    assert told["is_verified"]
    assert told["verification"] | {"checked_at": 0} == {
        "delivery_id": asked["verification"]["delivery_id"], "state": "delivered", "checked_at": 0, "found": True,
        "best_match": 100, "holder_match": 100, "applicant_match": 100, "name_at_bank": None,
    }  # fmt: skip
    [held] = vendor_sandbox.held("bank_verifier")
    assert held["body"]["account_no"] == "000999888777"


@pytest.mark.parametrize(("number", "found"), [("000999888799", True), ("000999888700", False)])
def test_an_account_of_somebody_else_or_of_nobody_is_not(api, bank_id, number, found):
    renumber(api, bank_id, account_no=number)
    verify(api, bank_id)
    engine.drain()
    told = verify(api, bank_id)
    assert (told["is_verified"], told["verification"]["state"]) == (False, "delivered")
    assert (told["verification"]["found"], told["verification"]["best_match"] < 80) == (found, True)


def test_asked_again_the_bank_is_not(api, bank_id, vendor_sandbox):
    for _ in range(2):
        verify(api, bank_id)
        verify(api, bank_id)
        engine.drain()
    assert (Delivery.objects.count(), len(vendor_sandbox.calls("bank_verifier"))) == (1, 1)


@pytest.mark.parametrize("fields", [{"account_no": "000999888766"}, {"ifsc": "HDFC0000001"}])
def test_another_number_or_ifsc_is_not_verified_and_can_be(api, bank_id, vendor_sandbox, fields):
    verify(api, bank_id)
    engine.drain()
    assert Bank.objects.get().is_verified
    renumber(api, bank_id, **fields)
    assert not Bank.objects.get().is_verified
    assert verify(api, bank_id)["verification"]["state"] == "queued"
    engine.drain()
    told = verify(api, bank_id)
    assert (told["is_verified"], BankVerification.objects.count()) == (True, 2)
    assert len(vendor_sandbox.held("bank_verifier")) == 2


def test_an_account_that_has_its_number_back_is_verified_by_what_was_told_of_it(api, bank_id, vendor_sandbox):
    verify(api, bank_id)
    engine.drain()
    renumber(api, bank_id, account_no="000999888766")
    assert not Bank.objects.get().is_verified
    renumber(api, bank_id, account_no="000999888777")
    told = verify(api, bank_id)
    assert (told["is_verified"], told["verification"]["state"]) == (True, "delivered")
    assert len(vendor_sandbox.calls("bank_verifier")) == 1


def test_a_holder_who_was_misspelt_is_held_against_the_same_answer(api, bank_id, vendor_sandbox):
    renumber(api, bank_id, account_no="000999888799")
    verify(api, bank_id)
    engine.drain()
    assert not verify(api, bank_id)["is_verified"]
    renumber(api, bank_id, account_holder_name=BankVerification.objects.get().name_at_bank)
    told = verify(api, bank_id)
    assert (told["is_verified"], told["verification"]["holder_match"]) == (True, 100)
    assert len(vendor_sandbox.calls("bank_verifier")) == 1


@pytest.mark.parametrize(("number", "decided"), [("000999888777", False), ("000999888799", True)])
def test_what_officers_decided_since_stands_whoever_asks(api, bank_id, number, decided):
    """The bank said otherwise, and they knew."""
    renumber(api, bank_id, account_no=number)
    verify(api, bank_id)
    engine.drain()
    assert Bank.objects.get().is_verified is not decided
    Bank.objects.update(is_verified=decided)
    assert verify(api, bank_id)["is_verified"] is decided


def test_an_account_verified_by_the_applicants_name_is_it_no_more_under_another(api, bank_id):
    renumber(api, bank_id, account_holder_name="V Traders")
    verify(api, bank_id)
    engine.drain()
    BankVerification.objects.update(name_at_bank="Asha Verma", holder_match=0, applicant_match=100)
    answer = api.patch(f"/v1/crm/applicants/{Bank.objects.get().applicant_id}/", {"name": "Ravi Kumar Singh"})
    assert answer.status_code == 200, answer.content
    told = api.get(f"/v1/crm/banks/{bank_id}/").json()
    assert told["is_verified"] is False
    assert BankVerification.objects.get().best_match < 80


@pytest.mark.parametrize("when", ["before it is sent", "while it is asked"])
def test_what_was_another_account_meanwhile_is_asked_anew_once_it_is_back(api, bank_id, monkeypatch, when):
    verify(api, bank_id)
    told = bank_verification.record

    def told_late(*facts: Any) -> bool:
        renumber(api, bank_id, account_no="000999888766")
        return told(*facts)

    if when == "while it is asked":
        monkeypatch.setattr(bank_verification, "record", told_late)
    else:
        renumber(api, bank_id, account_no="000999888766")
    engine.drain()
    monkeypatch.undo()
    assert Delivery.objects.get().state in (State.CANCELLED, State.SUPERSEDED)
    assert not BankVerification.objects.exists()
    renumber(api, bank_id, account_no="000999888777")
    assert verify(api, bank_id)["verification"]["state"] == "queued"
    engine.drain()
    assert verify(api, bank_id)["is_verified"]


def test_what_was_changed_before_it_was_sent_is_not_sent(api, bank_id, vendor_sandbox):
    verify(api, bank_id)
    renumber(api, bank_id, account_no="000999888766")
    engine.drain()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason) == (State.CANCELLED, "The record no longer exists.")
    assert vendor_sandbox.calls("bank_verifier") == []


def test_a_busy_verifier_is_tried_again_and_every_call_is_kept(api, bank_id, vendor_sandbox):
    vendor_sandbox.fault("bank_verifier", "503", times=2)
    verify(api, bank_id)
    for _ in range(3):
        make_due()
        engine.drain()
    assert verify(api, bank_id)["is_verified"]
    assert list(Exchange.objects.order_by("id").values_list("status", flat=True)) == [503, 503, 201]
    kept = Exchange.objects.latest("id")
    assert "000999888777" not in kept.request_body


def test_what_may_have_arrived_is_looked_up_and_not_dropped_twice(api, bank_id, vendor_sandbox):
    vendor_sandbox.fault("bank_verifier", "500_after", times=1)
    verify(api, bank_id)
    for _ in range(2):
        make_due()
        engine.drain()
    assert verify(api, bank_id)["is_verified"]
    assert [call["kind"] for call in vendor_sandbox.calls("bank_verifier")] == ["bank", "find"]


def test_what_was_refused_needs_a_person_and_is_sent_again_by_an_officer(api, bank_id, vendor_sandbox):
    bank = Bank.objects.get()
    bank.account_no = "12"  # too short for the verifier
    bank.save()
    verify(api, bank_id)
    engine.drain()
    assert verify(api, bank_id)["verification"]["state"] == "rejected"
    assert Lead.objects.get().sync_status == Lead.SyncStatus.NEEDS_PERSON
    assert outbox.retry([Delivery.objects.get().pk]) == 1
    engine.drain()
    assert [call["status"] for call in vendor_sandbox.calls("bank_verifier")] == [400, 400]
    assert BankVerification.objects.count() == 0


def test_a_verified_account_is_no_lead_that_was_delivered(api, bank_id):
    verify(api, bank_id)
    engine.drain()
    assert Lead.objects.get().sync_status == Lead.SyncStatus.NOT_SENT
    lead_id = str(Lead.objects.get().pk)
    [told] = api.get(f"/v1/crm/leads/{lead_id}/deliveries/").json()["results"]
    assert (told["kind"], told["state"], told["vendor"]) == ("bank", "delivered", "bank_verifier")
    assert "VERMA" not in str(told)


def test_no_event_tells_that_the_lead_was_delivered(api, bank_id):
    asked = {"url": "https://partner.example/hook", "events": ["lead.delivered", "lead.updated"]}
    assert api.post("/v1/events/subscriptions/", asked).status_code == 201
    verify(api, bank_id)
    engine.drain()
    assert verify(api, bank_id)["is_verified"]
    told = {each["type"] for each in api.get("/v1/events/").json()["results"]}
    assert told == {"lead.updated"}


def test_leads_are_not_sent_to_who_verifies(api, bank_id):
    assert Delivery.objects.count() == 0
    lead_id = str(Lead.objects.get().pk)
    assert api.get(f"/v1/crm/leads/{lead_id}/readiness/").json()["results"] == []
    assert api.get(f"/v1/crm/leads/{lead_id}/service_accounts/").json() == []


def test_what_can_not_be_verified_says_so(api, bank_id, verifier, program):
    lead = Lead.objects.get()
    for status in (Lead.Status.DROPPED, Lead.Status.DECLINED):
        Lead.objects.update(status=status)
        assert refused(api, bank_id) == (409, "not-now")
    Lead.objects.update(status=Lead.Status.SUBMITTED)
    bank = Bank.objects.get()
    bank.account_no = ""
    bank.save()
    assert refused(api, bank_id) == (409, "not-now")
    bank.account_no = "000999888777"
    bank.save()
    for changes in ({"automatic": False}, {"automatic": True, "program": people.program("other", "Other")}):
        Route.objects.update(**changes)
        assert refused(api, bank_id) == (409, "not-now")
    Route.objects.update(program=program)
    Connection.objects.update(enabled=False)
    assert refused(api, bank_id) == (409, "not-now")
    assert Delivery.objects.filter(lead=lead).count() == 0


def test_a_dropped_leads_account_is_not_verified_any_more(api, bank_id, vendor_sandbox):
    verify(api, bank_id)
    lead = Lead.objects.get()
    lead.status = Lead.Status.DROPPED
    lead.save()
    leads.revise(lead)
    engine.drain()
    assert Delivery.objects.get().state == State.CANCELLED
    assert vendor_sandbox.calls("bank_verifier") == []


def test_the_name_at_the_bank_is_told_with_the_scope_for_it_alone(api, partner, bank_id):
    verify(api, bank_id)
    engine.drain()
    whole = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_WRITE, Scope.PII_READ])[1])
    assert verify(api, bank_id)["verification"]["name_at_bank"] is None
    assert verify(whole, bank_id)["verification"]["name_at_bank"] == "ASHA VERMA"


def test_a_key_that_may_only_read_has_nothing_verified(partner, bank_id):
    reader = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_READ])[1])
    assert refused(reader, bank_id) == (403, "forbidden")
    assert Delivery.objects.count() == 0


def test_anothers_account_is_an_unknown_one(bank_id, other_key):
    assert refused(Caller(other_key), bank_id) == (404, "not-found")
    assert Delivery.objects.count() == 0


def test_officers_see_whose_account_it_was(desk, api, bank_id):
    verify(api, bank_id)
    engine.drain()
    delivery = Delivery.objects.get()
    page = desk.get(f"/admin/crm_integrations/delivery/{delivery.pk}/change/")
    assert page.status_code == 200
    lead = desk.get(f"/admin/leadops/lead/{delivery.lead_id}/change/")
    shown = lead.content.decode()
    assert "of a bank account" in shown
    assert "The account is in the name of ASHA VERMA." in shown
    assert f"/preview/{delivery.connection_id}/" not in shown
    assert str(delivery).startswith("Bank account of Lead ")


def test_of_a_check_that_an_officer_found_nothing_is_said_that_no_bank_told(
    api, bank_id, verifier, vendor_sandbox, officer
):
    verify(api, bank_id)
    Delivery.objects.filter(kind="bank").update(state=State.REVIEW)
    assert outbox.resolve_held(Delivery.objects.get(kind="bank").pk, "chk-1", "seen in their portal", officer)
    told = verify(api, bank_id)["verification"]
    assert (told["state"], told["found"], told["best_match"]) == ("delivered", None, None)
    assert not BankVerification.objects.exists()
