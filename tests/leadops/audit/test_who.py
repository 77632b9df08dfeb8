"""K1, K3: an event tells who did it, for whom, why, and what was before and after; personal data stays sealed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.files import File
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, State
from leadops import request_ids, tasks
from leadops.audit import scope, task_signals
from leadops.audit.acting import LONGEST, acting, current
from leadops.models import (
    Address,
    Applicant,
    AssignmentRule,
    AuditEvent,
    Bank,
    Document,
    DocumentEvent,
    Export,
    Lead,
    Partner,
)
from leadops.services import audit, audit_search, audit_words, document_events, exports, import_batches
from tests import people
from tests.leadops.admin.page_forms import fields
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller
from tests.leadops.excel import workbooks

REQUEST = {"X-Request-Id": "request-of-the-test"}


@pytest.fixture
def lead(partner, program) -> Lead:
    return people.leads_of(partner, program)[0]


@pytest.fixture
def batch(partner, program, officer, settings, tmp_path):
    """Received by an officer, and not run yet."""
    settings.MEDIA_ROOT = tmp_path / "media"
    path = workbooks.ours(tmp_path / "leads.xlsx", [workbooks.HEADER, *workbooks.good_rows(25)])
    with path.open("rb") as file:
        return import_batches.receive(
            File(file), "leads.xlsx", partner=partner, program=program, uploaded_by=officer
        )


def test_a_page_of_the_back_office(desk, partner, events):
    url = reverse("admin:leadops_partner_change", args=[partner.pk])
    form = fields(desk.get(url).content.decode(), "partner_form")
    desk.post(url, form | {"name": "Renamed", "reason": "They told us"}, headers=REQUEST)
    [event] = events(model="leadops.partner", action="update")
    assert event.changes == {"name": ["Sunrise Finserv", "Renamed"]}
    assert (event.act.who, event.act.reason) == ("officer asha", "They told us")
    assert event.act.request_id == REQUEST["X-Request-Id"]
    assert event.act.origin == f"POST {url}"


def test_an_action_of_a_list_is_named(desk, lead, events):
    url = reverse("admin:leadops_lead_changelist")
    desk.post(f"{url}?status__exact=draft", {"action": "submit_selected", "_selected_action": [str(lead.pk)]})
    [event] = events(model="leadops.lead", action="update")
    assert event.act.origin == f"POST {url} (submit_selected)"


def test_a_right_that_is_given_names_officer_and_group(desk, officer, events):
    group = Group.objects.create(name="Loan officers")
    officer.groups.add(group)
    [event] = events(model="leadops.officer_groups")
    assert event.changes == {"officer_id": officer.pk, "group_id": group.pk}
    assert audit_search.history(officer, officer, None, 5)[0].what == "groups of officer"


def test_no_model_is_called_by_the_classes_of_django():
    """As "assignmentrule-officer relationship": what a link holds of what is said."""
    labels = [each.label for each in scope.audited()]
    assert [said for said in map(audit_words.what, labels) if "relationship" in said] == []
    assert audit_words.what("leadops.AssignmentRule_officers") == "officers of assignment rule"


def test_a_link_s_fields_are_called_as_what_they_name(officer, program, events):
    rule = AssignmentRule.objects.create(program=program)
    rule.officers.add(officer)
    [told] = audit_words.told(events(model="leadops.assignmentrule_officers"))
    assert {each.field for each in told.changes} == {"Assignment rule", "Officer"}


def test_a_call_of_a_partner(key, program, events):
    answer = Caller(key).post("/v1/crm/leads/", bodies.lead(program), **REQUEST)
    assert answer.status_code == 200
    [event] = events(model="leadops.lead")
    assert event.act.who == f"partner sunrise, key {key[:12]}…"
    assert (event.act.request_id, event.act.origin) == (REQUEST["X-Request-Id"], "POST /v1/crm/leads/")


def test_an_import_by_copy_acts_for_its_officer(batch, events):
    import_batches.run(batch.pk)
    made = events(model="leadops.lead")
    assert len(made) == Lead.objects.count() == 25
    assert {event.act.on_behalf_of for event in made} == {"officer asha"}
    assert {event.act.reason for event in made} == {f"import {batch.pk}"}
    assert {event.record for event in made} == {str(lead.pk) for lead in Lead.objects.all()}
    assert {event.changes for event in made} == {None}  # the rows hold their values
    assert len(events(model="leadops.bank")) == Bank.objects.count()


def test_a_worker_acts_for_who_rang(batch, events):
    tasks.run_import.apply(args=[str(batch.pk)], task_id="the-ring")
    acts = {event.act for event in events(model="leadops.lead")}
    assert {(act.who, act.request_id) for act in acts} == {("task leadops.tasks.run_import", "the-ring")}
    assert current().who.startswith("command ")  # the tests' own


def test_the_bell_carries_the_requests_id():
    headers: dict[str, str] = {}
    token = request_ids.current.set("request-7")
    task_signals.send_request_id(headers=headers)
    request_ids.current.reset(token)
    assert headers == {task_signals.HEADER: "request-7"}


def test_the_longest_words_in_hindi_are_told_whole(lead, events):
    longest = "क" * LONGEST
    with acting(who=longest, on_behalf_of=longest, reason=longest, request_id=longest, origin=longest):
        Lead.objects.update(loan_amount=5)
    [event] = events(model="leadops.lead", action="update")
    told = (event.act.who, event.act.on_behalf_of, event.act.reason, event.act.request_id, event.act.origin)
    assert told == (longest,) * 5


def test_nobody_at_the_console_is_the_databases_role(lead, events):
    with connection.connection.cursor() as cursor:
        cursor.execute("UPDATE leadops_lead SET remarks = 'x'")
    [event] = events(model="leadops.lead", action="update")
    assert event.act.who == f"database role {connection.settings_dict['USER'] or 'postgres'}"
    assert event.act.db_role in event.act.who


def test_a_value_can_not_pose_as_somebody(lead, events):
    """Only what stands before the statement is read, and no value ends up there."""
    forged = "/*audit:eyJ3aG8iOiAib2ZmaWNlciByYXZpIn0=*/"
    lead.remarks = forged
    lead.save()
    with connection.connection.cursor() as cursor:
        cursor.execute("UPDATE leadops_lead SET loan_purpose = %s", [forged])
    whos = {event.act.who for event in events(model="leadops.lead", action="update")}
    assert not any("ravi" in who for who in whos)


FORGED = """
DO $$ BEGIN
    PERFORM set_config('leadops.audit_act', concat_ws(' ', {act}, {statement}, ''), {local});
    UPDATE leadops_lead SET source = 'x';
