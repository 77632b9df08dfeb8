"""The desk for deliveries and connections, against a running sandbox."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.urls import reverse
from django.utils.text import capfirst

from crm_integrations import delivery as engine
from crm_integrations import outbox, roles, summary
from crm_integrations.admin import sending
from crm_integrations.models import Connection, Delivery, Exchange, Replay, State
from leadops.admin.navigation import sidebar
from leadops.errors import LeadopsError
from leadops.models import Lead, Officer
from leadops.services import leads, loan_accounts
from tests import people
from tests.crm_integrations.holding import connect


@pytest.fixture
def lead(partner, program) -> Lead:
    return people.leads_of(partner, program)[0]


@pytest.fixture
def sent(lead, connections) -> Lead:
    """A lead that all four vendors hold."""
    leads.submit([lead])
    engine.drain()
    return lead


def page_of(lead: Lead) -> str:
    return reverse("admin:leadops_lead_change", args=[lead.pk])


def delivery_of(vendor: str, state: str = "") -> Delivery:
    found = Delivery.objects.filter(connection__vendor=vendor)
    return found.filter(state=state).get() if state else found.get()


def steer(desk, delivery: Delivery, verb: str, **sent: str):
    return desk.post(
        reverse(f"admin:crm_integrations_delivery_{verb}", args=[delivery.pk]), sent, follow=True
    )


def test_list_has_a_chip_per_connection(desk, sent):
    page = desk.get(reverse("admin:leadops_lead_changelist")).content.decode()
    for vendor in ("brainysoft", "broctagon", "crego_crm", "ispcrm"):
        assert f"<span>{vendor}</span> <b>Delivered</b>" in page


def test_panel_shows_what_each_vendor_answered_down_to_the_call(desk, sent):
    page = desk.get(page_of(sent)).content.decode()
    assert delivery_of("ispcrm").reference in page
    for call in Exchange.objects.all():
        assert f'data-key="call-{call.pk}"' in page
    assert "What we sent" in page
    assert "HTTP 201" in page


def test_panel_shows_no_credential_and_no_whole_number(desk, sent):
    page = desk.get(page_of(sent)).content.decode()
    secrets = [value for each in Connection.objects.all() for value in each.secrets.values()]
    applicant = sent.applicants.get()
    secrets += [
        sent.primary_mobile,
        sent.primary_mobile[-10:],
        applicant.pan_no,
        applicant.banks.first().account_no,
    ]
    assert not [secret for secret in secrets if secret in page]


def test_vendors_words_are_shown_as_text(desk, sent):
    Exchange.objects.update(response_body="<script>alert(1)</script>")
    Delivery.objects.update(reason="<img src=x onerror=alert(1)>")
    page = desk.get(page_of(sent)).content.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_lead_page_with_its_panel_stays_within_20_queries(desk, sent, program, django_assert_max_num_queries):
    for number in range(3):
        loan_accounts.open_account(sent, f"LA-{number}", program)
    engine.drain()
    desk.get(page_of(sent))
    with django_assert_max_num_queries(20):
        assert desk.get(page_of(sent)).content.decode().count("<article") == 4 + 3


def test_panel_of_a_lead_shows_all_five_vendors_before_and_after_its_loan_account(desk, sent, program):
    before = desk.get(page_of(sent)).content.decode()
    assert before.count("<article") == 5
    assert "No loan account" in before
    account = loan_accounts.open_account(sent, "LA-5", program)
    engine.drain()
    panel = reverse("admin:crm_integrations_delivery_panel", args=["lead", sent.pk])
    after = desk.get(panel).content.decode()
    assert after.count("<article") == 5
    assert "No loan account" not in after
    told = delivery_of("crego_los")
    assert told.reference in after
    assert f'data-key="call-{told.exchanges.get().pk}"' in after
    assert reverse("admin:leadops_loanaccount_change", args=[account.pk]) in after


def test_panel_of_a_lead_tells_an_account_that_no_route_sends(desk, sent, program, connections):
    connections["crego_los"].routes.all().delete()
    loan_accounts.open_account(sent, "LA-6", program)
    assert "No route sends this lead" in desk.get(page_of(sent)).content.decode()


def test_list_with_chips_stays_within_12_queries(
    desk, partner, program, connections, django_assert_max_num_queries
):
    leads.submit(people.leads_of(partner, program, 60))
    desk.get(reverse("admin:leadops_lead_changelist"))
    with django_assert_max_num_queries(12):
        desk.get(reverse("admin:leadops_lead_changelist"))


def test_unsent_lead_shows_what_each_vendor_still_needs(desk, lead, connections):
    lead.applicants.update(primary_email="")
    page = desk.get(page_of(lead)).content.decode()
    assert "<b>Misses 1</b>" in page
    assert "<b>Ready</b>" in page


def test_panel_refreshes_itself_only_while_something_is_under_way(desk, lead, connections):
    leads.submit([lead])
    panel = reverse("admin:crm_integrations_delivery_panel", args=["lead", lead.pk])
    assert f'data-refresh="{panel}"' in desk.get(page_of(lead)).content.decode()
    engine.drain()
    assert "data-refresh" not in desk.get(panel).content.decode()


@pytest.mark.django_db(transaction=True)  # the engine's clock stands still within one transaction
def test_refused_delivery_is_retried_from_the_lead_page(desk, lead, connections, vendor_sandbox):
    vendor_sandbox.fault("ispcrm", "error_flag")
    leads.submit([lead])
    engine.drain()
    refused = delivery_of("ispcrm", State.REJECTED)
    assert (
        reverse("admin:crm_integrations_delivery_retry", args=[refused.pk])
        in desk.get(page_of(lead)).content.decode()
    )
    vendor_sandbox.clear_faults()
    told = steer(desk, refused, "retry").content.decode()
    assert f"Lead {lead.reference} → ispcrm was queued again." in told
    engine.drain()
    assert delivery_of("ispcrm").state == State.DELIVERED
    assert len(vendor_sandbox.held("ispcrm")) == 1


@pytest.mark.django_db(transaction=True)
def test_panel_says_which_version_was_sent_after_a_mended_lead_was_retried(
    desk, lead, connections, vendor_sandbox
):
    vendor_sandbox.fault("ispcrm", "error_flag")
    leads.submit([lead], [connections["ispcrm"].pk])
    engine.drain()
    leads.revise(lead)
    vendor_sandbox.clear_faults()
    steer(desk, delivery_of("ispcrm"), "retry")
    engine.drain()
    assert list(Exchange.objects.values_list("version", flat=True)) == [1, 2]
    page = desk.get(page_of(lead)).content.decode()
    assert "<dt>Version sent</dt><dd>2</dd>" in page
    assert "<dt>Sent</dt><dd>1 time since an officer had it sent again on " in page


def test_empty_lists_say_where_their_rows_come_from(desk):
    def told(name: str) -> str:
        return desk.get(reverse(f"admin:crm_integrations_{name}_changelist")).content.decode()

    assert "Begin one under Failures" in told("replay")
    assert "/v1/webhooks/&lt;id of its connection&gt;/" in told("inbound")
    assert "Calls stand here once something was sent: submit a lead." in told("exchange")


def test_lists_are_called_what_the_menu_calls_them(desk, sent):
    groups = sidebar(desk.get(page_of(sent)).wsgi_request)
    menu = {item["link"]: item["title"] for group in groups[1:] for item in group["items"]}
    assert {link: called(desk.get(link).context) for link in menu} == menu


def called(context) -> str:
    """What a page is called: a list by its records, any other by its title."""
    return capfirst(context["cl"].opts.verbose_name_plural) if "cl" in context else context["title"]


@pytest.fixture
def held(lead, connections, vendor_sandbox) -> Delivery:
    """A delivery to a vendor that can't be asked, cut after it was stored."""
    vendor_sandbox.fault("broctagon", "cut_after")
    leads.submit([lead])
    engine.drain()
    vendor_sandbox.clear_faults()
    return delivery_of("broctagon", State.REVIEW)


