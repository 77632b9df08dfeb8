"""Keeping the lines that reports are read from: days on which something changed are counted anew.

A day is counted as a whole from the records, never added to, so that a line can't drift; what came late is found by
`updated_at`. Once a night all days are counted: whoever wrote past `updated_at` is caught up with then.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from leadops import statements
from leadops.ids import first_id_at, midnight
from leadops.models import ReportClock
from leadops.reports import moments
from leadops.reports.days import COLUMNS, DAY_OF, OF_IDS, counted, zone

OVERLAP = timedelta(minutes=10)
"""So long a transaction may take from the moment it writes to its commit."""
NIGHT = 3
FORGET = "DELETE FROM leadops_reportday WHERE day = %(day)s"
OLDEST = (
    f"SELECT coalesce(min({DAY_OF.format(id='this.id')}), %(today)s)"
    " FROM (SELECT id FROM leadops_lead ORDER BY id LIMIT 1) this"
)
CHANGED = f"SELECT DISTINCT {DAY_OF.format(id='told.id')} FROM ({{told}}) told(id)"
LEAVE_OUT = "DELETE FROM leadops_reportday WHERE day < %s OR day > %s"


def refresh(now: datetime | None = None) -> int:
    """Count what changed since the last time, and every day once a night; returns how many days were counted.

    Who comes while another counts leaves it to them.
    """
    now = now or timezone.now()
    today = timezone.localtime(now)
    with transaction.atomic():
        ReportClock.objects.get_or_create(pk=1)
    with transaction.atomic():
        clock = ReportClock.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if clock is None:
            return 0
        at_night = clock.whole_on is None or (today.hour >= NIGHT and clock.whole_on < today.date())
        if at_night or clock.changes_until is None:
            days = _all_days(today.date())
            clock.whole_on = today.date()
        else:
            days = _changed(clock.changes_until - OVERLAP)
        for day in days:
            count_day(day)
        clock.changes_until = now
        clock.save()
    return len(days)


def count_day(day: date) -> None:
    """Make the lines of `day` anew; within a transaction."""
    said = {"day": day, "first": first_id_at(midnight(day)), "zone": zone()}
    said["end"] = first_id_at(midnight(day + timedelta(days=1)))
    statements.run(FORGET, said)
    columns = ", ".join(COLUMNS)
    statements.run(f"INSERT INTO leadops_reportday ({columns}) {counted(OF_IDS)}", said)


def _all_days(today: date) -> list[date]:
    """From the first lead's day to today; lines of other days go."""
    [(first,)] = statements.rows(OLDEST, {"zone": zone(), "today": today})
    statements.run(LEAVE_OUT, [first, today])
    return [first + timedelta(days=at) for at in range((today - first).days + 1)]


def _changed(since: datetime) -> list[date]:
    """The days of the leads of whom any source tells something new."""
    told = " UNION ALL ".join(dict.fromkeys(each.changed for each in moments.SOURCES if each.changed))
    found = statements.rows(CHANGED.format(told=told), {"since": since, "zone": zone()})
    return sorted(day for (day,) in found)
