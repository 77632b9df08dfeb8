"""The pages of failures, decisions and replays: what failed alike, what only a person can tell, and sending again."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import failures, outbox
from crm_integrations.models import Connection, Delivery, Exchange, Gap, Replay, State
from leadops.admin.navigation import sidebar
from leadops.services import leads, loan_accounts
from tests import people, vendors

FAILURES = "admin:crm_integrations_delivery_failures"
DECISIONS = "admin:crm_integrations_delivery_decisions"
LIST = "admin:crm_integrations_delivery_changelist"
START = "admin:crm_integrations_replay_start"


@pytest.fixture
def ispcrm(db) -> Connection:
    return vendors.connect("http://localhost:1", "ispcrm")["ispcrm"]


@pytest.fixture
def failed(ispcrm, partner, program) -> list[Delivery]:
    """Three that failed of one cause, and one of another."""
    leads.submit(people.leads_of(partner, program, 4))
    Delivery.objects.update(state=State.REJECTED, reason="No <b> 98", cause="No <b> …")
    other = Delivery.objects.latest("id")
    Delivery.objects.filter(pk=other.pk).update(state=State.DEAD, cause="HTTP 503")
    return list(Delivery.objects.order_by("id"))


@pytest.fixture
def held(failed) -> Delivery:
    Delivery.objects.filter(pk=failed[0].pk).update(state=State.REVIEW, reason="Nobody knows.")
    return Delivery.objects.get(pk=failed[0].pk)


def shown_by(page: str, words: str) -> str:
    """The address of the link with these words."""
    found = re.search(rf'href="([^"]+)"[^>]*>{re.escape(words)}', page)
    assert found is not None, words
    return found[1].replace("&amp;", "&")


def page_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


# Failures ----------------------------------------------------------------------------------------------------------


def test_failures_are_grouped_by_connection_and_cause_the_most_first(desk, failed):
    answer = desk.get(reverse(FAILURES))
    groups = [(each.connection, each.cause, each.count, each.share) for each in answer.context["groups"]]
    assert groups == [("ispcrm", "No <b> …", 3, 100), ("ispcrm", "HTTP 503", 1, 33)]
    assert "No &lt;b&gt; …" in answer.content.decode()


def test_group_tells_its_oldest_and_its_newest(desk, failed):
    before = timezone.now() - timedelta(days=2)
    Delivery.objects.filter(pk=failed[1].pk).update(updated_at=before)
    (group, _) = desk.get(reverse(FAILURES)).context["groups"]
    assert group.oldest == before
    assert group.newest == max(each.updated_at for each in failed[:3])


def test_group_leads_to_the_list_of_its_own_without_telling_the_cause_in_the_address(desk, failed):
    url = shown_by(page_of(desk, reverse(FAILURES)), "3")
    assert "No <b>" not in parse_qs(urlsplit(url).query)["cause"][0]
    listed = desk.get(url).context["cl"]
    assert set(listed.queryset) == set(failed[:3])


def test_what_was_skipped_is_a_failure_on_no_page(desk, failed):
    Delivery.objects.filter(pk=failed[1].pk).update(state=State.SKIPPED)
    answer = desk.get(reverse(FAILURES))
    assert {each.cause: each.count for each in answer.context["groups"]} == {"No <b> …": 2, "HTTP 503": 1}
    listed = desk.get(shown_by(answer.content.decode(), "2")).context["cl"]
    assert set(listed.queryset) == {failed[0], failed[2]}
    skipped = desk.get(shown_by(answer.content.decode(), "Skipped deliveries")).context["cl"]
    assert list(skipped.queryset) == [failed[1]]
    needs = desk.get(reverse("admin:index")).context["needs_person"]
    assert {number.label: number.count for number in needs} == {
        "Deliveries: refused": 2,
        "Deliveries: given up": 1,
    }


def test_no_failure_is_said_so(desk, ispcrm):
    assert "Nothing: no delivery needs a person." in page_of(desk, reverse(FAILURES))


def test_damaged_cause_in_an_address_finds_nothing(desk, failed):
    assert desk.get(reverse(LIST), {"cause": "~xx"}).context["cl"].result_count == 0


def test_list_is_filtered_by_the_moment_of_the_last_change(desk, failed):
    Delivery.objects.filter(pk=failed[1].pk).update(updated_at=timezone.now() - timedelta(days=2))
    noon = timezone.localtime(timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert desk.get(reverse(LIST), {"changed_from": noon}).context["cl"].result_count == 3
    assert list(desk.get(reverse(LIST), {"changed_to": noon}).context["cl"].queryset) == [failed[1]]
    assert desk.get(reverse(LIST), {"changed_from": "yesterday"}).context["cl"].result_count == 4


def test_no_replay_is_offered_of_what_only_a_person_can_tell(desk, failed):
    Delivery.objects.filter(cause="HTTP 503").update(state=State.REVIEW)
    page = page_of(desk, reverse(FAILURES))
    assert page.count("Replay these…") == 1
    decide = page.partition("HTTP 503")[2]
    assert shown_by(decide, "Decide") == reverse(DECISIONS)


def test_of_what_can_be_asked_for_a_replay_is_offered(desk, failed):
    Connection.objects.update(vendor="brainysoft")
    Delivery.objects.filter(cause="HTTP 503").update(state=State.REVIEW)
    assert page_of(desk, reverse(FAILURES)).count("Replay these…") == 2


def test_failures_cost_a_fixed_number_of_queries(desk, failed, django_assert_max_num_queries):
    desk.get(reverse(FAILURES))
    with django_assert_max_num_queries(6):
        desk.get(reverse(FAILURES))


def test_groups_come_from_the_index_however_many_failed(officer, ispcrm, failed):
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_integrations_delivery (id, created_at, updated_at, connection_id, kind, lead_id,"
            " record_id, version, ref, state, accepted, attempts, lookups, absences, due_at, depends_on,"
            " reference, vendor_status, reason, cause)"
            " SELECT gen_random_uuid(), now(), now(), connection_id, kind, lead_id, gen_random_uuid(), 1,"
            " gen_random_uuid(), 'rejected', false, 1, 0, 0, now(), '', '', '', '', 'Cause ' || n %% 5"
            " FROM crm_integrations_delivery CROSS JOIN generate_series(1, 5000) n WHERE id = %s",
            [failed[0].pk],
        )
        cursor.execute("ANALYZE crm_integrations_delivery")
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS off) {failures.GROUPS}", {"groups": 200, "most": 10_001})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on crm_integrations_delivery" not in plan
    assert plan.count("delivery_by_cause") == 5
    assert "Sort" not in plan
    assert {each.count for each in failures.groups(officer, at_most=200, count_to=10_001)} == {1000, 3, 1}


# Decisions ---------------------------------------------------------------------------------------------------------


def test_decisions_come_oldest_first_with_why_and_the_last_call(desk, held, failed):
    Delivery.objects.filter(pk=failed[2].pk).update(state=State.REVIEW)
    for operation in ("create_lead", "find_lead"):
        Exchange.objects.create(
            connection=held.connection, delivery=held, purpose="create", operation=operation, method="POST",
            url="https://vendor.example/x", status=504, response_body="<b>bad gateway",
        )  # fmt: skip
    answer = desk.get(reverse(DECISIONS))
    page = answer.content.decode()
    assert [each["delivery"].pk for each in answer.context["rows"]] == [held.pk, failed[2].pk]
    assert "Nobody knows." in page
    assert "find_lead" in page
    assert "create_lead" not in page
    assert "&lt;b&gt;bad gateway" in page
    assert held.ref in page


def test_decision_leads_back_to_the_queue_and_is_logged(desk, held, officer):
    said = {"decision": "found", "reference": "4711", "reason": "seen in their list", "back": "queue"}
    answer = desk.post(reverse("admin:crm_integrations_delivery_decide", args=[held.pk]), said)
    assert answer.url == reverse(DECISIONS)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (officer, str(held.pk))
    assert entry.change_message == "It is there, id 4711: seen in their list"
    page = page_of(desk, reverse(DECISIONS))
    assert "Nothing: no delivery needs a decision." in page
    assert "It is there, id 4711: seen in their list" in page


def test_decision_that_lacks_something_still_knows_the_way_back(desk, held):
    url = reverse("admin:crm_integrations_delivery_decide", args=[held.pk])
    page = desk.post(url, {"decision": "found", "reason": "seen there", "back": "queue"}).content.decode()
    assert "Give the id that the vendor shows for it." in page
    assert '<input type="hidden" name="back" value="queue">' in page
    assert not LogEntry.objects.exists()


def test_what_can_be_asked_for_is_looked_up_again_with_one_press(desk, held):
    url = reverse("admin:crm_integrations_delivery_look_up", args=[held.pk])
    assert url not in page_of(desk, reverse(DECISIONS))
    assert "no longer needs a decision" in desk.post(url, follow=True).content.decode()
    Connection.objects.update(vendor="brainysoft")
    Delivery.objects.filter(pk=held.pk).update(lookups=3, absences=3)
    assert url in page_of(desk, reverse(DECISIONS))
    assert desk.get(url).status_code == 405
    answer = desk.post(url, {"back": "queue"})
    assert answer.url == reverse(DECISIONS)
    held.refresh_from_db()
    assert (held.state, held.lookups, held.absences) == (State.UNKNOWN, 0, 0)
    assert held.reason == "asha had it looked up again."
    assert LogEntry.objects.get().change_message == "Looked up again."


def test_decisions_cost_a_fixed_number_of_queries(desk, failed, django_assert_max_num_queries):
    Delivery.objects.update(state=State.REVIEW)
    desk.get(reverse(DECISIONS))
    with django_assert_max_num_queries(12):
        assert len(desk.get(reverse(DECISIONS)).context["rows"]) == 4


def test_who_may_only_look_is_offered_no_decision_and_no_replay(held):
    client = people.clerk("view_delivery", "view_lead")
    assert "It is not there" not in page_of(client, reverse(DECISIONS))
    assert "Replay these" not in page_of(client, reverse(FAILURES))
    assert client.get(reverse(START), {"delivery": str(held.pk)}).status_code == 403


def test_who_may_not_look_sees_neither_page(held):
    client = people.clerk("view_lead")
    for name in (FAILURES, DECISIONS, "admin:crm_integrations_replay_changelist"):
        assert client.get(reverse(name)).status_code == 403


def test_menu_counts_what_needs_a_decision(desk, held, rf, officer):
    request = rf.get("/admin/")
    request.user = officer
    counts = {item["title"]: item.get("badge") for group in sidebar(request) for item in group["items"]}
    assert (counts["Decisions"], counts["Failures"]) == (1, None)


def test_menu_marks_the_page_one_is_on_and_no_other(desk, held, rf, officer):
    for name, title in ((FAILURES, "Failures"), (LIST, "Deliveries"), ("admin:index", "Overview")):
        request = rf.get(reverse(name))
        request.user = officer
        marked = [item["title"] for group in sidebar(request) for item in group["items"] if item["active"]]
        assert marked == [title]


# The lead's page ---------------------------------------------------------------------------------------------------


def test_retry_of_an_account_on_the_leads_page_leads_back_there(desk, failed, program):
    vendors.connect("http://localhost:1", "crego_los")
    account = loan_accounts.open_account(failed[0].lead, "CL1", program)
    delivery = account.deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(state=State.REJECTED)
    lead_page = reverse("admin:leadops_lead_change", args=[failed[0].lead_id])
    form = page_of(desk, lead_page).partition(f"/{delivery.pk}/retry/")[2]
    assert '<input type="hidden" name="back" value="lead">' in form[:300]
    url = reverse("admin:crm_integrations_delivery_retry", args=[delivery.pk])
    assert desk.post(url, {"back": "lead"}).url == lead_page
    assert desk.post(url).url == reverse("admin:leadops_loanaccount_change", args=[account.pk])


def test_mended_lead_is_sent_in_its_new_version_with_one_press(desk, failed):
    lead = failed[0].lead
    Exchange.objects.create(
        connection=failed[0].connection, delivery=failed[0], purpose="create", operation="create_lead", version=1,
        method="POST", url="https://vendor.example/x", status=400,
    )  # fmt: skip
    lead_page = reverse("admin:leadops_lead_change", args=[lead.pk])
    assert "Send version" not in page_of(desk, lead_page)
    leads.revise(lead)
    assert "Send version 2" in page_of(desk, lead_page)


# Replays -----------------------------------------------------------------------------------------------------------


def begun(client: Client, url: str, **said: str) -> Replay:
    """Press the button that leads to `url`, give the reason, and begin."""
    page = page_of(client, url)
    kept = dict(re.findall(r'type="hidden" name="(filter|delivery)" value="([^"]*)"', page))
    kept = {name: value.replace("&amp;", "&") for name, value in kept.items()}
    answer = client.post(url, {**kept, "reason": "They mended it.", **said})
    assert answer.status_code == 302, answer.content.decode()
    replay = Replay.objects.latest("id")
    assert answer.url == reverse("admin:crm_integrations_replay_change", args=[replay.pk])
    return replay


def test_a_cause_is_replayed_from_the_page_of_failures(desk, failed, officer):
    replay = begun(desk, shown_by(page_of(desk, reverse(FAILURES)), "Replay these"))
    assert (replay.total, replay.officer, replay.reason) == (3, officer, "They mended it.")
    assert replay.what == "ispcrm · No <b> …"
    assert "No &lt;b&gt; …" in page_of(desk, reverse("admin:crm_integrations_replay_changelist"))


def test_what_a_filter_shows_is_replayed(desk, failed):
    url = f"{reverse(LIST)}?{urlencode({'state__exact': 'dead', 'changed_from': '2026-01-01T14:00'})}"
    replay = begun(desk, shown_by(page_of(desk, url), "Replay what this list shows"))
    assert replay.what == "All connections · Given up · since 1 Jan 2026, 14:00"
    assert [each.delivery_id for each in replay.items.all()] == [failed[3].pk]


def test_whole_list_offers_no_replay(desk, failed):
    assert "Replay what this list shows" not in page_of(desk, reverse(LIST))


def test_selected_ones_are_replayed(desk, failed):
    chosen = {"action": "replay_selected", "_selected_action": [str(failed[1].pk)]}
    replay = begun(desk, desk.post(reverse(LIST), chosen).url)
    assert [each.delivery_id for each in replay.items.all()] == [failed[1].pk]
    assert replay.what == "1 delivery selected in the list"


def test_page_before_says_how_many_and_how_many_may_be_there(desk, held, failed):
    Delivery.objects.filter(pk=failed[3].pk).update(state=State.DELIVERED)
    answer = desk.get(reverse(START), {"filter": "connection__id__exact=" + str(held.connection_id)})
    assert answer.context["counts"] == {"all": "3", "doubtful": "1", "not_ready": "0", "left": "1"}
    assert "so no replay sends them" in answer.content.decode()
    assert "looked up before anything is sent" in answer.content.decode()
    assert "skipped again" not in answer.content.decode()


def test_page_before_says_how_many_would_be_skipped_again(desk, failed):
    for each in failed[:2]:
        Gap.objects.create(lead=each.lead, connection=each.connection, field="address", message="Give one.")
        Gap.objects.create(lead=each.lead, connection=each.connection, field="email", message="Give one.")
    answer = desk.get(reverse(START), {"delivery": [str(each.pk) for each in failed[1:3]]})
    assert answer.context["counts"] == {"all": "2", "doubtful": "0", "not_ready": "1", "left": "0"}
    assert "so no replay sends them" not in answer.content.decode()
    assert "it is skipped again" in answer.content.decode()


def test_replay_of_nothing_is_refused_in_words(desk, failed):
    Delivery.objects.update(state=State.DELIVERED)
    answer = desk.post(reverse(START), {"delivery": str(failed[0].pk), "reason": "why not"})
    assert "None of these can be sent again" in answer.content.decode()
    assert not Replay.objects.exists()


def test_replay_wants_a_reason(desk, failed):
    answer = desk.post(reverse(START), {"delivery": str(failed[0].pk), "reason": " "})
    assert "This field is required." in answer.content.decode()
    assert not Replay.objects.exists()


@pytest.mark.parametrize("query", [{}, {"delivery": "x"}, {"filter": "nonsense=1"}])
def test_replay_of_an_odd_choice_is_not_found(desk, failed, query):
    assert desk.get(reverse(START), query).status_code == 404


def test_a_number_that_was_searched_for_is_not_kept_with_a_replay(desk, failed):
    answer = desk.get(reverse(START), {"filter": urlencode({"q": "9876543210"})})
    page = answer.content.decode()
    assert "search for ••••3210" in page


def test_replay_of_a_filter_does_not_mind_its_page(desk, failed):
    url = f"{reverse(START)}?{urlencode({'filter': '?state__exact=rejected&p=7'})}"
    assert begun(desk, url).total == 3


def test_a_nul_in_a_filter_is_a_bad_request(desk, failed):
    for sent in (desk.get, desk.post):
        assert sent(reverse(START), {"filter": "q=%00", "reason": "r"}).status_code == 400


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "2026-02-31T00:00", "x"])
def test_odd_moments_of_the_last_change_break_nothing(desk, failed, moment):
    for name in ("changed_from", "changed_to"):
        assert desk.get(reverse(LIST), {name: moment}).status_code == 200
        assert desk.get(reverse(START), {"filter": urlencode({name: moment})}).status_code == 200


def test_pages_of_a_replay_name_the_connection_that_holds_it_up(desk, failed, ispcrm, program):
    start = shown_by(page_of(desk, reverse(FAILURES)), "Replay these")
    idle = Connection.objects.create(vendor="ispcrm", name="idle", base_url=ispcrm.base_url, enabled=False)
    assert "until an officer" not in page_of(desk, start)
    outbox.pause(ispcrm, "They are moving")
    connection = reverse("admin:crm_integrations_connection_change", args=[ispcrm.pk])
    before = page_of(desk, start)
    assert "until an officer resumes it: They are moving." in before
    assert shown_by(before, "ispcrm") == connection
    replay = begun(desk, start)
    url = reverse("admin:crm_integrations_replay_change", args=[replay.pk])
    running = page_of(desk, url)
    assert f'href="{connection}">ispcrm<' in running
    assert "They are moving" in running
    assert f">{idle}<" not in before + running
    Delivery.objects.update(state=State.DELIVERED)
    replay.items.update(taken_at=timezone.now())
    assert "They are moving" not in page_of(desk, url)


def test_running_replay_shows_how_far_it_is_and_can_be_cancelled(desk, failed):
    replay = begun(desk, shown_by(page_of(desk, reverse(FAILURES)), "Replay these"))
    outbox.replays.feed(1)
    url = reverse("admin:crm_integrations_replay_progress", args=[replay.pk])
    assert f'data-progress="{url}"' in page_of(
        desk, reverse("admin:crm_integrations_replay_change", args=[replay.pk])
    )
    assert desk.get(url).json() == {
        "waiting": 2, "on_the_way": 1, "delivered": 0, "failed": 0, "left_out": 0, "percent": 0,
        "state_label": "Running", "finished": False,
    }  # fmt: skip
    cancel = reverse("admin:crm_integrations_replay_cancel", args=[replay.pk])
    assert desk.get(cancel).status_code == 405
    page = desk.post(cancel, follow=True).content.decode()
    assert "what was queued already goes on" in page
    assert desk.get(url).json()["finished"] is True
    assert "Nothing of it is left to cancel." in desk.post(cancel, follow=True).content.decode()


def test_replay_tells_what_failed_again_and_what_was_left(desk, failed, held):
    replay = begun(desk, f"{reverse(START)}?filter=state__exact%3Drejected")
    Delivery.objects.filter(pk=failed[1].pk).update(state=State.REVIEW)
    outbox.replays.feed()
    Delivery.objects.filter(state=State.QUEUED).update(state=State.DEAD, cause="HTTP 503")
    page = page_of(desk, reverse("admin:crm_integrations_replay_change", args=[replay.pk]))
    assert "HTTP 503" in page
    assert outbox.replays.CANT_ASK.replace("'", "&#x27;") in page


def test_replay_page_costs_a_fixed_number_of_queries(desk, failed, django_assert_max_num_queries):
    replay = begun(desk, f"{reverse(START)}?filter=state__exact%3Drejected")
    url = reverse("admin:crm_integrations_replay_change", args=[replay.pk])
    desk.get(url)
    with django_assert_max_num_queries(12):
        desk.get(url)


@pytest.mark.django_db(transaction=True)
def test_replay_from_the_page_reaches_the_vendor_once(desk, partner, program, vendor_sandbox):
    vendors.connect(vendor_sandbox.url, "ispcrm")
    vendor_sandbox.fault("ispcrm", "error_flag")
    leads.submit(people.leads_of(partner, program, 3))
    engine.drain()
    assert Delivery.objects.filter(state=State.REJECTED).count() == 3
    vendor_sandbox.clear_faults()
    replay = begun(desk, shown_by(page_of(desk, reverse(FAILURES)), "Replay these"))
    engine.drain()
    assert len(vendor_sandbox.held("ispcrm")) == 3
    page = page_of(desk, reverse("admin:crm_integrations_replay_change", args=[replay.pk]))
    assert '<progress max="100" value="100">' in page
