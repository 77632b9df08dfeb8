"""Walking the chain: whether every event is what it was when it was sealed, and none is missing or new."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from leadops import statements
from leadops.audit import heads
from leadops.audit.chain import CONTENT, FOUND, HORIZON, head

SEALS_A_LOOK = 20
OF_SEAL = "a.xact >= s.since AND a.xact < s.upto AND a.id > s.floor AND a.id <= s.last_act"
WALK = f"""
SELECT s.number, s.events, s.last_at, s.previous, s.hash, sha256({CONTENT}), found.events, s.leaves = found.leaves
FROM leadops_auditseal s CROSS JOIN LATERAL ({FOUND} WHERE {OF_SEAL}) AS found
WHERE s.number > %s ORDER BY s.number LIMIT {SEALS_A_LOOK}
"""  # noqa: S608  parts of our own
LEAVES = f"""
SELECT s.leaves, found.leaves FROM leadops_auditseal s CROSS JOIN LATERAL ({FOUND} WHERE {OF_SEAL}) AS found
WHERE s.number = %s
"""  # noqa: S608
NAMED = """
SELECT e.model, e.record, e.action, a.who FROM leadops_auditevent e
LEFT JOIN leadops_auditact a ON a.id = e.act AND a.at = e.at WHERE e.id = %s LIMIT 1
"""
LEAF_BYTES = 16
BEHIND = """
SELECT count(*), min(e.at) FROM leadops_auditact a JOIN leadops_auditevent e ON e.act = a.id AND e.at = a.at
WHERE a.xact >= %s AND a.id > %s
"""
IN_NO_SEAL = f"""
SELECT e.id FROM leadops_auditevent e LEFT JOIN leadops_auditact a ON e.act = a.id AND e.at = a.at
WHERE (a.id IS NULL OR NOT (a.xact >= %s AND a.id > %s))
AND NOT EXISTS (SELECT FROM leadops_auditseal s WHERE {OF_SEAL}) ORDER BY e.id LIMIT 1
"""  # noqa: S608


class Verdict(NamedTuple):
    """What a walk found; `broken` is the first break in words, empty when there is none."""

    seals: int
    events: int
    pruned: int
    unsealed: int
    oldest_unsealed: datetime | None
    broken: str


class Broken(Exception):
    """Its argument tells what, and where."""


class Walked(NamedTuple):
    number: int
    events: int
    pruned: bool


def verify() -> Verdict:
    """Walk the whole chain, and hold it against the heads that were written down outside the database."""
    seals = events = pruned = unsealed = 0
    oldest = None
    broken = ""
    try:
        for walked in _walk():
            seals += 1
            pruned += walked.events if walked.pruned else 0
            events += 0 if walked.pruned else walked.events
        _hold_against(heads.written_down())
        unsealed, oldest = _behind(events)
    except Broken as found:
        broken = str(found)
    return Verdict(seals, events, pruned, unsealed, oldest, broken)


def _walk() -> Iterator[Walked]:
    number, previous = 0, b""
    while rows := statements.rows(WALK, [number]):
        for at, events, last_at, before, own, computed, found, same in rows:
            if at != number + 1:
                raise Broken(f"Seal {number + 1} is missing.")
            if bytes(before) != previous or bytes(own) != bytes(computed):
                raise Broken(f"Seal {at} was altered: it does not fit the one before it, or its own hash.")
            is_pruned = found == 0 and _may_be_pruned(last_at)
            if not (same or is_pruned):
                raise Broken(_first_difference(at))
            yield Walked(at, events, is_pruned)
            number, previous = at, bytes(own)


def _may_be_pruned(last_at: datetime) -> bool:
    """Whether the month of a seal is old enough to have been dropped as a whole."""
    return last_at < timezone.now() - timedelta(days=settings.AUDIT_KEEP_DAYS)


def _first_difference(number: int) -> str:
    [(sealed, found)] = statements.rows(LEAVES, [number])
    was, now = _by_id(bytes(sealed)), _by_id(bytes(found))
    event = min(each for each in {*was, *now} if was.get(each) != now.get(each))
    if event not in now:
        return f"Event {event} of seal {number} is missing."
    done = "is new: it was not there when the seal was made" if event not in was else "was altered"
    return f"Event {event} of seal {number} {done} ({_named(event)})."


def _by_id(leaves: bytes) -> dict[int, bytes]:
    parts = (leaves[at : at + LEAF_BYTES] for at in range(0, len(leaves), LEAF_BYTES))
    return {int.from_bytes(part[:8], "big"): part[8:] for part in parts}


def _named(event: int) -> str:
    found = statements.rows(NAMED, [event])
    return " ".join(str(part) for part in found[0]) if found else "gone meanwhile"


def _hold_against(written: list[heads.Written]) -> None:
    for each in written:
        found = statements.rows("SELECT hash FROM leadops_auditseal WHERE number = %s", [each.number])
        if not found:
            raise Broken(
                f"Seal {each.number}, written down at {each.at}, is missing: the end of the chain was cut off."
            )
        if bytes(found[0][0]).hex() != each.hash:
            raise Broken(f"Seal {each.number} is not the one that was written down at {each.at}.")


def _behind(sealed: int) -> tuple[int, datetime | None]:
    """How many events wait for their seal, and since when; raises Broken when there are others besides."""
    last = head()
    [(horizon,)] = statements.rows(HORIZON)
    floor = last.floor
    since = last.upto
    if horizon < since:  # counted anew, and nothing sealed since
        [(floor,)] = statements.rows("SELECT max(last_act) FROM leadops_auditseal")
        since = 0
    [(unsealed, oldest)] = statements.rows(BEHIND, [since, floor])
    [(everything,)] = statements.rows("SELECT count(*) FROM leadops_auditevent")
    if everything - unsealed > sealed and (found := statements.rows(IN_NO_SEAL, [since, floor])):
        raise Broken(f"Event {found[0][0]} is in no seal ({_named(found[0][0])}).")
    return unsealed, oldest
