"""Calls that are safe to send again: the first answer to each Idempotency-Key, kept for three days.

An answer is written in the transaction of the call itself. So there is one if and only if the call was carried out:
what dies on the way, or fails, leaves nothing behind, and the key can be used again. While a call runs it holds a
lock on its key, which ends with its transaction whatever happens.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DatabaseError, connection
from django.utils import timezone

from leadops.faults import place_of
from leadops.fields import Sealed, place
from leadops.ids import first_id_at, uuid7
from leadops.models import KeptAnswer
from leadops.prepared import COMMIT, UNHURRIED, Along, Statement, has_ended, run
from leadops.sealing import fingerprint, seal
from leadops.services import call_counts

log = logging.getLogger(__name__)
KEPT = timedelta(hours=72)
WHOLE = b"whole"

# Two statements in one round trip: the second sees what the one that held the lock before has stored.
LOCK = Statement("lock_call", "SELECT pg_try_advisory_xact_lock(%(number)s)", number="bigint")
FIND = Statement(
    "find_kept_answer",
    "SELECT id, request, status, body FROM leadops_keptanswer"
    " WHERE called_as = %(called_as)s AND id >= %(since)s",
    called_as="bytea",
    since="uuid",
)
# Who holds the lock and found nothing can only meet an answer that is past its time.
KEEP = Statement(
    "keep_answer",
    """
    INSERT INTO leadops_keptanswer (id, created_at, updated_at, called_as, request, status, body)
    VALUES (%(id)s, now(), now(), %(called_as)s, %(request)s, %(status)s, %(body)s)
    ON CONFLICT (called_as) DO UPDATE SET id = EXCLUDED.id, created_at = EXCLUDED.created_at,
        updated_at = EXCLUDED.updated_at, request = EXCLUDED.request, status = EXCLUDED.status, body = EXCLUDED.body
    """,
    id="uuid",
    called_as="bytea",
    request="bytea",
    status="int",
    body="bytea",
)


class Call(NamedTuple):
    """A call with its key, as it is looked for: all are HMACs, since keys and bodies may hold personal data.

    `request` says too whether its sender is shown personal data whole, and `otherwise` is what it would be if not so.
    """

    called_as: bytes
    request: bytes
    otherwise: bytes
    whole_pii: bool

    @classmethod
    def of(cls, caller: str, key: str, *request: bytes, whole_pii: bool = False) -> Call:
        """The call of `caller` with this Idempotency-Key and these parts of a request."""
        parts = b"".join(len(part).to_bytes(8) + part for part in request)
        named = f"{caller} {key}".encode()
        whole, masked = fingerprint("request", parts + WHOLE), fingerprint("request", parts)
        told = (whole, masked) if whole_pii else (masked, whole)
        return cls(fingerprint("idempotency-key", named), *told, whole_pii)


class Found(NamedTuple):
    """What there is of a call: `alone` is False while an earlier one runs; the answer, if it was this very request.

    `shows_more`: it was sent by somebody who is shown personal data whole, as this sender is not.
    """

    alone: bool
    same_request: bool = True
    answer: KeptAnswer | None = None
    shows_more: bool = False


def begin(call: Call, along: Along | None = None) -> Found:
    """Take the call's key for the running transaction, and look whether it was answered; and ask what is `along`."""
    named = {
        "number": int.from_bytes(call.called_as[:8], signed=True),
        "called_as": call.called_as,
        "since": first_id_at(timezone.now() - KEPT),
    }
    with connection.cursor() as cursor:
        run(cursor, named, LOCK, FIND, *([along] if along else ()))
        [(alone,)] = cursor.fetchall()
        cursor.nextset()
        row = cursor.fetchone()
    if not alone:
        return Found(alone=False)
    if row is None:
        return Found(alone=True)
    pk, request, status, body = row
    values = [pk, status, Sealed(body)]
    kept = KeptAnswer.from_db(connection.alias, ["id", "status", "body"], values)
    otherwise = bytes(request) == call.otherwise
    same = otherwise or bytes(request) == call.request
    return Found(True, same, kept, shows_more=otherwise and not call.whole_pii)


def keep(call: Call, status: int, body: str) -> None:
    """Store the answer to `call` with whatever else the running transaction stores."""
    with connection.cursor() as cursor:
        run(cursor, _told(call, status, body), KEEP)


def keep_and_end(call: Call, status: int, body: str, key_id: UUID) -> None:
    """Store the answer to `call`, commit its transaction and count it for its key, in one round trip.

    A count that fails takes nothing back.
    """
    named = _told(call, status, body) | call_counts.told(key_id, status)
    try:
        with connection.cursor() as cursor:
            run(cursor, named, KEEP, COMMIT, UNHURRIED, call_counts.ADD)
    except DatabaseError as failure:
        if not has_ended() or begin(call).answer is None:
            raise
        log.error("a call could not be counted: %s", place_of(failure))


def _told(call: Call, status: int, body: str) -> dict[str, Any]:
    pk = uuid7()
    return {
        "id": pk,
        "called_as": call.called_as,
        "request": call.request,
        "status": status,
        "body": seal(body, place(KeptAnswer, "body", pk)),
    }


def prune() -> int:
    """Remove the answers that are past their time; returns how many."""
    return KeptAnswer.objects.filter(pk__lt=first_id_at(timezone.now() - KEPT)).delete()[0]
