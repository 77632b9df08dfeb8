"""Approvals against a model of them in plain Python: whatever three officers do in whatever order, the two agree."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import Group

from leadops.errors import LeadopsError
from leadops.models import Officer, PendingChange
from leadops.services import approvals
from tests import people

PEOPLE, GROUPS = ("asha", "chandra", "dev"), ("east", "west", "north")
STEPS = 160


class Wanted(NamedTuple):
    """The change that waits: a group for the clerk, and the groups that they had when it was asked for."""

    group: str
    maker: str
    had: frozenset[str]
    explained: bool = False


class Walk:
    def __init__(self) -> None:
        self.people = {name: people.officer(name) for name in PEOPLE}
        self.groups = {name: Group.objects.create(name=name) for name in GROUPS}
        self.clerk = people.officer("clerk", superuser=False)
        self.has: frozenset[str] = frozenset()
        self.wanted: Wanted | None = None
        self.ended: list[str] = []
        self.refused: set[type[LeadopsError] | None] = set()

    def told(self, do: Any, who: str, *words: str) -> type[LeadopsError] | None:
        """What a service answers to `who` about the change that was asked for last; None for yes."""
        try:
            do(PendingChange.objects.latest("pk").pk, self.people[who], *words)
        except LeadopsError as refusal:
            self.refused.add(type(refusal))
            return type(refusal)
        return None

    def end(self, state: str) -> None:
        self.wanted = None
        self.ended.append(state)

    def ask(self, who: str, group: str) -> None:
        data = {"groups": [self.groups[group].pk]}
        if self.wanted and self.wanted.had == self.has:
            with pytest.raises(approvals.AlreadyWaits):
                approvals.ask("grant", self.people[who], data, self.clerk)
            return
        if self.wanted:
            self.end("stale")
        approvals.ask("grant", self.people[who], data, self.clerk)
        self.wanted = Wanted(group, who, self.has)

    def explain(self, who: str) -> None:
        if self.wanted:
            mine = who == self.wanted.maker
            assert self.told(approvals.explain, who, "So.") is (None if mine else approvals.NotYours)
            self.wanted = self.wanted._replace(explained=self.wanted.explained or mine)

    def take_or_give_past_it(self, group: str) -> None:
        given = group in self.has
        (self.clerk.groups.remove if given else self.clerk.groups.add)(self.groups[group])
        self.has ^= {group}

    def approve(self, who: str) -> None:
        if not self.wanted:
            assert not self.ended or self.told(approvals.approve, who) is approvals.AlreadyDecided
            return
        said = self.told(approvals.approve, who)
        refusal = self.not_theirs(who) or (None if self.wanted.explained else approvals.NotExplained)
        if refusal or self.wanted.had != self.has:
            assert said is (refusal or approvals.OutOfDate)
            if not refusal:
                self.end("stale")
        else:
            assert said is None
            self.has |= {self.wanted.group}
            self.end("approved")

    def refuse(self, who: str) -> None:
        if self.wanted:
            refusal = self.not_theirs(who)
            assert self.told(approvals.refuse, who, "No.") is refusal
            if not refusal:
                self.end("refused")

    def withdraw(self, who: str) -> None:
        if self.wanted:
            mine = who == self.wanted.maker
            assert self.told(approvals.withdraw, who) is (None if mine else approvals.NotYours)
            if mine:
                self.end("withdrawn")

    def not_theirs(self, who: str) -> type[LeadopsError] | None:
        assert self.wanted
        return approvals.MakerCannotApprove if who == self.wanted.maker else None

    def agree(self) -> None:
        assert set(self.clerk.groups.values_list("name", flat=True)) == self.has
        states = list(PendingChange.objects.order_by("pk").values_list("state", flat=True))
        assert states == [*self.ended, *(["pending"] if self.wanted else [])]
        assert not PendingChange.objects.exclude(state="pending").exclude(sealed_data="").exists()
        assert Officer.objects.filter(pk=self.clerk.pk, is_superuser=False).exists()


@pytest.mark.django_db
def test_the_model_and_the_product_agree():
    chance, walk = Random(20261121), Walk()
    for _ in range(STEPS):
        who, group = chance.choice(PEOPLE), chance.choice(GROUPS)
        step = chance.random()
        if step < 0.25:
            walk.ask(who, group)
        elif step < 0.5:
            walk.explain(who)
        elif step < 0.55:
            walk.take_or_give_past_it(group)
        elif step < 0.85:
            walk.approve(who)
        else:
            chance.choice((walk.refuse, walk.withdraw))(who)
        walk.agree()
    assert set(walk.ended) == {"approved", "refused", "withdrawn", "stale"}
    assert walk.refused == {
        approvals.AlreadyDecided,
        approvals.MakerCannotApprove,
        approvals.NotExplained,
        approvals.NotYours,
        approvals.OutOfDate,
    }
