"""One thing done to many leads: foreseen, done in parts, stopped, resumed, and never done twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leadops import signals
from leadops.models import BulkAction, DropReason, Lead, Officer, StatusStep
from leadops.services import bulk_actions, bulk_deeds, lead_status
from leadops.services.bulk_deeds import Assign, Drop, Reopen, Submit, Tag
from tests import effort, people

State = BulkAction.State


@pytest.fixture
def many(partner, program):
    return people.leads_of(partner, program, 12)


@pytest.fixture
def reason(db):
    return DropReason.objects.create(name="Moved abroad")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(bulk_actions, "CHUNK", 5)


def ordered(deed, officer, leads=None) -> BulkAction:
    action = bulk_actions.order(Lead.objects.all() if leads is None else leads, deed, officer, "All leads")
    assert action.total
    return action


def ran(action: BulkAction) -> BulkAction:
    bulk_actions.run(action.pk)
    action.refresh_from_db()
    return action


def test_leads_are_assigned_in_parts_and_each_part_is_announced_once(many, officer):
    Lead.objects.filter(pk__in=[lead.pk for lead in many[:2]]).update(owner=officer)
    deed, told = Assign(officer), []

    def listen(sender, leads, **_):
        told.append(len(leads))

    assert bulk_actions.foresee(Lead.objects.all(), deed) == (10, [("It is theirs already.", 2)])
    signals.leads_changed.connect(listen)
    try:
        action = ran(ordered(deed, officer))
    finally:
        signals.leads_changed.disconnect(listen)
    assert (action.state, action.done, action.left, action.percent) == (State.DONE, 10, 2, 100)
    assert action.why_left == {"It is theirs already.": 2}
    assert told == [3, 5, 2]
    assert set(Lead.objects.values_list("owner", flat=True)) == {officer.pk}
    assert bytes(BulkAction.objects.get().chosen) == b""


def test_dropping_reopening_submitting_and_tagging_leave_out_whom_they_do_not_fit(many, officer, reason):
    lead_status.drop([many[0].pk], reason, officer)
    dropped = ran(ordered(Drop(reason), officer))
    assert (dropped.done, dropped.why_left) == (11, {"It is dropped already.": 1})
    assert StatusStep.objects.filter(to_status="dropped", by=officer, reason=reason).count() == 12
    assert bulk_actions.foresee(Lead.objects.all(), Submit()) == (
        0,
        [("Dropped and declined leads are not sent.", 12)],
    )
    assert ran(ordered(Reopen(), officer)).done == 12
    sent = ran(ordered(Submit(), officer))
    assert (sent.done, set(Lead.objects.values_list("status", flat=True))) == (12, {"submitted"})
    Lead.objects.filter(pk=many[3].pk).update(tags=["vip"])
    assert ran(ordered(Tag("vip"), officer)).why_left == {"It has this tag already.": 1}
    assert all(tags == ["vip"] for tags in Lead.objects.values_list("tags", flat=True))


def test_what_is_stopped_stays_as_far_as_it_was_done(many, officer, monkeypatch):
    action = ordered(Assign(officer), officer)
    do_chunk = bulk_actions._do_chunk

    def stopped_after_the_first(action, deed, lease):
        done = do_chunk(action, deed, lease)
        bulk_actions.cancel(action)
        return done

    monkeypatch.setattr(bulk_actions, "_do_chunk", stopped_after_the_first)
    assert ran(action).state == State.CANCELLED
    assert action.done == Lead.objects.filter(owner=officer).count() == 5
    assert not bulk_actions.cancel(action)
    bulk_actions.run(action.pk)
    assert Lead.objects.filter(owner=officer).count() == 5


def test_what_a_killed_worker_left_goes_on_where_it_stood(many, officer, monkeypatch):
    action = ordered(Tag("vip"), officer)
    do_chunk = bulk_actions._do_chunk

    class Killed(BaseException):
        """The worker is gone."""

    def killed_in_the_second(action, deed, lease):
        do_chunk(action, deed, lease)
        raise Killed

    monkeypatch.setattr(bulk_actions, "_do_chunk", killed_in_the_second)
    with pytest.raises(Killed):
        bulk_actions.run(action.pk)
    monkeypatch.undo()
    bulk_actions.resume()  # its lease still holds
    assert BulkAction.objects.get().done == 5
    BulkAction.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    bulk_actions.resume()
    action.refresh_from_db()
    assert (action.state, action.done, action.left) == (State.DONE, 12, 0)
    assert set(Lead.objects.values_list("version", flat=True)) == {2}


def test_one_lead_that_breaks_is_left_out_and_costs_no_other(many, officer, monkeypatch, caplog):
    bad = many[6].pk
    do = bulk_deeds.Assign.do

    def breaks(self, lead_ids, by):
        do(self, lead_ids, by)
        if bad in lead_ids:
            raise ValueError("of the test")

    monkeypatch.setattr(bulk_deeds.Assign, "do", breaks)
    action = ran(ordered(Assign(officer), officer))
    assert (action.state, action.done, action.why_left) == (
        State.DONE,
        11,
        {"Something went wrong on our side.": 1},
    )
    assert list(Lead.objects.filter(owner=None).values_list("pk", flat=True)) == [bad]
    assert "ValueError" in caplog.text


def test_leads_out_of_reach_are_not_acted_on_and_who_lost_the_right_does_nothing(many, officer):
    clerk = people.officer("clerk", superuser=False)
    people.give(clerk, "view_lead", "change_lead", "submit_lead")
    branch = people.branch("pune")
    Lead.objects.filter(pk__in=[lead.pk for lead in many[:4]]).update(branch=branch)
    action = ordered(Tag("vip"), clerk, Lead.objects.visible_to(clerk))
    assert action.total == 12
    clerk.branches.add(branch)
    Officer.objects.filter(pk=clerk.pk).update(reach=Officer.Reach.BRANCHES)
    assert ran(action).done == 4
    assert action.why_left == {"It is gone, or not within your reach any more.": 8}
    people.give(clerk, "view_lead")
    late = ran(ordered(Tag("late"), Officer.objects.get(pk=clerk.pk)))
    assert (late.state, late.problem) == (State.FAILED, "clerk may not do this any more.")
    assert not Lead.objects.filter(tags__contains=["late"]).exists()


def test_too_many_and_none_are_refused_before_anything_is_done(many, officer, monkeypatch):
    with pytest.raises(bulk_actions.NothingToDo):
        bulk_actions.order(Lead.objects.none(), Tag("x"), officer, "None")
    monkeypatch.setattr(bulk_actions, "MOST", 10)
    with pytest.raises(bulk_actions.TooMany, match="more than 10"):
        bulk_actions.order(Lead.objects.all(), Tag("x"), officer, "All")
    with pytest.raises(bulk_actions.TooMany):
        bulk_actions.foresee(Lead.objects.all(), Tag("x"))
    assert not BulkAction.objects.exists()


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("assign", {"owner": "x"}, "Choose an officer"),
        ("drop", {"reason": "x"}, "Choose why"),
        ("tag", {"tag": "a,b"}, "Name a tag"),
        ("fly", {}, "Choose what"),
    ],
)
def test_what_is_not_chosen_is_asked_for(db, kind, values, why):
    with pytest.raises(bulk_deeds.Incomplete, match=why):
        bulk_deeds.deed_of(kind, values, people.officer("asha"))


def test_the_pace_suits_ten_thousand_leads_in_five_seconds(partner, program, officer, monkeypatch):
    monkeypatch.setattr(bulk_actions, "CHUNK", 500)
    people.leads_of(partner, program, 1000)
    action = ordered(Assign(officer), officer)
    spent = effort.seconds_with_database(lambda: ran(action))
    assert action.done == 1000
    assert spent < 2  # five seconds for ten times as many, and room for a slow machine