def test_officer_decides_that_it_is_there(desk, held, vendor_sandbox):
    steer(desk, held, "decide", decision="found", reference="B-77", reason="Seen in their list")
    held.refresh_from_db()
    assert (held.state, held.reference) == (State.DELIVERED, "B-77")
    assert "Seen in their list" in held.reason
    engine.drain()
    assert len(vendor_sandbox.held("broctagon")) == 1


def test_officer_decides_to_send_again(desk, held):
    steer(desk, held, "decide", decision="again", reason="They have none")
    held.refresh_from_db()
    assert held.state == State.QUEUED
    assert "They have none" in held.reason


@pytest.mark.parametrize(
    "said",
    [
        {"decision": "found", "reason": "Seen there"},
        {"decision": "again"},
        {"decision": "maybe", "reason": "Seen there"},
    ],
)
def test_decision_without_what_it_needs_changes_nothing(desk, held, said):
    steer(desk, held, "decide", **said)
    held.refresh_from_db()
    assert held.state == State.REVIEW


def test_what_a_decision_lacks_is_said_at_its_field(desk, held):
    form = steer(desk, held, "decide", decision="found", reference=" ", reason="Seen there").context["form"]
    assert form.errors == {"reference": ["Give the id that the vendor shows for it."]}
    form = steer(desk, held, "decide", decision="again").context["form"]
    assert list(form.errors) == ["reason"]


