"""The table of exchanges by month: a partition for each, made ahead, emptied of bodies and dropped in its time.

An id tells when it was made, so that a month is a range of ids. What no month has been made for lands in the rest,
and is moved once its month is made: nothing is ever refused for want of a partition.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from crm_integrations.models import Exchange
from leadops import statements
from leadops.audit.months import after
from leadops.ids import first_id_at

logger = logging.getLogger(__name__)
TABLE = Exchange._meta.db_table
REST = f"{TABLE}_rest"
MONTHS_AHEAD = 3
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
"""Ids of other times are nobody's memory, and stay in the rest."""
PATIENCE = "3s"
"""How long a change of the table may wait for others: while it waits, all others wait behind it."""
EMPTIED = re.compile(r"No bodies before (\d{4}-\d{2}-\d{2})\.")


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """The exchanges of one month, by UTC; `emptied_until`: all before it have no bodies any more."""

    month: date
    emptied_until: date

    @property
    def name(self) -> str:
        return name_of(self.month)

    @property
    def until(self) -> date:
        """The first day that is not in it."""
        return after(self.month)


def name_of(month: date) -> str:
    """The table of a month."""
    return f"{TABLE}_{month:%Y_%m}"


def first_id_on(day: date) -> UUID:
    """The smallest id made on `day`, by UTC."""
    return first_id_at(datetime(day.year, day.month, day.day, tzinfo=UTC))


def month_of(identity: UUID) -> date:
    """The month in which an id was made."""
    return datetime.fromtimestamp((identity.int >> 80) / 1000, UTC).date().replace(day=1)


def today() -> date:
    """By UTC, as the partitions are."""
    return timezone.now().astimezone(UTC).date()


KNOWN = """
SELECT p.relname, obj_description(p.oid) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
WHERE i.inhparent = to_regclass(%s) ORDER BY p.relname
"""


def known() -> list[Partition]:
    """The months that have a partition, oldest first."""
    found = []
    for name, comment in statements.rows(KNOWN, [TABLE]):
        if named := re.fullmatch(rf"{TABLE}_(\d{{4}})_(\d{{2}})", name):
            month = date(int(named[1]), int(named[2]), 1)
            emptied = EMPTIED.match(comment or "")
            found.append(Partition(month, date.fromisoformat(emptied[1]) if emptied else month))
    return found


# Making -------------------------------------------------------------------------------------------------------------


def make_ahead() -> list[date]:
    """Make the partitions of this month and the next ones, and of whatever lies in the rest; returns what is new."""
    # Migrated back to before there were any.
    if statements.rows("SELECT to_regclass(%s)", [REST]) == [(None,)]:
        return []
    wanted = {today().replace(day=1)}
    for _ in range(MONTHS_AHEAD):
        wanted.add(after(max(wanted)))
    missing = sorted((wanted | _strays()) - {each.month for each in known()})
    return [month for month in missing if _made(month)]


def _strays() -> set[date]:
    """The months of what lies in the rest; asked month by month, so that its index answers."""
    months, start = set(), first_id_on(EARLIEST)
    query = "SELECT id FROM crm_integrations_exchange_rest WHERE id >= %s AND id < %s ORDER BY id LIMIT 1"
    while found := statements.rows(query, [start, first_id_on(LATEST)]):
        month = month_of(found[0][0])
        months.add(month)
        start = first_id_on(after(month))
    return months


# Made beside the table, filled from the rest, and attached: readers and writers hardly wait. A fifth of a page is
# left to the answers of the calls in it, which then stay where the indexes look for them.
MAKE = """
CREATE TABLE {new} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) WITH (fillfactor = 80);
LOCK TABLE {rest} IN ACCESS EXCLUSIVE MODE;
WITH moved AS (DELETE FROM {rest} WHERE id >= '{first}' AND id < '{until}' RETURNING *)
INSERT INTO {new} SELECT * FROM moved;
ALTER TABLE {table} ATTACH PARTITION {new} FOR VALUES FROM ('{first}') TO ('{until}')
"""


def _made(month: date) -> bool:
    """Make a partition; False when another process was quicker, or others did not let the table go."""
    names = {"new": name_of(month), "table": TABLE, "rest": REST}
    bounds = {"first": first_id_on(month), "until": first_id_on(after(month))}
    try:
        with changing():
            if month in {each.month for each in known()}:
                return False
            run(MAKE.format(**names, **bounds))
    except OperationalError as error:
        logger.warning("No partition for %s yet (%s); its calls go to the rest.", month, type(error).__name__)
        return False
    return True


@contextmanager
def changing() -> Iterator[None]:
    """A transaction that changes the table, one at a time; it gives up rather than let all others wait behind it."""
    with transaction.atomic():
        run(f"SET LOCAL lock_timeout = '{PATIENCE}'; SELECT pg_advisory_xact_lock(hashtext('{TABLE}'))")
        # What was written before in the same transaction may wait to be checked, which forbids a change.
        run("SET CONSTRAINTS ALL IMMEDIATE")
        yield


def run(statement: str) -> None:
    """Run statements of ours that answer with nothing."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


# Emptying and dropping ----------------------------------------------------------------------------------------------


def empty_bodies(before: date) -> int:
    """Empty the bodies of calls made before that day, a day at a time; returns how many calls had any.

    How far it came stands in the comment of each partition, so that no day is read twice.
    """
    emptied = _emptied(first_id_at(datetime.min.replace(tzinfo=UTC)), first_id_on(EARLIEST))
    for each in known():
        until = min(each.until, before)
        for number in range((until - each.emptied_until).days):
            day = each.emptied_until + timedelta(days=number)
            emptied += _emptied(first_id_on(day), first_id_on(day + timedelta(days=1)))
            run(f"COMMENT ON TABLE {each.name} IS 'No bodies before {day + timedelta(days=1)}.'")
    return emptied


def _emptied(first: UUID, until: UUID) -> int:
    calls = Exchange.objects.filter(pk__gte=first, pk__lt=until).exclude(request_body="", response_body="")
    return calls.update(request_body="", response_body="")


def drop(partition: Partition) -> None:
    """Take a month out of the table, for good; within `changing`."""
    run(f"ALTER TABLE {TABLE} DETACH PARTITION {partition.name}; DROP TABLE {partition.name}")
