"""Doubting what was delivered, as when its vendor no longer lists it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence

from django.db.models import QuerySet
from django.db.models.functions import Now

from crm_integrations.models import Connection, Delivery, Difference, Reconciliation, State
from crm_integrations.outbox.decisions import NOT_ASKED_YET, change
from leadops.models import Officer

AT_ONCE = 500
"""So many are doubted in one transaction, which holds their leads meanwhile."""


def doubt(delivery_ids: Iterable[uuid.UUID], reason: str) -> int:
    """Take delivered ones for perhaps not there; returns how many.

    The engine never sends one again: it is looked up where its vendor can be asked, and comes back as delivered when it
    is found. Else a person decides.
    """
    ids = list(delivery_ids)
    return sum(_doubt(ids[at : at + AT_ONCE], reason) for at in range(0, len(ids), AT_ONCE))


def _doubt(ids: Sequence[uuid.UUID], reason: str) -> int:
    askable = [each.pk for each in Connection.objects.all() if each.connector_class.can_find]
    asked = Delivery.objects.filter(pk__in=ids, connection__in=askable).values_list("pk", flat=True)
    # Accepted it was, whatever became of it: that is what forbids a second sending.
    again = {"accepted": True, "once_unknown": True, "due_at": Now(), "ask_at": None, **NOT_ASKED_YET}
    doubted = change(asked, (State.DELIVERED,), state=State.UNKNOWN, reason=reason, **again)
    return doubted + change(ids, (State.DELIVERED,), state=State.REVIEW, reason=reason, **again)


def missing_there(asked: Reconciliation, chosen: Collection[str]) -> QuerySet[Delivery]:
    """What stands as delivered and was not listed by the vendor; `chosen` are ids of differences, none means all."""
    lost = asked.differences.filter(kind=Difference.Kind.MISSING_THERE)
    if chosen:
        lost = lost.filter(pk__in=[each for each in chosen if each.isdecimal()])
    return Delivery.objects.filter(pk__in=lost.values("delivery"), state=State.DELIVERED)


def doubt_missing(asked: Reconciliation, chosen: Collection[str], reason: str, officer: Officer) -> int:
    """Doubt what `missing_there` tells, on an officer's word; returns how many."""
    said = f"{officer} doubts it, as the vendor did not list it: {reason}"
    return doubt(list(missing_there(asked, chosen).values_list("pk", flat=True)), said)