def test_an_id_that_another_lead_has_is_refused_at_its_field(desk, held, partner, program):
    [other] = leads.create(people.drafts(2)[1:], partner=partner, program=program, intake=Lead.Intake.API)
    Delivery.objects.create(
        connection=held.connection,
        kind="lead",
        lead=other,
        record_id=other.pk,
        version=1,
        reference="B-77",
        state=State.DELIVERED,
    )
    form = steer(desk, held, "decide", decision="found", reference="B-77", reason="Seen there").context[
        "form"
    ]
    assert form.errors == {
        "reference": ["Another lead already has this id at the vendor; please look again."]
    }
    held.refresh_from_db()
    assert held.state == State.REVIEW


@pytest.mark.parametrize("decision", ["found", "again"])
def test_whatever_refuses_a_decision_is_said_in_its_words(desk, held, monkeypatch, decision):
    def refuse(*_):
        raise LeadopsError("The vendor has closed this record.")

    monkeypatch.setattr(outbox, "resolve_held", refuse)
    monkeypatch.setattr(outbox, "send_again", refuse)
    page = steer(desk, held, "decide", decision=decision, reference="B-1", reason="Seen there")
    assert "The vendor has closed this record." in page.content.decode()


def test_a_delivery_that_needs_no_decision_any_more_says_so(desk, held):
    Delivery.objects.filter(pk=held.pk).update(state=State.DELIVERED)
    page = steer(desk, held, "decide", decision="again", reason="Seen there").content.decode()
    assert "no longer needs a decision" in page


