"""Who works on which lead: given by hand, or by turns as rules say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from leadops import signals, statements
from leadops.errors import LeadopsError
from leadops.models import Absence, AssignmentRule, Lead, Officer
from leadops.models.lead import IN_HAND

AT_ONCE = 2000


class MayNotTake(LeadopsError):
    """This officer may not see these leads, so they can't be theirs."""


def may_be_given(by: Officer) -> QuerySet[Officer]:
    """The officers that `by` may give a lead to: of those whom they see."""
    found: QuerySet[Officer] = Officer.objects.visible_to(by).filter(is_active=True, is_staff=True)
    return found.order_by("first_name", "username")


def colleague(by: Officer, key: str) -> Officer | None:
    """The officer with this id, as a form has it, that `by` may give a lead to."""
    return may_be_given(by).filter(pk=int(key)).first() if key.isdecimal() else None


def within_reach_of(officer: Officer) -> Q:
    """The leads that `officer` would see once they were theirs."""
    if officer.sees_all:
        return Q()
    of_branches = Q(branch_id__in=officer.branch_ids)
    return of_branches | Q(branch=None) if officer.sees_own_only else of_branches


def out_of_reach(leads: QuerySet[Lead], officer: Officer) -> QuerySet[Lead]:
    """Those of `leads` that `officer` would not see even if they were theirs."""
    return leads.none() if officer.sees_all else leads.exclude(within_reach_of(officer))


def assign(lead_ids: Collection[UUID], owner: Officer | None) -> int:
    """Give leads to `owner`, or to nobody; returns how many were not theirs before.

    Written in parts of some thousand, announced once. Raises MayNotTake where one is beyond the owner's reach.
    """
    ids = sorted(lead_ids)
    changed: list[Lead] = []
    with transaction.atomic():
        if owner is not None and out_of_reach(Lead.objects.filter(pk__in=ids), owner).exists():
            raise MayNotTake(
                _("%(officer)s may not see these leads, so they can't be theirs.") % {"officer": owner}
            )
        for start in range(0, len(ids), AT_ONCE):
            changed += _assign(ids[start : start + AT_ONCE], owner)
        if changed:
            signals.leads_changed.send(Lead, leads=changed)
    return len(changed)


def _assign(ids: Sequence[UUID], owner: Officer | None) -> list[Lead]:
    others = Q(owner__isnull=False) if owner is None else ~Q(owner=owner) | Q(owner=None)
    locked = Lead.objects.filter(others, pk__in=ids).order_by("pk").select_for_update(no_key=True)
    leads = list(locked.only("pk", "version", "partner_id"))
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(
        owner=owner, version=F("version") + 1, updated_at=Now()
    )
    for lead in leads:
        lead.version += 1
    return leads


# New leads, by turns -------------------------------------------------------------------------------------------------

_GIVE = """
UPDATE leadops_lead l SET owner_id = given.owner, updated_at = now()
FROM unnest(%s::uuid[], %s::bigint[]) AS given (id, owner) WHERE l.id = given.id AND l.owner_id IS NULL
"""


@transaction.atomic
def give_out(lead_ids: Collection[UUID]) -> int:
    """Give those of these new leads that nobody has to the officers whose turn it is; returns how many.

    It is no new version of the lead: nobody has altered what it says.
    """
    new = Lead.objects.filter(pk__in=lead_ids, owner=None, status__in=Lead.OPEN).order_by("pk")
    waiting: dict[tuple[UUID, UUID | None], list[UUID]] = defaultdict(list)
    for pk, program, branch in new.values_list("pk", "program_id", "branch_id"):
        waiting[program, branch].append(pk)
    rules = _rules() if waiting else []
    given: dict[UUID, int] = {}
    turns = {rule.pk: Turns(rule) for rule in rules}
    for (program_id, branch_id), ids in waiting.items():
        rule = _most_exact(rules, program_id, branch_id)
        if rule is not None:
            given |= turns[rule.pk].of(ids, branch_id)
    for each in turns.values():
        each.keep()
    return statements.run(_GIVE, [list(given), list(given.values())]) if given else 0


def _rules() -> list[AssignmentRule]:
    """Locked in one order, so that who gives out leads does it alone and nobody waits in a ring."""
    return list(AssignmentRule.objects.filter(active=True).order_by("pk").select_for_update(of=("self",)))


def _most_exact(
    rules: Iterable[AssignmentRule], program_id: UUID, branch_id: UUID | None
) -> AssignmentRule | None:
    fitting = [
        rule
        for rule in rules
        if rule.program_id in (None, program_id) and rule.branch_id in (None, branch_id)
    ]
    return max(
        fitting, key=lambda rule: (rule.program_id is not None, rule.branch_id is not None), default=None
    )


class Turns:
    """Whose turn it is by one rule, without those who are away, gone, or have their hands full."""

    def __init__(self, rule: AssignmentRule) -> None:
        self._rule = rule
        self._last = rule.last_id
        self._officers = list(present(rule))
        self._room = _room(self._officers, rule.cap)

    def of(self, lead_ids: Iterable[UUID], branch_id: UUID | None) -> dict[UUID, int]:
        """An owner for each of these leads of one branch, as long as somebody can take one more."""
        given = {}
        able = [each for each in self._officers if _works_in(each, branch_id)]
        for lead_id in lead_ids:
            officer = self._next(able)
            if officer is None:
                break
            given[lead_id] = self._last = officer.pk
            if officer.pk in self._room:
                self._room[officer.pk] -= 1
        return given

    def _next(self, able: Sequence[Officer]) -> Officer | None:
        free = [each for each in able if self._room.get(each.pk, 1) > 0]
        after = (each for each in free if self._last is not None and each.pk > self._last)
        return next(after, None) or next(iter(free), None)

    def keep(self) -> None:
        """Remember whose turn was the last."""
        if self._last != self._rule.last_id:
            AssignmentRule.objects.filter(pk=self._rule.pk).update(last=self._last, updated_at=Now())


def present(rule: AssignmentRule) -> QuerySet[Officer]:
    """The rule's officers who work today, in the order of their turns."""
    today = timezone.localdate()
    away = Absence.objects.filter(officer=OuterRef("pk"), away_from__lte=today, away_until__gte=today)
    at_work = rule.officers.filter(~Exists(away), is_active=True, is_staff=True)
    return at_work.prefetch_related("branches").order_by("pk")


def _works_in(officer: Officer, branch_id: UUID | None) -> bool:
    if officer.sees_all:
        return True
    if branch_id is None:
        return officer.sees_own_only
    return branch_id in {branch.pk for branch in officer.branches.all()}


def _room(officers: Sequence[Officer], cap: int | None) -> dict[int, int]:
    """How many more leads each officer may have; empty where there is no limit. Counts no further than the cap."""
    if cap is None:
        return {}
    in_hand = Lead.objects.filter(IN_HAND)
    return {each.pk: cap - in_hand.filter(owner=each)[:cap].count() for each in officers}
