"""What one call that is over tells of its vendor: whether it was taken, why not, and how the answer was made."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from crm_integrations import causes, errors
from crm_integrations.connector import Connector, Response
from crm_integrations.models import Exchange
from leadops.faults import place_of

logger = logging.getLogger(__name__)
Purpose = Exchange.Purpose
LONGEST_WORD = 100
MOST_FIELDS, DEEPEST = 300, 8
FIELD = re.compile(r"(?!.*(?:XXX|\d{3}))[A-Za-z_][\w-]{0,49}")
"""What names a field. Any other key may be a value: an id, a number, a date."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`duration_ms` is of a call that carried a record and was answered; `cause` says why it was not taken.

    `fields`: the paths in an answer to learn from, None where there is none. `echoed` are those of them that the call
    itself had sent.
    """

    hour: datetime
    operation: str
    answered: bool
    sent: bool
    duration_ms: int | None = None
    cause: str = ""
    fields: frozenset[str] | None = None
    echoed: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


def read(call: Exchange, connector: Connector | None) -> Reading:
    """What `call` tells; without a connector, as when the vendor is gone, no more than its status does."""
    good = call.status is not None and 200 <= call.status < 300
    sent = call.purpose == Purpose.CREATE
    words, refusal = _understood(call, connector) if good or sent else (frozenset[str](), None)
    learn = good and call.purpose != Purpose.TOKEN and not _refused(call, connector, refusal)
    fields = _fields(call.response_body) if learn else None
    return Reading(
        hour=timezone.localtime(call.created_at).replace(minute=0, second=0, microsecond=0),
        operation=call.operation,
        answered=good,
        sent=sent,
        duration_ms=call.duration_ms if sent and call.status is not None else None,
        cause=_cause(call, refusal) if sent and (refusal is not None or not good) else "",
        fields=fields,
        echoed=_echoed(fields, call.request_body) if fields else frozenset(),
        words=words,
    )


def _refused(call: Exchange, connector: Connector | None, refusal: errors.DeliveryError | None) -> bool:
    return isinstance(refusal, errors.Rejected) or (
        connector is not None and connector.is_refusal(_response(call))
    )


def _response(call: Exchange) -> Response:
    return Response(call.status or 0, call.response_body.encode(), call.response_headers)


def _cause(call: Exchange, refusal: errors.DeliveryError | None) -> str:
    """In the words that the delivery's own reason is made of."""
    said = call.error or (refusal.message if refusal is not None else f"HTTP {call.status}")
    return causes.normalised(said)


def _understood(
    call: Exchange, connector: Connector | None
) -> tuple[frozenset[str], errors.DeliveryError | None]:
    """The status words in an answer, or why there is none; a fault in reading it tells nothing."""
    if connector is None or call.status is None:
        return frozenset(), None
    try:
        return frozenset(_words(call, connector)), None
    except errors.DeliveryError as error:
        return frozenset(), error
    except Exception as error:
        logger.error("The answer of call %s can't be read: %s.", call.pk, place_of(error))
        return frozenset(), None


def _words(call: Exchange, connector: Connector) -> Iterator[str]:
    response = _response(call)
    if call.purpose == Purpose.CREATE:
        found = [connector.outcome(response).status]
    elif call.purpose == Purpose.STATUS:
        found = [connector.parse_status(response).status]
    else:
        found = []
    return (word[:LONGEST_WORD] for word in found if word)


def _fields(body: str) -> frozenset[str] | None:
    """The paths of an answer's fields (`data.lead_id`, `results[].status`); None where there are none to learn."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict | list):
        return None
    paths: set[str] = set()
    for path in _paths(answer, "", 1):
        paths.add(path)
        if len(paths) > MOST_FIELDS:
            return None
    return frozenset(paths)


def _echoed(fields: frozenset[str], request_body: str) -> frozenset[str]:
    """Those of an answer's fields that were in the request, also where the answer wraps them (`data.title`)."""
    sent = _fields(request_body) or frozenset()
    return frozenset(path for path in fields if path in sent or path.partition(".")[2] in sent)


def _paths(value: Any, path: str, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and depth <= DEEPEST:
        for key, each in value.items():
            name = key if FIELD.fullmatch(key) else "*"
            inner = f"{path}.{name}" if path else name
            yield inner
            yield from _paths(each, inner, depth + 1)
    elif isinstance(value, list) and depth <= DEEPEST:
        for each in value:
            yield from _paths(each, f"{path}[]", depth + 1)
