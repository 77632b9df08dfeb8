"""Acting on all that a list shows, at the desk; and the views of the list that officers keep."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from leadops.models import BulkAction, DropReason, Lead, Officer, SavedView
from leadops.services import bulk_actions
from tests import people

LIST, START = reverse("admin:leadops_lead_changelist"), reverse("admin:leadops_bulkaction_start")
SAVE = reverse("admin:leadops_savedview_save")
ACTS = ("view_lead", "change_lead", "submit_lead", "view_bulkaction", "add_bulkaction")


def words_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_all_that_a_filter_finds_is_acted_on_after_a_preview(desk, many_leads, officer):
    Lead.objects.filter(pk__in=[lead.pk for lead in many_leads[:3]]).update(status="in_review")
    text = words_of(desk.get(LIST, {"status__exact": "draft"}))
    assert "Act on these leads…" in text
    asked = {"filter": "?status__exact=draft"}
    text = words_of(desk.get(START, asked))
    assert "Status: Draft" in text
    assert "What is to be done?" in text
    Lead.objects.filter(pk=many_leads[9].pk).update(owner=officer)
    asked |= {"deed": "assign", "owner": officer.pk}
    text = words_of(desk.post(START, asked))
    assert "Do it to 56 leads" in text
    assert 'It is theirs already. <span class="lo-quiet">1</span>' in text
    assert not BulkAction.objects.exists()
    answer = desk.post(START, asked | {"go": "1"}, follow=True)
    action = BulkAction.objects.get()
    assert "data-progress" in answer.content.decode()
    bulk_actions.run(action.pk)
    said = desk.get(reverse("admin:leadops_bulkaction_progress", args=[action.pk])).json()
    assert (said["finished"], said["done"], said["left"], said["percent"]) == (True, 56, 1, 100)
    assert "It is theirs already." in words_of(desk.get(answer.redirect_chain[-1][0]))
    assert Lead.objects.filter(owner=officer, status="draft").count() == 57


def test_what_was_ticked_is_acted_on_too(desk, many_leads):
    chosen = [str(lead.pk) for lead in many_leads[:3]]
    answer = desk.post(LIST, {"action": "act_on_selected", "_selected_action": chosen})
    assert words_of(desk.get(answer["Location"])).count('name="lead"') == 3
    desk.post(START, {"lead": chosen, "deed": "tag", "tag": "vip", "go": "1"})
    bulk_actions.run(BulkAction.objects.get().pk)
    assert Lead.objects.filter(tags=["vip"]).count() == 3


def test_what_is_missing_is_asked_for_and_nothing_begins(desk, many_leads):
    sent = {"filter": "?", "deed": "drop", "reason": ""}
    assert "Choose why they are dropped." in words_of(desk.post(START, sent | {"go": "1"}))
    assert "Choose what is to be done." in words_of(desk.post(START, {"filter": "?"}))
    assert desk.get(START).status_code == 404
    assert not BulkAction.objects.exists()


def test_an_action_is_stopped_by_its_officer_and_seen_by_nobody_else_with_a_bounded_reach(
    desk, many_leads, officer
):
    DropReason.objects.create(name="Moved abroad")
    clerk = people.clerk(*ACTS)
    clerk.post(START, {"filter": "?", "deed": "reopen", "go": "1"})
    action = BulkAction.objects.get()
    other = people.officer("other", superuser=False)
    people.give(other, *ACTS)
    Officer.objects.filter(pk=other.pk).update(reach=Officer.Reach.BRANCHES)
    desk.force_login(other)
    for name in ("progress", "change"):
        assert desk.get(reverse(f"admin:leadops_bulkaction_{name}", args=[action.pk])).status_code in (
            404,
            302,
        )
    assert desk.post(reverse("admin:leadops_bulkaction_cancel", args=[action.pk])).status_code == 404
    answer = clerk.post(reverse("admin:leadops_bulkaction_cancel", args=[action.pk]), follow=True)
    assert "What was done stays done." in words_of(answer)
    assert BulkAction.objects.get().state == BulkAction.State.CANCELLED


def test_a_deed_beyond_ones_rights_is_neither_offered_nor_done(many_leads, officer):
    clerk = people.clerk(*ACTS)
    text = words_of(clerk.get(START, {"filter": "?"}))
    assert 'value="assign"' not in text
    sent = {"filter": "?", "deed": "assign", "owner": officer.pk, "go": "1"}
    assert clerk.post(START, sent).status_code == 403
    assert people.clerk("view_lead").get(START, {"filter": "?"}).status_code == 403
    assert "Act on these leads…" not in words_of(people.clerk("view_lead").get(LIST))


def test_leads_out_of_reach_are_not_chosen_even_by_their_ids(many_leads):
    clerk = people.clerk(*ACTS)
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.BRANCHES)
    sent = {"lead": [str(many_leads[0].pk)], "deed": "tag", "tag": "vip"}
    assert clerk.post(START, sent).status_code == 404
    assert clerk.post(START, sent | {"go": "1"}).status_code == 404
    assert not BulkAction.objects.exists()


# Views -------------------------------------------------------------------------------------------------------------


def test_a_view_is_kept_shown_as_a_chip_and_deleted(desk, many_leads):
    query = desk.get(LIST, {"status__exact": "draft", "p": "2"}).context["query"]
    assert query == "status__exact=draft"
    answer = desk.post(SAVE, {"query": query, "name": " My  drafts "}, follow=True)
    assert "The view “My drafts” is kept." in words_of(answer)
    assert 'href="?status__exact=draft" aria-current="page">My drafts' in words_of(answer)
    view = SavedView.objects.get()
    desk.post(SAVE, {"query": "status__exact=approved", "name": "My drafts"})
    view.refresh_from_db()
    assert view.query == "status__exact=approved"
    desk.post(reverse("admin:leadops_savedview_delete", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_shared_views_are_offered_to_all_and_own_ones_to_nobody_else(desk, reading_desk, lead):
    desk.post(SAVE, {"query": "status__exact=draft", "name": "For me"})
    desk.post(SAVE, {"query": "status__exact=approved", "name": "For all", "shared": "on"})
    text = words_of(reading_desk.get(LIST))
    assert "For all" in text
    assert "For me" not in text
    view = SavedView.objects.get(name="For all")
    assert reading_desk.post(reverse("admin:leadops_savedview_delete", args=[view.pk])).status_code == 404


def test_a_searched_text_is_kept_sealed(desk, lead):
    desk.post(SAVE, {"query": f"q={lead.primary_mobile}", "name": "Her"})
    kept = SavedView.objects.get().query
    assert lead.primary_mobile[-10:] not in kept
    assert [each.pk for each in desk.get(f"{LIST}?{kept}").context["cl"].result_list] == [lead.pk]


def test_what_was_searched_for_is_not_shared(desk, reading_desk, lead):
    """Who opens the view would read it in the box, without a reason and in nobody's log."""
    listed = desk.get(LIST, {"q": lead.primary_mobile, "status__exact": "draft"})
    assert "without what you searched for" in words_of(listed)
    sent = {"query": listed.context["query"], "name": "Hers", "shared": "on"}
    assert "What you searched for is not shared" in words_of(desk.post(SAVE, sent, follow=True))
    view = SavedView.objects.get()
    assert view.query == "status__exact=draft"
    shown = words_of(reading_desk.get(f"{LIST}?{view.query}"))
    assert lead.primary_mobile[-10:] not in shown


def test_views_that_were_shared_with_a_search_before_lose_it(officer):
    strip = import_module("leadops.migrations.0010_shared_views_without_search").leave_out
    for name, shared in (("Ours", True), ("Mine", False)):
        SavedView.objects.create(owner=officer, name=name, query="a=1&q=~x&faq=2", shared=shared)
    strip(apps, None)
    assert dict(SavedView.objects.values_list("name", "query")) == {
        "Ours": "a=1&faq=2",
        "Mine": "a=1&q=~x&faq=2",
    }


@pytest.mark.parametrize("name", ["", "x" * 61])
def test_a_name_that_is_none_is_refused(desk, lead, name):
    desk.post(SAVE, {"query": "status__exact=draft", "name": name})
    assert not SavedView.objects.exists()
