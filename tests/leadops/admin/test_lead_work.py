"""The work on a lead at the desk: its panel, its buttons, My tasks, and who may do what."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadops.admin import timeline
from leadops.models import AssignmentRule, AuditEvent, DropReason, Lead, Officer, SlaRule, StatusStep, Task
from leadops.services import lead_tasks, leads, notes
from tests import people
from tests.leadops.admin.page_forms import fields

LIST, MINE = reverse("admin:leadops_lead_changelist"), reverse("admin:leadops_task_changelist")
RIGHTS = ("view_lead", "change_lead")


def page(lead) -> str:
    return reverse("admin:leadops_lead_change", args=[lead.pk])


def work(client: Client, lead, deed: str, **sent: object) -> str:
    """What the officer is told."""
    answer = client.post(reverse("admin:leadops_lead_work", args=[lead.pk, deed]), sent, follow=True)
    assert answer.status_code == 200
    return " ".join(str(each) for each in answer.context["messages"])


def test_the_panel_has_owner_tasks_notes_and_the_clock(desk, lead, officer):
    Lead.objects.update(owner=officer, due_at=timezone.now() - timedelta(hours=3))
    lead_tasks.add(lead, "Call her back", timezone.now(), officer, officer)
    text = desk.get(page(lead)).content.decode()
    for words in ('id="work"', "Overdue by 3\xa0hours", "Call her back", "Add note", "Drop this lead…"):
        assert words in text


def test_many_notes_keep_no_task_from_the_timeline(desk, lead, officer):
    for number in range(timeline.ON_A_PAGE + 1):
        notes.write(lead, f"Call {number} was not answered.", officer)
    lead_tasks.add(lead, "Visit her", timezone.now(), officer, officer)
    entries = desk.get(page(lead)).context["timeline"]["entries"]
    assert (entries[0][0].words, len(entries)) == ("Task for asha: Visit her", timeline.ON_A_PAGE)


def test_a_lead_is_given_to_a_colleague_and_to_nobody(desk, lead):
    ravi = people.officer("ravi")
    assert work(desk, lead, "assign", owner=ravi.pk) == "ravi owns this lead now."
    assert Lead.objects.get().owner == ravi
    assert work(desk, lead, "assign", owner="") == "Nobody owns this lead now."
    assert work(desk, lead, "assign", owner="99999") == "Choose an officer."


def test_who_may_change_leads_may_not_assign_them_without_the_right(lead):
    client = people.clerk(*RIGHTS)
    url = reverse("admin:leadops_lead_work", args=[lead.pk, "assign"])
    assert client.post(url, {"owner": ""}).status_code == 403
    assert "Assign</button>" not in client.get(page(lead)).content.decode()
    assert "Assign</button>" in people.clerk(*RIGHTS, "assign_lead").get(page(lead)).content.decode()


@pytest.mark.parametrize("deed", ["assign", "note", "task", "drop", "reopen", "wait"])
def test_reader_does_none_of_it_and_a_stranger_finds_no_lead(reading_desk, lead, deed):
    url = reverse("admin:leadops_lead_work", args=[lead.pk, deed])
    assert reading_desk.post(url, {"text": "x"}).status_code == 403
    assert reading_desk.get(url)["Location"] == f"{page(lead)}#work"
    client = people.clerk(*RIGHTS, "assign_lead")
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.BRANCHES)
    assert client.post(url, {"text": "x"}).status_code == 404


def test_dropping_wants_a_reason_and_reopening_follows(desk, lead):
    reason = DropReason.objects.create(name="Moved abroad")
    assert "Choose why" in work(desk, lead, "drop", reason="", note="x")
    assert "Moved abroad" in work(desk, lead, "drop", reason=reason.pk, note="To Oslo.")
    text = desk.get(page(lead)).content.decode()
    assert "Dropped: Moved abroad. To Oslo." in " ".join(text.split())
    assert "Drop this lead…" not in text
    assert "open again" in work(desk, lead, "reopen", note="Came back.")
    assert Lead.objects.get().status == "draft"
    assert "Only a lead that was dropped" in work(desk, lead, "reopen")


def test_the_form_offers_what_may_follow_and_takes_the_step(desk, lead, officer):
    leads.submit([lead])
    text = desk.get(page(lead), {"edit": 1}).content.decode()
    form = fields(text)
    offered = text.partition('name="status"')[2].partition("</select>")[0]
    assert "Approved" in offered
    assert "Dropped" not in offered
    assert "Draft" not in offered
    assert desk.post(page(lead), form | {"status": "in_review", "_save": "1"})["Location"] == page(lead)
    step = StatusStep.objects.order_by("pk").last()
    assert (step.to_status, step.by) == ("in_review", officer)
    kept = Lead.objects.get()
    assert (kept.status, kept.version) == ("in_review", 2)
    desk.post(page(lead), fields(desk.get(page(lead), {"edit": 1}).content.decode()) | {"status": "draft"})
    assert Lead.objects.get().status == "in_review"


def test_a_note_tells_who_is_mentioned_and_names_who_is_not(desk, lead):
    people.give(people.officer("ravi", superuser=False), "view_lead")
    told = work(desk, lead, "note", text="@ravi and @nobody, have a look")
    assert "Not told: @nobody" in told
    assert "told: ravi" in told
    assert "have a look" in desk.get(page(lead)).content.decode()


def test_a_task_is_set_by_a_quick_button_or_a_day_and_done_by_one_click(desk, lead, officer):
    assert "set for asha" in work(desk, lead, "task", title="Call", when="tomorrow")
    assert "Choose the day" in work(desk, lead, "task", title="Write", when="day", day="31-31-2026")
    assert "This day is over" in work(desk, lead, "task", title="Write", when="day", day="2020-01-05")
    assert "set for asha" in work(desk, lead, "task", title="Write", when="day", day="2998-01-05")
    Task.objects.filter(pk=Task.objects.latest("due_at").pk).update(due_at=timezone.now() - timedelta(days=1))
    text = desk.get(MINE).content.decode()
    assert text.index("Overdue") < text.index("Write") < text.index("Later") < text.index("Call")
    task = lead_tasks.open_of(officer).order_by("due_at").first()
    answer = desk.post(reverse("admin:leadops_task_done", args=[task.pk]), follow=True)
    assert "Done: Write" in answer.content.decode()
    assert answer.redirect_chain[-1][0] == MINE
    later = lead_tasks.open_of(officer).get()
    put_off = reverse("admin:leadops_task_later", args=[later.pk])
    [said] = desk.post(put_off, {"when": "next_week"}, follow=True).context["messages"]
    assert str(said).startswith("Due ")
    assert str(said).endswith(": Call")
    later.refresh_from_db()
    assert later.due_at == lead_tasks.on_day("next_week")
    lead_tasks.done(later, officer)
    [said] = desk.post(put_off, {"when": "tomorrow"}, follow=True).context["messages"]
    assert str(said) == "This task was done meanwhile."


def test_what_was_refused_stays_in_its_form_to_be_mended(desk, lead):
    card = "Her card is 4111 1111 1111 1111."
    url = reverse("admin:leadops_lead_work", args=[lead.pk, "note"])
    text = desk.post(url, {"text": card}).content.decode()
    assert f">{card}</textarea>" in text
    assert f'href="{page(lead)}?edit=1"' in text
    ravi = people.officer("ravi")
    sent = {"title": "Call her", "owner": ravi.pk, "when": "day", "day": "2020-01-05"}
    url = reverse("admin:leadops_lead_work", args=[lead.pk, "task"])
    text = desk.post(url, sent).content.decode()
    for kept in ('value="Call her"', f'value="{ravi.pk}" selected>', 'value="2020-01-05"'):
        assert kept in text.partition("What is to be done</label>")[2].partition("</form>")[0]
    assert card not in desk.get(page(lead)).content.decode()


def test_a_task_is_offered_to_those_alone_who_may_see_the_lead(desk, lead):
    north = people.branch("north")
    Lead.objects.filter(pk=lead.pk).update(branch=north)
    lead.refresh_from_db()
    for reach in Officer.Reach:
        for where, branch in (("here", north), ("there", people.branch("south"))):
            for right in ("view_lead", "change_lead"):
                person = people.officer(f"{reach}-{where}-{right}", superuser=False)
                people.give(person, right)
                Officer.objects.filter(pk=person.pk).update(reach=reach)
                person.branches.set([branch])
    narrowed = people.officer("narrowed", superuser=False)
    people.give(narrowed, "view_lead", "own_leads_only")
    owner = people.officer("owner", superuser=False)
    people.give(owner, "view_lead", "own_leads_only")
    Lead.objects.filter(pk=lead.pk).update(owner=owner)
    shown = desk.get(page(lead)).content.decode().partition('id="task-owner"')[2].partition("</select>")[0]
    able = [each for each in Officer.objects.all() if each.has_perm("leadops.view_lead")]
    may = {each.username for each in able if Lead.objects.visible_to(each).exists()}
    assert set(re.findall(r">([^<]+)</option>", shown)) == may
    everywhere = {"all-here-view_lead", "all-there-view_lead"}
    assert may == everywhere | {"asha", "owner", "branches-here-view_lead"}


def test_tasks_of_leads_out_of_reach_are_nobodys_to_see_or_do(desk, lead, officer):
    client = people.clerk(*RIGHTS)
    clerk = Officer.objects.get(username="clerk")
    task = lead_tasks.add(lead, "Call", timezone.now(), clerk, officer)
    assert "Call" in client.get(MINE).content.decode()
    Officer.objects.filter(pk=clerk.pk).update(reach=Officer.Reach.BRANCHES)
    assert "Nothing to do" in client.get(MINE).content.decode()
    assert client.post(reverse("admin:leadops_task_done", args=[task.pk])).status_code == 404
    where = reverse("admin:leadops_task_change", args=[task.pk])
    assert client.get(where)["Location"] == reverse("admin:index")
    assert desk.get(where)["Location"] == f"{page(lead)}#work"
    assert Task.objects.get().done_at is None


def test_the_menu_counts_what_is_due_and_the_page_costs_few_queries(
    desk, lead, officer, django_assert_max_num_queries
):
    for at in range(3):
        lead_tasks.add(lead, f"Call {at}", timezone.now(), officer, officer)
    with django_assert_max_num_queries(4):
        answer = desk.get(MINE)
    entry = next(
        each for each in answer.context["sidebar_navigation"][2]["items"] if each["title"] == "My tasks"
    )
    assert entry["badge"] == 3


def test_waiting_stops_the_clock_with_one_click(desk, lead, program):
    Lead.objects.update(due_at=timezone.now() + timedelta(hours=2))
    SlaRule.objects.create(program=program, status="draft", hours=2, business_hours=False, settled=True)
    assert work(desk, lead, "wait", **{"for": "borrower"}) == "Waiting for the borrower"
    assert Lead.objects.get().due_at is None
    assert "waits for nobody" in work(desk, lead, "wait", **{"for": ""})
    assert Lead.objects.get().due_at is not None
    assert "Say whom" in work(desk, lead, "wait", **{"for": "godot"})


def test_the_list_is_narrowed_by_owner_and_clock_the_most_urgent_first(desk, many_leads, officer):
    now = timezone.now()
    ids = [lead.pk for lead in many_leads]
    Lead.objects.filter(pk__in=ids[:4]).update(owner=officer)
    for at, hours in enumerate((5, -1, -7)):
        Lead.objects.filter(pk=ids[at]).update(due_at=now + timedelta(hours=hours))
    Lead.objects.filter(pk=ids[3]).update(waiting_for="borrower")

    def found(**query: object) -> list[object]:
        return [lead.pk for lead in desk.get(LIST, query).context["cl"].result_list]

    assert set(found(owner="me")) == set(ids[:4])
    assert set(found(owner=officer.pk)) == set(ids[:4])
    assert not set(found(owner="nobody")) & set(ids[:4])
    assert found(due="running") == [ids[2], ids[1], ids[0]]
    assert found(due="overdue", owner="me") == [ids[2], ids[1]]
    assert found(due="borrower") == [ids[3]]


def test_rules_are_kept_by_who_may_and_a_clock_reaches_the_leads_that_are_here(desk, lead, officer, program):
    add = reverse("admin:leadops_assignmentrule_add")
    assert (
        desk.post(
            add, {"program": program.pk, "branch": "", "officers": [officer.pk], "active": "on"}
        ).status_code
        == 302
    )
    assert AssignmentRule.objects.get().officers.get() == officer
    again = desk.post(add, {"program": program.pk, "branch": "", "officers": [officer.pk]})
    assert "There is a rule for this program and branch already." in again.content.decode()
    desk.post(reverse("admin:leadops_slarule_add"), {"program": "", "status": "draft", "hours": "4"})
    rule = SlaRule.objects.get()
    assert not rule.settled
    change = reverse("admin:leadops_slarule_change", args=[rule.pk])
    form = fields(desk.get(change).content.decode(), "slarule_form")
    assert desk.post(change, form | {"hours": "5"}).status_code == 302
    assert SlaRule.objects.get().hours == 5
    for name in ("absence", "holiday", "dropreason", "slarule", "assignmentrule"):
        assert desk.get(reverse(f"admin:leadops_{name}_changelist")).status_code == 200
        assert people.clerk(*RIGHTS).get(reverse(f"admin:leadops_{name}_changelist")).status_code == 403


def test_an_absence_ends_after_it_begins(desk, officer):
    sent = {"officer": officer.pk, "away_from": "2026-11-20", "away_until": "2026-11-19"}
    text = desk.post(reverse("admin:leadops_absence_add"), sent).content.decode()
    assert "The last day is before the first one." in text


def test_the_history_says_why_a_lead_was_dropped_in_words(desk, lead):
    reason = DropReason.objects.create(name="Moved abroad")
    work(desk, lead, "drop", reason=reason.pk)
    dropped = AuditEvent.objects.filter(model="leadops.lead", record=str(lead.pk)).latest("pk")
    assert dropped.act.reason == str(reason)
