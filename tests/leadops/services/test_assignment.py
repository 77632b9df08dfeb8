"""Who gets which leads: by hand, by turns, without those who are away or have their hands full."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from leadops import signals, synthetic
from leadops.models import Absence, AssignmentRule, Lead, NewLeads, Officer
from leadops.services import assignment, leads, new_leads
from leadops.validation import check_lead
from tests import effort, people


def colleague(name: str, *branches: str, reach: str = Officer.Reach.BRANCHES) -> Officer:
    """An officer of these branches alone."""
    made = people.officer(name, superuser=False)
    made.reach = reach
    made.save()
    made.branches.set([people.branch(code) for code in branches])
    return made


@pytest.fixture
def pune(partner):
    """The branch that the leads of `partner` go to."""
    partner.branch = people.branch("pune")
    partner.save()
    return partner.branch


@pytest.fixture
def three(pune):
    return [colleague(name, "pune") for name in ("one", "three", "two")]


def more_leads(partner, program, count=1, *, seed=7) -> list[Lead]:
    """Other leads than `people.leads_of` makes."""
    drafts = synthetic.drafts(count, seed=seed)
    for draft in drafts:
        check_lead(draft)
    return leads.create(drafts, partner=partner, program=program, intake=Lead.Intake.EXCEL)


def rule(officers, **fields) -> AssignmentRule:
    made = AssignmentRule.objects.create(**fields)
    made.officers.set(officers)
    return made


def owners() -> list[str | None]:
    return list(Lead.objects.order_by("pk").values_list("owner__username", flat=True))


def test_new_leads_go_round_among_the_officers_of_a_rule(partner, program, three):
    rule(three, program=program)
    people.leads_of(partner, program, 4)
    new_leads.take_up()
    assert owners() == ["one", "three", "two", "one"]
    more_leads(partner, program, 5)  # the next intake goes on where the last one ended
    new_leads.take_up()
    assert Counter(owners()) == {"one": 3, "three": 3, "two": 3}
    assert not NewLeads.objects.exists()


def test_who_is_away_gone_or_of_another_branch_gets_no_new_lead(partner, program, three):
    one, away, gone = three
    today = timezone.localdate()
    Absence.objects.create(officer=away, away_from=today, away_until=today)
    Absence.objects.create(
        officer=one, away_from=today - timedelta(days=9), away_until=today - timedelta(days=1)
    )
    gone.is_active = False
    gone.save()
    stranger = colleague("stranger", "nagpur")
    rule([*three, stranger], program=program)
    people.leads_of(partner, program, 3)
    new_leads.take_up()
    assert owners() == ["one", "one", "one"]


def test_a_cap_counts_open_leads_and_leaves_the_rest_to_nobody(partner, program, three):
    rule(three[:2], program=program, cap=2)
    people.leads_of(partner, program, 3)
    new_leads.take_up()
    Lead.objects.filter(owner=three[0]).update(status=Lead.Status.DECLINED)
    more_leads(partner, program, 5)
    new_leads.take_up()
    assert owners()[3:] == ["three", "one", "one", None, None]


def test_the_most_exact_rule_counts_and_an_inactive_one_does_not(partner, program, pune, three):
    rule([three[0]])
    rule([three[1]], branch=pune)
    rule([three[2]], program=program, branch=pune, active=False)
    people.leads_of(partner, program)
    new_leads.take_up()
    assert owners() == ["three"]


def test_who_sees_own_leads_alone_takes_those_of_the_head_office_however_far_their_reach(
    partner, other_partner, program
):
    """The right that narrows counts as a narrow reach does; a branch's officer sees no lead of the head office."""
    other_partner.branch = people.branch("nagpur")
    other_partner.save()
    narrowed, of_pune = colleague("tara", "pune"), colleague("une", "pune")
    wide = colleague("wide", "pune", reach=Officer.Reach.ALL)
    for each in (narrowed, wide):
        people.give(each, "own_leads_only")
    rule([narrowed, of_pune, wide], program=program)
    [elsewhere] = people.leads_of(other_partner, program)
    heads = more_leads(partner, program, 3)
    new_leads.take_up()
    assert owners() == [None, "tara", "wide", "tara"]
    of_head, all_leads = {lead.pk for lead in heads}, Lead.objects.all()
    for officer, unseen in (
        (narrowed, {elsewhere.pk}),
        (wide, {elsewhere.pk}),
        (of_pune, of_head | {elsewhere.pk}),
    ):
        known = Officer.objects.get(pk=officer.pk)
        assert {lead.pk for lead in assignment.out_of_reach(all_leads, known)} == unseen


def test_without_a_rule_an_intake_leaves_nothing_to_do(partner, program):
    people.leads_of(partner, program, 3)
    assert not NewLeads.objects.exists()
    assert new_leads.take_up() == 0


def test_a_lead_that_somebody_took_meanwhile_stays_theirs_and_no_version_is_counted(
    partner, program, three, officer
):
    rule(three, program=program)
    lead, _ = people.leads_of(partner, program, 2)
    assignment.assign([lead.pk], officer)
    new_leads.take_up()
    assert owners() == ["asha", "one"]
    assert list(Lead.objects.order_by("pk").values_list("version", flat=True)) == [2, 1]


def test_one_intake_that_breaks_does_not_keep_the_next_from_it(partner, program, three, monkeypatch, caplog):
    rule(three, program=program)
    bad = people.leads_of(partner, program)
    good = more_leads(partner, program)
    give_out = assignment.give_out

    def breaks(ids):
        if bad[0].pk in ids:
            raise ValueError("of the test")
        return give_out(ids)

    monkeypatch.setattr(assignment, "give_out", breaks)
    assert new_leads.take_up() == 1
    assert Lead.objects.get(pk=good[0].pk).owner is not None
    assert NewLeads.objects.count() == 1
    assert "could not be taken up: ValueError" in caplog.text


def test_nobody_is_given_a_lead_that_they_may_not_see(partner, program, pune):
    lead = people.leads_of(partner, program)[0]
    stranger = colleague("stranger", "nagpur")
    with pytest.raises(assignment.MayNotTake, match="stranger may not see"):
        assignment.assign([lead.pk], stranger)
    assert owners() == [None]
    telecaller = colleague("caller", "pune", reach=Officer.Reach.OWN)
    assert assignment.assign([lead.pk], telecaller) == 1
    assert Lead.objects.visible_to(telecaller).get() == lead


def test_ten_thousand_leads_are_assigned_in_seconds_in_parts_and_announced_once(
    partner, program, officer, django_assert_max_num_queries, monkeypatch
):
    made = people.leads_of(partner, program, 300)
    ids = [lead.pk for lead in made]
    told = []

    def listen(sender, leads, **_):
        told.append(len(leads))

    monkeypatch.setattr(assignment, "AT_ONCE", 100)
    signals.leads_changed.connect(listen)
    try:
        with django_assert_max_num_queries(17):  # two of them ask for the session
            spent = effort.seconds_with_database(lambda: assignment.assign(ids, officer))
    finally:
        signals.leads_changed.disconnect(listen)
    assert spent < 0.15 * 10  # ten thousand in five seconds, with room for a slow machine
    assert told == [300]
    assert set(Lead.objects.values_list("owner", "version")) == {(officer.pk, 2)}
    assert assignment.assign(ids, officer) == 0
    assert assignment.assign(ids, None) == 300
