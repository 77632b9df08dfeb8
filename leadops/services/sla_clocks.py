"""The clocks of leads: when each is due, computed as it is written, and stopped while the ball is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from leadops import statements
from leadops.models import Holiday, Lead, SlaRule, StatusStep
from leadops.models.lead import CLOCK_TO_GO_ON, CLOCK_TO_STOP
from leadops.services.business_time import Calendar

CHUNK = 1000


class Clocks:
    """The rules as they are now, read once for many leads."""

    def __init__(self) -> None:
        self._rules = {(rule.program_id, rule.status): rule for rule in SlaRule.objects.all()}
        self._calendar: Calendar | None = None

    def due(self, program_id: UUID, status: str, since: datetime) -> datetime | None:
        """When a lead that came into `status` at `since` is due; None where no rule has a word on it."""
        rule = self.rule_of(program_id, status)
        return None if rule is None else self._later(rule, since, rule.hours * 3600)

    def left(self, lead: Lead, at: datetime) -> int | None:
        """The seconds that the clock of `lead` has left at that moment; None where none runs."""
        rule = self.rule_of(lead.program_id, lead.status)
        if rule is None or lead.due_at is None:
            return None
        if rule.business_hours:
            return round(self._week().between(at, lead.due_at))
        return round((lead.due_at - at).total_seconds())

    def again(self, lead: Lead, at: datetime) -> datetime | None:
        """When a lead is due whose stopped clock goes on at that moment; one that never ran begins then."""
        rule = self.rule_of(lead.program_id, lead.status)
        if rule is None:
            return None
        return self._later(rule, at, rule.hours * 3600 if lead.clock_left is None else lead.clock_left)

    def rule_of(self, program_id: UUID | None, status: str) -> SlaRule | None:
        """The rule that counts for leads of a program, or of those that have none of their own."""
        return self._rules.get((program_id, status)) or self._rules.get((None, status))

    def _later(self, rule: SlaRule, since: datetime, seconds: int) -> datetime:
        if rule.business_hours:
            return self._week().later(since, seconds)
        return since + timedelta(seconds=seconds)

    def _week(self) -> Calendar:
        if self._calendar is None:
            opens, closes = settings.BUSINESS_HOURS
            holidays = frozenset(Holiday.objects.order_by().values_list("day", flat=True))
            zone = timezone.get_current_timezone()
            self._calendar = Calendar(settings.BUSINESS_DAYS, opens, closes, holidays, zone)
        return self._calendar


_WRITE = """
UPDATE leadops_lead l SET due_at = said.due, clock_left = said.seconds, updated_at = now()
FROM unnest(%s::uuid[], %s::timestamptz[], %s::int[]) AS said (id, due, seconds) WHERE l.id = said.id
"""


def start(lead_ids: Collection[UUID]) -> None:
    """Give new leads their clock, from the moment they came."""
    new = Lead.objects.filter(pk__in=lead_ids, due_at=None, clock_left=None, status__in=Lead.OPEN)
    _begin(new.annotate(since=_entered()))


def _entered() -> Coalesce:
    last = StatusStep.objects.filter(lead=OuterRef("pk")).order_by("-id").values("at")[:1]
    return Coalesce(Subquery(last), "created_at")


def _begin(leads: Iterable[Any]) -> int:
    """Give each a clock since its annotated `since`."""
    clocks = Clocks()
    dues = {}
    for lead in leads:
        dues[lead.pk] = clocks.due(lead.program_id, lead.status, lead.since)
    _write({pk: (due, None) for pk, due in dues.items()})
    return len(dues)


def _write(clocks: dict[UUID, tuple[datetime | None, int | None]]) -> None:
    if clocks:
        dues, lefts = zip(*clocks.values(), strict=True)
        statements.run(_WRITE, [list(clocks), list(dues), list(lefts)])


# The ball is elsewhere -----------------------------------------------------------------------------------------------


@transaction.atomic
def wait(lead_id: UUID, waiting_for: str) -> None:
    """Note for whom a lead waits, or, with an empty word, that it waits for nobody any more."""
    lead = Lead.objects.select_for_update(no_key=True).get(pk=lead_id)
    lead.waiting_for = waiting_for
    lead.save(update_fields=["waiting_for", "updated_at"])
    if waiting_for and lead.due_at is not None:
        _stop([lead])
    elif not waiting_for and lead.due_at is None and not _stands_on_its_way(lead):
        _go_on([lead])  # also where none ran, because the rule is younger than the waiting


def _stands_on_its_way(lead: Lead) -> bool:
    """Whether its clock is stopped for a delivery, too; one that never ran has to begin first."""
    return lead.clock_left is not None and lead.sync_status == Lead.SyncStatus.IN_PROGRESS


def settle() -> int:
    """Stop the clocks of leads that are on their way to a vendor, and have those go on that have arrived.

    The engine itself, which answers for every call, writes nothing for it. Returns how many it settled.
    """
    done = _some(Lead.objects.filter(CLOCK_TO_STOP), _stop)
    return done + _some(Lead.objects.filter(CLOCK_TO_GO_ON), _go_on) + _apply_new_rules()


def _some(found: QuerySet[Lead], settle: Callable[[Iterable[Lead]], None]) -> int:
    done = 0
    while True:
        with transaction.atomic():
            chunk = found.order_by("pk").select_for_update(skip_locked=True, no_key=True)
            leads = list(chunk[:CHUNK])
            settle(leads)
        done += len(leads)
        if len(leads) < CHUNK:
            return done


def _stop(leads: Iterable[Lead]) -> None:
    clocks, now = Clocks(), timezone.now()
    _write({lead.pk: (None, clocks.left(lead, now)) for lead in leads})


def _go_on(leads: Iterable[Lead]) -> None:
    clocks, now = Clocks(), timezone.now()
    _write({lead.pk: (clocks.again(lead, now), None) for lead in leads})


# A new rule ----------------------------------------------------------------------------------------------------------


def _apply_new_rules() -> int:
    """Give the leads that were here before a rule, or before it was changed, their clock by it."""
    return sum(_apply(key) for key in SlaRule.objects.filter(settled=False).values_list("pk", flat=True))


def _apply(key: UUID) -> int:
    done = 0
    while True:
        with transaction.atomic():
            rule = (
                SlaRule.objects.select_for_update(skip_locked=True)
                .order_by("pk")
                .filter(pk=key, settled=False)
                .first()
            )
            if rule is None:
                return done
            leads = _next(rule)
            done += _begin(leads)
            rule.seen_up_to = leads[-1].pk if leads else rule.seen_up_to
            rule.settled = len(leads) < CHUNK
            rule.save(update_fields=["seen_up_to", "settled", "updated_at"])


def _next(rule: SlaRule) -> list[Lead]:
    """The newest first, because they are what is worked on."""
    found = Lead.objects.filter(status=rule.status, waiting_for="", clock_left=None)
    if rule.program_id is not None:
        found = found.filter(program=rule.program_id)
    if rule.seen_up_to is not None:
        found = found.filter(pk__lt=rule.seen_up_to)
    return list(
        found.annotate(since=_entered()).order_by("-pk").select_for_update(of=("self",), no_key=True)[:CHUNK]
    )


def changed(rule: SlaRule) -> None:
    """Have `rule`, which is saved next, applied to the leads that are here; a stopped clock keeps what it used."""
    before = Clocks().rule_of(rule.program_id, rule.status)
    rule.seen_up_to, rule.settled = None, False
    if before is not None and before.hours != rule.hours:
        more = (rule.hours - before.hours) * 3600
        _stopped_by(rule).update(clock_left=F("clock_left") + more, updated_at=Now())


def _stopped_by(rule: SlaRule) -> QuerySet[Lead]:
    stopped = Lead.objects.filter(status=rule.status, clock_left__isnull=False)
    if rule.program_id is not None:
        return stopped.filter(program=rule.program_id)
    own = SlaRule.objects.filter(status=rule.status, program__isnull=False)
    return stopped.exclude(program__in=own.values("program"))


def withdrawn(rule: SlaRule) -> None:
    """Take the clocks away that `rule`, which is deleted now, gave; another rule for all gives its own instead."""
    found = Lead.objects.filter(status=rule.status, due_at__isnull=False)
    if rule.program_id is not None:
        found = found.filter(program=rule.program_id)
    found.update(due_at=None, clock_left=None, updated_at=Now())
    SlaRule.objects.filter(program=None, status=rule.status).exclude(pk=rule.pk).update(
        seen_up_to=None, settled=False
    )
