"""What services hold of a lead, and sending it to one of them on its partner's word."""

from __future__ import annotations

from typing import Any

import pytest

from crm_integrations import delivery as engine
from crm_integrations.models import Connection, Delivery, Route, State
from leadops.models import ApiKey, Lead, Scope
from leadops.services import lead_deletion, loan_accounts
from tests import people
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller


@pytest.fixture
def api(key) -> Caller:
    return Caller(key)


def connection(vendor: str, **fields: Any) -> Connection:
    made = Connection(vendor=vendor, name=vendor, base_url="https://vendor.example", **fields)
    made.secrets = {"token": "synthetic"}
    made.save()
    return made


@pytest.fixture
def ispcrm(db) -> Connection:
    made = connection("ispcrm")
    Route.objects.create(connection=made)
    return made


@pytest.fixture
def lead_id(api, program, ispcrm) -> str:
    answer = api.post(
        "/v1/crm/leads/", bodies.lead(program, partner_ref_id="P-1", applicants=[bodies.person()])
    )
    return answer.json()["id"]


def accounts(api: Caller, lead_id: str) -> list[dict[str, Any]]:
    answer = api.get(f"/v1/crm/leads/{lead_id}/service_accounts/")
    assert answer.status_code == 200, answer.content
    return answer.json()


def send(api: Caller, lead_id: str, service: str) -> Any:
    return api.post(f"/v1/crm/leads/{lead_id}/send_to_service/", {"service": service})


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def test_what_is_on_its_way_is_told(api, lead_id, program):
    delivery = Delivery.objects.get()
    assert accounts(api, lead_id) == [
        {"service": "ispcrm", "vendor": "ispcrm", "kind": "lead", "account_id": None, "program_id": str(program.pk),
         "ref_id": delivery.ref, "status": None, "state": "queued", "delivery_id": str(delivery.pk)},
    ]  # fmt: skip


def test_what_a_service_holds_is_told_with_its_id_and_word(api, lead_id, program):
    Delivery.objects.update(state=State.DELIVERED, reference="77", vendor_status="new")
    los = connection("crego_los")
    Route.objects.create(connection=los)
    lead = Lead.objects.get(pk=lead_id)
    gold = people.program("gold", "Gold loan")
    loan_accounts.open_account(lead, "A-1", gold)
    held, opened = reversed(accounts(api, lead_id))
    assert (held["account_id"], held["status"], held["state"]) == ("77", "new", "delivered")
    assert (opened["service"], opened["kind"], opened["ref_id"]) == ("crego_los", "loan_account", "A-1")
    assert (opened["program_id"], opened["state"]) == (str(gold.pk), "waiting")


def test_a_service_that_was_sent_nothing_is_told_by_its_route(api, lead_id, program):
    Route.objects.create(connection=connection("broctagon"), automatic=False)
    Route.objects.create(connection=connection("crego_crm", enabled=False))
    Route.objects.create(connection=connection("brainysoft"), program=people.program("other", "Other"))
    first, second = accounts(api, lead_id)
    assert (first["service"], first["kind"], first["state"], first["delivery_id"]) == (
        "broctagon",
        "lead",
        None,
        None,
    )
    assert second["service"] == "ispcrm"


def test_of_several_versions_the_newest_is_told(api, lead_id):
    old = Delivery.objects.get()
    Delivery.objects.update(state=State.REJECTED)
    api.post(
        "/v1/crm/applicants/", {"lead_id": lead_id, **bodies.applicant(is_primary=False, name="Ravi Rao")}
    )
    [told] = accounts(api, lead_id)
    assert (Delivery.objects.count(), told["state"]) == (2, "queued")
    assert told["delivery_id"] != str(old.pk)


def test_service_accounts_take_a_fixed_number_of_queries(api, lead_id, django_assert_num_queries):
    Route.objects.create(connection=connection("broctagon"))
    with django_assert_num_queries(5):  # the key, its count, the lead, its deliveries, its routes
        accounts(api, lead_id)


def test_a_lead_is_sent_to_a_service_that_was_connected_since(api, lead_id):
    Route.objects.create(connection=connection("broctagon"))
    answer = send(api, lead_id, "broctagon")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["service"], answer.json()["state"]) == ("broctagon", "queued")
    assert set(Delivery.objects.values_list("connection__name", flat=True)) == {"ispcrm", "broctagon"}


@pytest.mark.parametrize("state", ["queued", "unknown", "delivered", "review"])
def test_what_a_service_has_or_may_have_is_not_sent_again(api, lead_id, state):
    Delivery.objects.update(state=state)
    answer = send(api, lead_id, "ispcrm")
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert Delivery.objects.get().state == state


@pytest.mark.parametrize("state", ["rejected", "cancelled", "dead", "skipped"])
def test_what_ended_without_success_is_the_lenders_to_send_again(api, lead_id, state):
    Delivery.objects.update(state=state)
    assert refusal(send(api, lead_id, "ispcrm")) == (409, "not-now")
    assert Delivery.objects.get().state == state


@pytest.mark.parametrize("status", ["dropped", "declined", "draft"])
def test_a_lead_that_is_not_to_be_sent_is_not_sent(api, lead_id, status):
    Route.objects.create(connection=connection("broctagon"))
    Lead.objects.update(status=status)
    assert refusal(send(api, lead_id, "broctagon")) == (409, "not-now")
    assert Delivery.objects.count() == 1
    assert Lead.objects.get().status == status