def test_who_may_not_steer_deliveries_steers_none(client, held):
    viewer = people.officer("viewer", superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(viewer)
    assert client.get(reverse("admin:crm_integrations_delivery_changelist")).status_code == 200
    for verb in ("retry", "decide"):
        assert steer(client, held, verb, decision="again", reason="Seen there").status_code == 403
    assert client.get(reverse("admin:leadops_lead_send"), {"lead": held.lead_id}).status_code == 403
    held.refresh_from_db()
    assert held.state == State.REVIEW


def test_send_page_shows_readiness_and_sends_to_the_chosen_alone(desk, lead, connections):
    url = f"{reverse('admin:leadops_lead_send')}?lead={lead.pk}"
    assert desk.get(url).content.decode().count('name="connections"') == 4
    desk.post(url, {"connections": [str(connections["ispcrm"].pk)]})
    assert [each.connection.vendor for each in Delivery.objects.all()] == ["ispcrm"]
    assert Lead.objects.get().status == "submitted"


def test_pages_that_do_something_say_what_in_their_heading(desk, lead, connections):
    asked = {
        reverse("admin:leadops_lead_add"): "Add lead",
        reverse("admin:leadops_document_add") + f"?lead={lead.pk}": "Add document",
        reverse("admin:leadops_lead_send") + f"?lead={lead.pk}": f"Send {lead} to…",
    }
    for url, title in asked.items():
        heading = desk.get(url).content.decode().partition("<h1")[2].partition("</h1>")[0]
        assert f">{title}<" in heading, url


def test_send_page_wants_a_choice_and_existing_leads(desk, lead, connections):
    url = reverse("admin:leadops_lead_send")
    assert "Choose at least one" in desk.post(f"{url}?lead={lead.pk}", {}).content.decode()
    assert desk.get(url, {"lead": "nonsense"}).status_code == 404
    assert not Delivery.objects.exists()


def test_a_lead_that_is_dropped_while_it_is_sent_is_refused_in_words(desk, lead, connections, monkeypatch):
    chosen_leads = sending.chosen_leads

    def then_dropped(request):
        for each in (found := chosen_leads(request)):
            each.status = Lead.Status.DROPPED
        return found

    monkeypatch.setattr(sending, "chosen_leads", then_dropped)
    url = f"{reverse('admin:leadops_lead_send')}?lead={lead.pk}"
    page = desk.post(url, {"connections": [str(connections["ispcrm"].pk)]}, follow=True)
    assert f"{lead} is dropped, so it is not sent." in page.content.decode()
    assert not Delivery.objects.exists()


def test_send_page_asks_as_often_for_twenty_leads_as_for_one(
    desk, partner, program, connections, django_assert_max_num_queries
):
    chosen = people.leads_of(partner, program, 20)
    url = f"{reverse('admin:leadops_lead_send')}?{'&'.join(f'lead={each.pk}' for each in chosen)}"
    with django_assert_max_num_queries(9):
        page = desk.get(url).content.decode()
    assert page.count("<b>20 ready</b>") == 4


def test_list_action_leads_to_the_send_page(desk, lead, connections):
    chosen = {"action": "send_selected", "_selected_action": [str(lead.pk)]}
    answer = desk.post(reverse("admin:leadops_lead_changelist"), chosen)
    assert answer["Location"] == f"{reverse('admin:leadops_lead_send')}?lead={lead.pk}"


@pytest.mark.parametrize("name", ["lead", "delivery"])
def test_list_action_leads_to_the_page_that_asks_why_it_is_retried(desk, sent, name):
    Delivery.objects.update(state=State.DEAD)
    key = str(sent.pk if name == "lead" else delivery_of("ispcrm").pk)
    app = "leadops" if name == "lead" else "crm_integrations"
    chosen = {"action": "retry_selected", "_selected_action": [key]}
    answer = desk.post(reverse(f"admin:{app}_{name}_changelist"), chosen)
    assert answer["Location"] == f"{reverse('admin:crm_integrations_replay_retry')}?{name}={key}"
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DEAD}
    desk.post(answer["Location"], {name: key, "reason": "They mended it"})
    assert outbox.replays.feed() == Delivery.objects.filter(state=State.QUEUED).count() > 0
    assert {each.reason for each in Replay.objects.all()} == {"They mended it"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_may_retry_what_is_ticked_replays_no_whole_filter(sent, method):
    Delivery.objects.update(state=State.DEAD)
    clerk = people.clerk("view_delivery", "change_delivery", "view_replay")
    given = {"filter": "?state__exact=dead", "reason": "They mended it"}
    answer = getattr(clerk, method)(reverse("admin:crm_integrations_replay_retry"), given)
    assert (answer.status_code, Replay.objects.exists()) == (403, False)


def test_delivery_list_is_read_only_filtered_and_searched(desk, sent):
    url = reverse("admin:crm_integrations_delivery_changelist")
    one = delivery_of("ispcrm")
    assert list(desk.get(url, {"connection__id__exact": one.connection_id}).context["cl"].result_list) == [
        one
    ]
    assert list(desk.get(url, {"q": one.reference}).context["cl"].result_list) == [one]
    assert desk.get(url, {"state__exact": "dead"}).context["cl"].result_count == 0
    assert (
        desk.post(
            reverse("admin:crm_integrations_delivery_change", args=[one.pk]), {"state": "dead"}
        ).status_code
        == 403
    )
    assert desk.get(reverse("admin:crm_integrations_delivery_add")).status_code == 403


def test_delivery_list_says_why_in_a_fixed_number_of_queries(
    desk, partner, program, connections, django_assert_max_num_queries
):
    leads.submit(people.leads_of(partner, program, 5))
    Delivery.objects.update(state=State.REJECTED, reason="HTTP 400: taken")
    with django_assert_max_num_queries(9):
        page = desk.get(reverse("admin:crm_integrations_delivery_changelist")).content.decode()
    assert page.count("Refused: HTTP 400: taken.") == 20


def test_delivery_list_action_cancels_what_was_not_sent(desk, lead, connections):
    leads.submit([lead])
    chosen = {"action": "cancel_selected", "_selected_action": [str(d.pk) for d in Delivery.objects.all()]}
    desk.post(reverse("admin:crm_integrations_delivery_changelist"), chosen)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.CANCELLED}


