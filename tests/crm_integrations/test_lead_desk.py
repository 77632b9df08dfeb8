"""The page of a lead with everything on it: its timeline, what comes next, and what all of that costs."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations.models import Connection, Delivery, Exchange, State, StatusChange
from crm_integrations.shown_calls import BEGINNING, what_was_said
from leadops.admin.timeline import Entry
from leadops.ids import made_at
from leadops.models import (
    Address,
    Applicant,
    Bank,
    Consent,
    Document,
    DocumentEvent,
    Duplicate,
    ImportBatch,
    ImportRow,
    Lead,
)
from leadops.services import leads, loan_accounts
from tests import people


def page_of(lead: Lead) -> str:
    return reverse("admin:leadops_lead_change", args=[lead.pk])


@pytest.fixture
def busy_lead(partner, program, connections, officer) -> Lead:
    """A lead with 3 applicants, 10 documents and 200 calls, sent everywhere."""
    [lead] = people.leads_of(partner, program)
    for at in range(2):
        applicant = Applicant.objects.create(lead=lead, name=f"Guarantor {at}", position=at + 1)
        Address.objects.create(applicant=applicant, city="Pune")
        Bank.objects.create(applicant=applicant, account_no="123456789012")
    for at in range(10):
        document = Document.objects.create(
            lead=lead, related_model_id=lead.pk, document_type="PAN", file_name=f"{at}.pdf", size=9
        )
        DocumentEvent.objects.create(
            lead=lead, document_id=document.pk, document=str(document), deed="added", officer=officer
        )
    leads.submit([lead])
    engine.drain()
    return lead


def call(delivery: Delivery, ago: int = 0, **fields: object) -> Exchange:
    with made_at(timezone.now() - timedelta(minutes=ago)):
        facts = {
            "purpose": "create",
            "operation": "create lead",
            "method": "POST",
            "url": "https://v.example",
        }
        moment = timezone.now() - timedelta(minutes=ago)
        facts |= {"status": 200, "finished_at": moment, "created_at": moment, **fields}
        return Exchange.objects.create(connection=delivery.connection, delivery=delivery, **facts)


def told(desk, lead: Lead, **asked: object) -> list[Entry]:
    """The entries of the timeline that a page shows."""
    return [entry for entry, _label in desk.get(page_of(lead), asked).context["timeline"]["entries"]]


def test_page_costs_at_most_20_queries_whatever_is_on_it(desk, busy_lead, django_assert_max_num_queries):
    deliveries = list(Delivery.objects.filter(lead=busy_lead))
    for at in range(200):
        call(deliveries[at % len(deliveries)], at)
    desk.get(page_of(busy_lead))
    with django_assert_max_num_queries(20):
        page = desk.get(page_of(busy_lead))
    assert len(page.context["timeline"]["entries"]) == 50
    assert len(page.content) < 150_000


def test_timeline_tells_everything_in_one_list_newest_first(desk, officer, busy_lead):
    entries = told(desk, busy_lead)
    assert [each.at for each in entries] == sorted((each.at for each in entries), reverse=True)
    kinds = {each.kind for each in entries}
    assert kinds == {"came", "documents", "calls", "status", "statuses"}
    assert [each.words for each in entries if each.kind == "came"] == ["Came by API"]
    assert len([each for each in entries if each.kind == "documents" and each.who == officer.username]) == 10
    queued = {each.who for each in entries if each.words.startswith("Queued for")}
    assert queued == {"brainysoft", "broctagon", "crego_crm", "ispcrm"}
    assert any(each.words.startswith("ispcrm has it as") for each in entries)
    for url in {each.link for each in entries if each.link.startswith("/")}:
        assert desk.get(url).status_code == 200, url


def test_timeline_is_narrowed_to_one_kind(desk, busy_lead):
    assert {each.kind for each in told(desk, busy_lead, kind="calls")} == {"calls"}
    assert len(told(desk, busy_lead, kind="nonsense")) == len(told(desk, busy_lead))


def test_older_pages_of_the_timeline_follow_without_gap_or_repeat(desk, busy_lead):
    first = Delivery.objects.filter(lead=busy_lead).first()
    for at in range(1, 121):
        call(first, at, status=500 + at)
    seen = [each for page in (1, 2, 3) for each in told(desk, busy_lead, kind="calls", older=page)]
    assert len(seen) == len(set(seen)) == Exchange.objects.filter(delivery__lead=busy_lead).count()
    last = desk.get(page_of(busy_lead), {"kind": "calls", "older": 3}).context["timeline"]
    assert (last["older"], last["newer"]) == (None, 2)
    assert told(desk, busy_lead, older="-1") == told(desk, busy_lead, older="x") == told(desk, busy_lead)


def test_timeline_tells_what_officers_did_and_decided(desk, busy_lead):
    delivery = Delivery.objects.get(lead=busy_lead, connection__vendor="ispcrm")
    Delivery.objects.filter(pk=delivery.pk).update(state=State.REVIEW)
    decide = reverse("admin:crm_integrations_delivery_decide", args=[delivery.pk])
    desk.post(decide, {"decision": "found", "reference": "I-77", "reason": "seen there"})
    desk.post(reverse("admin:leadops_lead_submit", args=[busy_lead.pk]))
    words = {each.kind: each.words for each in reversed(told(desk, busy_lead))}
    assert words["decisions"] == "ispcrm: It is there, id I-77: seen there"
    assert words["changes"] == "Submitted."
    StatusChange.objects.create(
        delivery=delivery, source="poll", before="New", after="Won", meaning="approved"
    )
    assert any("New → Won" in each.words for each in told(desk, busy_lead, kind="statuses"))


def test_timeline_tells_a_refusal_and_who_has_it_without_an_id(desk, busy_lead):
    refused = Delivery.objects.filter(lead=busy_lead, connection__vendor="ispcrm")
    refused.update(state=State.REJECTED, reason="Pincode unknown", sent_again_at=timezone.now())
    Delivery.objects.filter(lead=busy_lead, connection__vendor="broctagon").update(reference="")
    words = [each.words for each in told(desk, busy_lead, kind="statuses")]
    assert "ispcrm: Refused: Pincode unknown" in " ".join(words)
    assert "ispcrm: an officer had it sent again" in words
    assert "broctagon has it" in words


def test_a_call_is_told_by_what_the_vendor_said_and_not_by_its_status(desk, busy_lead, vendor_sandbox):
    """ISPCRM refuses with a 200; what another answers with a web page is no yes."""
    for vendor, fault in (("ispcrm", "error_flag"), ("broctagon", "html"), ("brainysoft", "503")):
        vendor_sandbox.fault(vendor, fault, times=1)
    Applicant.objects.filter(lead=busy_lead).update(name="Another")
    Delivery.objects.filter(lead=busy_lead).update(state=State.QUEUED, attempts=0, reference="")
    engine.drain()
    said = {
        each.who: each for each in reversed(told(desk, busy_lead, kind="calls")) if "create" in each.words
    }
    assert "Refused: Invalid request data" in said["ispcrm"].words
    assert "No certain answer: " in said["broctagon"].words
    assert "Not taken: HTTP 503" in said["brainysoft"].words
    assert ": Taken, " in said["crego_crm"].words
    tones = {name: each.tone for name, each in said.items()}
    assert tones == {"ispcrm": "bad", "broctagon": "warn", "brainysoft": "bad", "crego_crm": "calm"}
    delivery = Delivery.objects.get(lead=busy_lead, connection__vendor="ispcrm")
    alone = desk.get(reverse("admin:crm_integrations_delivery_change", args=[delivery.pk])).content.decode()
    assert "<span>Refused: Invalid request data" in alone
    assert 'tabindex="0">HTTP 200' in alone


def test_what_was_cut_or_is_of_a_vendor_of_former_days_is_told_by_its_status(busy_lead):
    delivery = Delivery.objects.select_related("connection").get(lead=busy_lead, connection__vendor="ispcrm")
    made = call(delivery, response_body='{"success": false, "message": "No"}')
    assert what_was_said(made, delivery.connection, made.response_body).words == "Refused: No"
    assert what_was_said(made, delivery.connection, "{" * BEGINNING).words == "HTTP 200"
    delivery.connection.vendor = "gone"
    said = what_was_said(made, delivery.connection, made.response_body).words
    assert said == "No certain answer: connectors/ holds no gone any more."


def test_timeline_tells_rows_consents_repeats_and_accounts(desk, busy_lead, partner, program):
    batch = ImportBatch.objects.create(
        partner=partner, program=program, file_name="june.xlsx", sha256="0" * 64
    )
    ImportRow.objects.create(batch=batch, number=17, lead_row=17, lead=busy_lead, outcome="created")
    Consent.objects.create(lead=busy_lead, purpose="credit check", granted_at=timezone.now())
    other = people.leads_of(people.partner("Third", "third"), program, 2)[1]
    common = [{"key": "pan", "field": "applicants[0].pan_no", "shown": "AB"}]
    Duplicate.objects.create(lead=other, earlier=busy_lead, common=common)
    loan_accounts.open_account(busy_lead, "LA-1", program)
    found = {each.kind: each for each in told(desk, busy_lead) if each.kind not in ("calls", "statuses")}
    assert found["came"].words == "Created from row 17 of june.xlsx"
    assert found["consents"].words == "Consent to credit check, for every connection"
    assert found["duplicates"].words.startswith(f"Repeated by {other.reference}")
    assert found["accounts"].words == "Loan account LA-1 opened; now pending"


def test_who_may_not_see_calls_is_told_of_none(busy_lead):
    client = people.clerk("view_lead")
    assert {each.kind for each in told(client, busy_lead)} == {"came", "status"}
    assert {each.kind for each in told(client, busy_lead, kind="calls")} == {"came", "status"}


def test_page_says_why_the_lead_stands_there_and_how_it_stands_everywhere(desk, busy_lead):
    answer = desk.get(page_of(busy_lead))
    page, why = answer.content.decode(), "Delivered to brainysoft, broctagon, crego_crm, ispcrm."
    assert page.count(why) == 1
    assert page.index(why) < page.index("Applicants")
    assert len(answer.context["chips"]) == 4


def steps_on(client, lead: Lead) -> dict[str, str]:
    return {step.label: step.why_not for step in client.get(page_of(lead)).context["steps"]}


def test_next_steps_that_cannot_be_taken_say_why(desk, partner, program, connections):
    [draft] = people.leads_of(partner, program)
    assert steps_on(desk, draft) == {
        "Submit": "",
        "Open loan account": "Submit it first.",
        "Add document": "",
        "Send to…": "",
    }
    Lead.objects.update(status="dropped")
    why = "The lead is dropped: reopen it first, under Work."
    assert steps_on(desk, draft)["Submit again"] == steps_on(desk, draft)["Send to…"] == why
    page = desk.get(page_of(draft)).content.decode()
    assert page.count(f'disabled title="{why}"') == page.count(f">{why}</small>") == 3
    reader = people.clerk("view_lead", "view_delivery")
    assert steps_on(reader, draft) == {
        "Submit again": "You may look at leads, not submit them.",
        "Send to…": "You may not send leads to more connections.",
    }


def test_a_delivery_that_needs_somebody_is_the_next_step(desk, busy_lead):
    Delivery.objects.filter(lead=busy_lead, connection__vendor="ispcrm").update(state=State.REVIEW)
    assert "Decide about a delivery" in steps_on(desk, busy_lead)
    Delivery.objects.filter(lead=busy_lead, connection__vendor="ispcrm").update(state=State.DEAD)
    assert "Retry a delivery" in steps_on(desk, busy_lead)


def test_cards_show_the_parties_masked(desk, busy_lead):
    page = desk.get(page_of(busy_lead)).content.decode()
    assert page.count('<div class="lo-party">') == 3
    first = busy_lead.applicants.get(is_primary=True)
    secrets = [first.pan_no, first.primary_mobile, first.primary_email, "123456789012"]
    assert not [secret for secret in secrets if secret and secret in page]
    assert "••••9012" in page


def test_first_page_of_the_list_is_under_150_kb_on_the_wire(
    desk, partner, program, django_assert_max_num_queries
):
    """Measured as a browser is sent it, which says that it takes gzip: fifty rows, each with four connections."""
    vendors = ("brainysoft", "broctagon", "crego_crm", "ispcrm")
    to = [Connection.objects.create(vendor=each, name=each, base_url="https://v.example") for each in vendors]
    taken = people.leads_of(partner, program, 60)
    reason = "HTTP 400: the employer's title holds characters that this vendor's form can't take"
    facts = {"kind": "lead", "version": 1, "state": State.REJECTED, "reason": reason}
    Delivery.objects.bulk_create(
        Delivery(connection=each, lead=lead, record_id=lead.pk, ref=str(lead.pk), **facts)
        for lead in taken
        for each in to
    )
    url = reverse("admin:leadops_lead_changelist")
    desk.get(url)
    with django_assert_max_num_queries(12):
        page = desk.get(url, headers={"accept-encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert len(page.content) < 150_000
    assert gzip.decompress(page.content).decode().count("Refused") >= 200


def test_what_is_no_page_goes_as_it_is(desk, busy_lead):
    suggestions = (
        f"{reverse('admin:autocomplete')}?app_label=leadops&model_name=lead&field_name=partner&term="
    )
    answer = desk.get(suggestions, headers={"accept-encoding": "gzip"})
    assert (answer["Content-Type"], answer.get("Content-Encoding")) == ("application/json", None)