def test_where_only_officers_send_a_partner_does_not(api, lead_id):
    Route.objects.create(connection=connection("broctagon"), automatic=False)
    assert refusal(send(api, lead_id, "broctagon")) == (409, "not-now")
    assert Delivery.objects.count() == 1


def test_services_that_are_not_the_leads_are_unknown(api, lead_id):
    connection("broctagon")
    Route.objects.create(connection=connection("crego_crm", enabled=False))
    Route.objects.create(connection=connection("brainysoft"), program=people.program("other", "Other"))
    said = [send(api, lead_id, name) for name in ("broctagon", "crego_crm", "brainysoft", "nobody")]
    assert {answer.status_code for answer in said} == {400}
    assert len({str(answer.json()["errors"]) for answer in said}) == 1
    assert said[0].json()["errors"][0]["code"] == "unknown_service"


def test_a_service_of_loan_accounts_takes_no_lead(api, lead_id):
    Route.objects.create(connection=connection("crego_los"))
    answer = send(api, lead_id, "crego_los")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "takes_no_leads")


def said(api: Caller, lead_id: str, **body: Any) -> tuple[int, Any]:
    answer = api.post(f"/v1/crm/leads/{lead_id}/send_to_service/", body)
    told = answer.json()
    errors = [(each["field"], each["code"]) for each in told.get("errors", [])]
    return answer.status_code, errors or told["service"]


def test_cregos_own_body_is_taken_where_it_is_the_leads(api, lead_id, program):
    ref = Delivery.objects.get().ref
    for each in ("P-1", ref):
        assert said(api, lead_id, service="crm", program_id=str(program.pk), ref_id=each) == (200, "ispcrm")
    assert Delivery.objects.count() == 1


def test_what_is_not_the_leads_is_said_by_its_field(api, lead_id):
    other = str(people.program("other", "Other").pk)
    assert said(api, lead_id, service="ispcrm", program_id=other) == (400, [("program_id", "not_the_leads")])
    assert said(api, lead_id, service="ispcrm", ref_id="P-2") == (400, [("ref_id", "not_the_leads")])
    assert said(api, lead_id, service="ispcrm", program_id="x") == (400, [("program_id", "invalid_id")])


def test_a_kind_names_a_service_where_there_is_one_of_it(api, lead_id, program):
    assert said(api, lead_id, service="los") == (400, [("service", "unknown_service")])
    Route.objects.create(connection=Connection.objects.get(), program=program)  # two routes to one service
    Route.objects.create(connection=connection("crego_los"))
    assert said(api, lead_id, service="crm") == (200, "ispcrm")
    assert said(api, lead_id, service="lms") == (400, [("service", "unknown_service")])
    printed = {"service": "los", "program_id": str(program.pk), "ref_id": "CL00044A"}
    assert said(api, lead_id, **printed) == (400, [("service", "takes_no_leads")])
    Route.objects.create(connection=connection("broctagon"))
    assert said(api, lead_id, service="crm") == (400, [("service", "several_services")])
    Connection.objects.filter(name="broctagon").update(name="crm")
    assert said(api, lead_id, service="crm") == (200, "crm")


@pytest.mark.parametrize("body", [{}, {"service": 7}, {"service": "ispcrm", "more": 1}, []])
def test_a_body_of_another_form_is_refused(api, lead_id, body):
    assert api.post(f"/v1/crm/leads/{lead_id}/send_to_service/", body).status_code == 400


def test_each_needs_its_scope(partner, lead_id):
    for scopes, statuses in (([Scope.STATUS_READ], (200, 403)), ([Scope.LEAD_WRITE], (403, 200))):
        ApiKey.objects.all().delete()
        caller = Caller(ApiKey.issue(partner, scopes=scopes)[1])
        told = caller.get(f"/v1/crm/leads/{lead_id}/service_accounts/").status_code
        assert (told, send(caller, lead_id, "ispcrm").status_code) == statuses


def test_anothers_lead_and_a_deleted_one_are_unknown(api, other_key, lead_id):
    other = Caller(other_key)
    assert other.get(f"/v1/crm/leads/{lead_id}/service_accounts/").status_code == 404
    assert send(other, lead_id, "ispcrm").status_code == 404
    lead_deletion.delete(Lead.objects.get().pk)
    assert api.get(f"/v1/crm/leads/{lead_id}/service_accounts/").status_code == 404
    assert send(api, lead_id, "ispcrm").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_lead_goes_to_the_named_service_and_to_no_other(key, program, connections, vendor_sandbox):
    Route.objects.all().delete()
    api = Caller(key)
    body = bodies.lead(program, applicants=[bodies.person()])
    lead_id = api.post("/v1/crm/leads/", body).json()["id"]
    for each in Connection.objects.all():
        Route.objects.create(connection=each)
    assert send(api, lead_id, "ispcrm").json()["state"] == "queued"
    engine.drain()
    held = next(each for each in accounts(api, lead_id) if each["service"] == "ispcrm")
    assert held["account_id"] == str(vendor_sandbox.held("ispcrm")[0]["id"])
    assert [vendor_sandbox.held(each) for each in ("crego_crm", "broctagon", "brainysoft")] == [[], [], []]
