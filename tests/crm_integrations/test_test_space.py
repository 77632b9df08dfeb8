"""What test keys write stays apart: seen by no live key, sent to no live connection, and the other way round."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from crm_integrations import delivery, outbox, readiness
from crm_integrations.models import Connection, Delivery, Gap, State
from crm_integrations.tasks import refresh_gaps
from leadops.models import ApiKey, Duplicate, Lead, LoanAccount, Partner
from leadops.services import leads, loan_accounts
from tests import people, vendors
from tests.crm_integrations.in_hand import claimed
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

LEADS = "/v1/crm/leads/"


@pytest.fixture
def api(key) -> Caller:
    return Caller(key)


@pytest.fixture
def test_api(partner) -> Caller:
    return Caller(ApiKey.issue(partner, mode=ApiKey.Mode.TEST)[1])


@pytest.fixture
def both(db, vendor_sandbox) -> dict[str, Connection]:
    """A live connection and one for test leads, both routed for every program."""
    live = vendors.connect(vendor_sandbox.url, "ispcrm", "crego_los")
    test = vendors.connect(vendor_sandbox.url, "brainysoft", test_space=True)
    return {"live": live["ispcrm"], "los": live["crego_los"], "test": test["brainysoft"]}


def _body(program, **fields):
    return bodies.lead(program, applicants=[bodies.person()], **fields)


def _sent_to(lead_id: str) -> set[str]:
    return set(Delivery.objects.filter(lead=lead_id).values_list("connection__vendor", flat=True))


def test_a_test_lead_goes_to_test_connections_only_and_a_live_one_to_live_ones(api, test_api, program, both):
    live = api.post(LEADS, _body(program, partner_ref_id="A1")).json()
    test = test_api.post(LEADS, _body(program, partner_ref_id="A1")).json()
    assert _sent_to(live["id"]) == {"ispcrm"}
    assert _sent_to(test["id"]) == {"brainysoft"}


def test_neither_key_sees_the_others_leads(api, test_api, program):
    live, test = (each.post(LEADS, _body(program, partner_ref_id="A1")).json() for each in (api, test_api))
    assert "duplicate_of" not in test
    assert [each["id"] for each in api.get(LEADS).json()["results"]] == [live["id"]]
    assert [each["id"] for each in test_api.get(LEADS).json()["results"]] == [test["id"]]
    assert api.get(f"{LEADS}{test['id']}/").status_code == 404
    assert test_api.get(f"{LEADS}{live['id']}/").status_code == 404


@pytest.mark.parametrize("policy", ["mark", "refuse", "merge"])
def test_a_test_lead_is_no_duplicate_of_a_live_one(api, test_api, program, rule, policy):
    rule(policy)
    answers = [each.post(LEADS, _body(program)) for each in (test_api, api)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert not Duplicate.objects.exists()
    assert Lead.objects.count() == 2
    assert "filled" not in answers[1].json()
    again = [each.post(LEADS, _body(program)) for each in (test_api, api)]
    assert all(
        answer.status_code == 409 or {"filled", "duplicate_of"} & set(answer.json()) for answer in again
    )


def test_an_account_reference_is_free_in_the_other_space(api, test_api, program, both):
    for caller in (test_api, api):
        lead_id = caller.post(LEADS, _body(program)).json()["id"]
        body = {"crm_lead_id": lead_id, "ref_id": "ACC-1", "program_id": str(program.pk)}
        assert caller.post("/v1/los/accounts/", body).status_code == 201
        assert caller.post("/v1/los/accounts/", body).status_code == 409
    assert LoanAccount.objects.filter(in_test_space=True).count() == 1
    [sent] = Delivery.objects.filter(loan_account__isnull=False)
    assert not sent.loan_account.in_test_space


def test_an_officers_word_sends_no_lead_across(api, test_api, program, both):
    test = Lead.objects.get(pk=test_api.post(LEADS, _body(program)).json()["id"])
    live = Lead.objects.get(pk=api.post(LEADS, _body(program, partner_ref_id="B")).json()["id"])
    Delivery.objects.all().delete()
    assert leads.submit([test], [both["live"].pk]) == 0
    assert leads.submit([live], [both["test"].pk]) == 0
    assert leads.submit([test], [both["test"].pk]) == 1


def test_only_connections_of_its_space_are_said_to_be_ready(api, test_api, program, both):
    for caller, vendor in ((api, "ispcrm"), (test_api, "brainysoft")):
        lead_id = caller.post(LEADS, _body(program)).json()["id"]
        told = caller.get(f"{LEADS}{lead_id}/readiness/").json()["results"]
        assert [each["vendor"] for each in told] == [vendor]
        lead = Lead.objects.select_related("partner").get(pk=lead_id)
        assert [each.connection.vendor for each in readiness.of_lead(lead)] == [vendor]


def test_gaps_are_found_within_a_space(api, test_api, program, both):
    live, test = (each.post(LEADS, bodies.lead(program)).json()["id"] for each in (api, test_api))
    refresh_gaps()
    found = {(str(gap.lead_id), gap.connection.vendor) for gap in Gap.objects.select_related("connection")}
    assert found == {(live, "ispcrm"), (test, "brainysoft")}


def test_whatever_is_in_the_outbox_no_test_lead_is_sent_to_a_live_connection(
    test_api, api, program, both, vendor_sandbox
):
    test_api.post(LEADS, _body(program))
    api.post(LEADS, _body(program))
    Delivery.objects.filter(connection=both["live"]).update(connection=both["los"])
    Delivery.objects.filter(connection=both["test"]).update(connection=both["live"])
    Delivery.objects.filter(connection=both["los"]).update(connection=both["test"])
    while outbox.can_claim():
        delivery.deliver(claimed())
        if not Delivery.objects.filter(state=State.QUEUED).exists():
            break
    assert {each.state for each in Delivery.objects.all()} == {State.CANCELLED}
    assert all("test leads only" in each.reason for each in Delivery.objects.all())
    assert vendor_sandbox.calls("ispcrm") == vendor_sandbox.calls("brainysoft") == []


def test_a_test_lead_reaches_the_test_system(test_api, program, both, vendor_sandbox):
    test_api.post(LEADS, _body(program))
    delivery.deliver(claimed())
    assert len(vendor_sandbox.held("brainysoft")) == 1
    assert vendor_sandbox.calls("ispcrm") == []


def test_what_a_connection_takes_is_chosen_once(both):
    both["live"].test_space = True
    with pytest.raises(ValidationError, match="chosen once"):
        both["live"].full_clean()


def test_the_command_connects_a_test_system(vendor_sandbox, db):
    told = ["ispcrm", "--name", "test", "--base-url", vendor_sandbox.url, "--secret", "token=synthetic"]
    call_command("connect", *told, "--test-space")
    call_command("connect", *told)  # which changes it, and leaves it what it is
    assert Connection.objects.get(name="test").test_space
    call_command("connect", *told[:2], "live", *told[3:])
    with pytest.raises((CommandError, ValidationError), match="chosen once"):
        call_command("connect", *told[:2], "live", *told[3:], "--test-space")


def test_a_partner_has_one_test_space_and_it_has_no_keys(partner, test_api):
    ApiKey.issue(partner, mode=ApiKey.Mode.TEST)
    [space] = Partner.objects.filter(test_of=partner)
    assert (space.name, space.code) == ("Sunrise Finserv (test)", "sunrise-test")
    with pytest.raises(ValidationError, match="partner itself"):
        ApiKey.issue(space)


def test_a_name_that_is_taken_does_not_hinder_a_test_space(partner):
    people.partner("Sunrise Finserv (test)", "sunrise-test")
    space = partner.make_test_space()
    assert space.test_of == partner
    assert space.name.startswith("Sunrise Finserv (test)-")


def test_an_account_of_the_back_office_on_a_test_lead_stays_in_its_space(test_api, program, both):
    lead = Lead.objects.get(pk=test_api.post(LEADS, _body(program)).json()["id"])
    account = loan_accounts.open_account(lead, "ACC-9", program)
    assert account.in_test_space
    assert not Delivery.objects.filter(loan_account=account).exists()


def test_a_preview_across_says_that_it_is_sent_nowhere_there(both, partner, program, test_api, desk):
    test_api.post(LEADS, _body(program))
    lead = Lead.objects.get()
    page = desk.get(reverse("admin:leadops_lead_preview", args=[lead.pk, both["live"].pk]))
    assert page.status_code == 200
    assert "A lead of a test key goes to connections for test leads only" in page.content.decode()
    assert page.context["preview"].request == ""