END $$
"""
THIS_STATEMENT = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", ["0", THIS_STATEMENT], ids=["another statement", "this statement"])
@pytest.mark.parametrize("local", ["true", "false"])
def test_nobody_at_the_console_acts_under_somebody_elses_act(lead, officer, events, statement, local):
    """What the triggers remember of an act within a transaction is a setting, which anybody may set."""
    with acting(who="officer asha", officer_id=officer.pk):
        Lead.objects.update(loan_amount=5)
    [real] = events(model="leadops.lead", action="update")
    with connection.cursor() as cursor:
        cursor.connection.execute(FORGED.format(act=real.act_id, statement=statement, local=local))
        cursor.execute("RESET leadops.audit_act")
    forged = events(model="leadops.lead", action="update")[-1]
    assert forged.pk != real.pk
    assert forged.act_id != real.act_id
    assert forged.act.who.startswith("database role ")


def test_what_tells_of_people_in_clear_is_not_copied(lead, officer, events):
    """Names, addresses and free text are searched and read in their own columns, and stay out of the audit."""
    told = "Zuleikha Qanaryova"
    person = lead.applicants.get()
    Lead.objects.update(remarks=told, loan_purpose=told, extra={"told": told}, source="fair")
    people_columns = dict.fromkeys(("name", "father_name", "employer_name", "place_of_birth"), told)
    Applicant.objects.update(**people_columns, primary_email="zuleikha@example.com", gender="female")
    home = Address.objects.create(applicant=person, address_line=told, city="Pune")
    Address.objects.update(house_no=told, city="Delhi")
    Bank.objects.create(
        applicant=person, account_no="50100012345", ifsc="HDFC0000001", account_holder_name=told
    )
    Bank.objects.update(account_holder_name=told.upper())
    home.delete()
    person.delete()
    found = events()
    assert not [event for event in found if told.casefold() in str(event.changes).casefold()]
    assert "zuleikha" not in str([event.changes for event in found])
    [lead_event] = events(model="leadops.lead", action="update")
    unsaid = dict.fromkeys(("remarks", "loan_purpose", "extra"))
    assert lead_event.changes == unsaid | {"source": ["walk-in", "fair"]}
    [applicant_event] = events(model="leadops.applicant", action="update")
    assert applicant_event.changes["gender"][1] == "female"
    gone = events(model="leadops.address", action="delete")[0]
    assert (gone.changes["city"], "address_line" in gone.changes) == ("Delhi", False)


def test_a_reason_says_no_number_of_a_person(desk, partner, events):
    url = reverse("admin:leadops_partner_change", args=[partner.pk])
    form = fields(desk.get(url).content.decode(), "partner_form")
    desk.post(url, form | {"name": "Renamed", "reason": "ABCPV9999L called from 98111 11111"})
    [event] = events(model="leadops.partner", action="update")
    assert "called from" in event.act.reason
    assert not {"ABCPV9999L", "98111 11111"} & set(event.act.reason.split(" called from "))


def test_personal_data_is_in_no_event_in_clear(lead, events):
    person = lead.applicants.get()
    person.pan_no, person.primary_mobile = "ABCPV9999L", "9811111111"
    person.save()
    [event] = events(model="leadops.applicant", action="update")
    assert set(event.changes) == {"pan_no", "primary_mobile"}  # and no blind index beside them
    assert all(text.startswith("\\x") for change in event.changes.values() for text in change)
    Applicant.objects.filter(pk=person.pk).delete()
    [gone] = events(model="leadops.applicant", action="delete")
    assert gone.parent == str(lead.pk)
    assert not [name for name in gone.changes if name.endswith("_index")]
    assert "9811111111" not in str(gone.changes)


def test_no_password_and_no_digest_is_copied(officer, events, key):
    officer.set_password("another horse battery staple")
    officer.save()
    [event] = events(model="leadops.officer", action="update")
    assert event.changes == {"password": None}
    [made] = events(model="leadops.apikey")
    assert "digest" not in made.changes


def test_what_is_erased_is_not_copied_into_the_audit(lead, events):
    with acting(erasing=True, reason="The borrower asked"):
        Applicant.objects.filter(lead=lead).update(name="Erased", father_name="")
        lead.consents.all().delete()
        Bank.objects.filter(applicant__lead=lead).delete()
    [event] = events(model="leadops.applicant", action="update")
    assert (event.changes, event.act.reason) == ({"name": None, "father_name": None}, "The borrower asked")
    assert {gone.changes for gone in events(action="delete")} == {None}
    Applicant.objects.filter(lead=lead).update(nationality="NP")
    assert events(model="leadops.applicant", action="update")[-1].changes == {"nationality": ["IN", "NP"]}


def test_what_the_engine_keeps_for_itself_is_no_event(lead, partner, events):
    Lead.objects.update(sync_status=Lead.SyncStatus.DELIVERED)
    Partner.objects.update(keeps_events=True)
    lead.save()
    assert events(action="update") == []


def test_it_costs_no_statement(lead):
    with CaptureQueriesContext(connection) as seen:
        Lead.objects.filter(pk=lead.pk).update(remarks="x")
    [query] = seen.captured_queries
    assert "/*audit:" in query["sql"]
    with CaptureQueriesContext(connection) as seen:
        Lead.objects.get(pk=lead.pk)
    assert "/*audit:" not in seen.captured_queries[0]["sql"]


def test_several_acts_of_one_transaction_are_told_apart(lead, events):
    for reason in ("first", "second", "first"):
        with acting(reason=reason):
            Lead.objects.update(remarks=reason)
    assert [event.act.reason for event in events(action="update")] == ["first", "second", "first"]


def test_what_is_taken_back_leaves_no_event_and_no_half_of_one(lead, events):
    Lead.objects.update(source="")
    with transaction.atomic():
        Lead.objects.update(source="x")
        transaction.set_rollback(True)
    Lead.objects.update(source="y")
    event = events(action="update")[-1]
    assert event.changes == {"source": ["", "y"]}
    assert event.act.who.startswith("command")


# Looking and taking out -------------------------------------------------------------------------------------------


def test_signing_in_and_out(client, officer, events):
    page = reverse("admin:login")
    client.post(page, {"username": "asha", "password": "wrong"})
    client.post(page, {"username": "my password by mistake", "password": "wrong"})
    client.post(page, {"username": "asha", "password": people.PASSWORD})
    client.post(reverse("admin:logout"))
    found = events(model="leadops.officer", action__contains="sign")
    told = [(event.action, event.record) for event in found]
    key = str(officer.pk)
    assert told == [("sign-in failed", key), ("sign-in failed", ""), ("signed in", key), ("signed out", key)]
    assert "by mistake" not in str([event.changes for event in found])


def test_an_export_and_its_download(desk, lead, events, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    start = reverse("admin:leadops_export_start") + f"?lead={lead.pk}"
    desk.post(start, {"lead": str(lead.pk), "reason": people.REASON}, headers=REQUEST)
    export = Export.objects.get()
    exports.run(export.pk)
    answer = desk.get(reverse("admin:leadops_export_download", args=[export.pk]))
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    [ordered] = events(action="exported")
    assert (ordered.changes, ordered.act.who) == ({"leads": 1, "shown": "masked"}, "officer asha")
    [taken] = events(action="export taken")
    assert taken.record == str(export.pk)
    assert (ordered.act.reason, taken.act.reason) == (people.REASON, people.REASON)


def test_a_documents_download(lead, events):
    document = Document(lead=lead, document_type="PAN_CARD", file_name="pan.pdf")
    for deed in DocumentEvent.Deed:
        document_events.note(document, deed, document_events.By())
    told = [(event.action, event.parent) for event in events(model="leadops.document")]
    assert told == [("downloaded", str(lead.pk)), ("password shown", str(lead.pk))]


def test_decisions_and_replays(officer, lead, events):
    there = Connection.objects.create(vendor="ispcrm", name="isp", base_url="https://vendor.example")
    delivery = Delivery.objects.create(
        connection=there, kind="lead", lead=lead, record_id=lead.pk, version=1, ref="r", state=State.DEAD
    )
    assert outbox.retry([delivery.pk]) == 1
    [event] = events(action="decided")
    assert (event.record, event.parent, event.changes["state"]) == (str(delivery.pk), str(lead.pk), "queued")
    Delivery.objects.update(state=State.DEAD)
    outbox.replays.start(officer, "They are back", "all", Delivery.objects.all())
    [replay] = events(action="replayed")
    assert (replay.act.reason, replay.changes) == ("They are back", {"deliveries": 1})


def test_others_note_what_was_revealed(officer, lead, events, rf):
    request = rf.post("/somewhere/?q=secret")
    request.user = officer
    audit.note(AuditEvent.Action.REVEALED, lead, "Case 7", request, of=lead, field="pan_no")
    [event] = events(action="revealed")
    assert (event.act.who, event.act.reason, event.act.origin) == (
        "officer asha",
        "Case 7",
        "POST /somewhere/",
    )
    assert audit_search.history(lead, officer, None, 1)[0].deed == "Personal data shown"