def test_page_of_a_delivery_shows_that_one_alone(desk, sent):
    one = delivery_of("ispcrm")
    url = reverse("admin:crm_integrations_delivery_change", args=[one.pk])
    page = desk.get(url).content.decode()
    shown = set(re.findall(r'data-key="call-([^"]+)"', page))
    assert shown == {str(call.pk) for call in one.exchanges.all()}
    assert page.count('class="lo-delivery"') == 1


def test_panel_of_a_delivery_refreshes_itself_alone(desk, lead, connections):
    leads.submit([lead])
    one = delivery_of("ispcrm")
    panel = reverse("admin:crm_integrations_delivery_panel", args=["delivery", one.pk])
    page = desk.get(reverse("admin:crm_integrations_delivery_change", args=[one.pk])).content.decode()
    assert f'data-refresh="{panel}"' in page
    assert desk.get(panel).content.decode().count('class="lo-delivery"') == 1
    unknown = reverse("admin:crm_integrations_delivery_panel", args=["leads", lead.pk])
    assert desk.get(unknown).status_code == 404


def test_call_has_a_page_of_its_own(desk, sent):
    call = Exchange.objects.first()
    page = desk.get(reverse("admin:crm_integrations_exchange_change", args=[call.pk])).content.decode()
    assert call.url in page
    assert call.method in page


def test_account_page_shows_its_deliveries(desk, sent, program):
    account = loan_accounts.open_account(sent, "LA-9", program)
    engine.drain()
    page = desk.get(reverse("admin:leadops_loanaccount_change", args=[account.pk])).content.decode()
    assert delivery_of("crego_los").reference in page


# The first page -----------------------------------------------------------------------------------------------------


def test_first_page_counts_deliveries_by_connection_and_leads_to_them(desk, sent):
    rows = desk.get(reverse("admin:index")).context["delivery_rows"]
    shown = {row["connection"].name: {n.label: n for n in row["numbers"]} for row in rows}
    number = shown["ispcrm"]["Delivered"]
    assert number.count == 1
    assert desk.get(number.url).context["cl"].result_count == 1


def test_first_page_names_what_needs_a_person(desk, held, connections):
    desk.post(reverse("admin:crm_integrations_connection_pause", args=[connections["crego_los"].pk]))
    needs = desk.get(reverse("admin:index")).context["needs_person"]
    assert [number.label for number in needs] == [
        "Deliveries: needs a decision",
        "crego_los is paused",
        "Open notice",
    ]
    assert [row["delivery"] for row in desk.get(needs[0].url).context["rows"]] == [held]


@pytest.mark.parametrize("state", [State.REJECTED, State.REVIEW, State.DELIVERED])
def test_first_page_counts_to_an_officer_what_the_list_shows_of_their_branch(client, partner, program, state):
    """It looks for what needs a person by another road than the list does."""
    connect("isp-one")
    found = people.leads_of(partner, program, 5)
    ours = people.branch("ours")
    Lead.objects.filter(pk__in=[lead.pk for lead in found[:3]]).update(branch=ours)
    Lead.objects.filter(pk__in=[lead.pk for lead in found[3:]]).update(branch=people.branch("theirs"))
    leads.submit(found)
    Delivery.objects.update(state=state)
    with transaction.atomic():
        summary.derive(summary.lock([lead.pk for lead in found]))
    officer = people.officer("kavya", superuser=False)
    officer.branches.set([ours])
    roles.give(officer, "Loan officers")
    client.force_login(Officer.objects.get(pk=officer.pk))
    [row] = client.get(reverse("admin:index")).context["delivery_rows"]
    [number] = [each for each in row["numbers"] if each.count]
    assert (number.label, number.count) == (state.label, 3)
    assert client.get(number.url).context["cl"].result_count == 3


def test_first_page_costs_at_most_ten_queries(desk, sent, django_assert_max_num_queries):
    desk.get(reverse("admin:index"))
    with django_assert_max_num_queries(10):
        desk.get(reverse("admin:index"))


def test_first_page_keeps_deliveries_from_who_may_not_see_them(client, sent):
    reader = people.officer("ravi", superuser=False)
    reader.user_permissions.set(Permission.objects.filter(codename="view_lead"))
    client.force_login(reader)
    context = client.get(reverse("admin:index")).context
    assert "delivery_rows" not in context
    assert context["funnel"]["stages"]
    assert "What we sent" not in client.get(page_of(sent)).content.decode()
    panel = reverse("admin:crm_integrations_delivery_panel", args=["lead", sent.pk])
    assert client.get(panel).status_code == 403
