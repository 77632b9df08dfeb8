"""Erasing what is older than its program keeps it: ended leads, and rows of imports that became nobody's lead."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from leadops.errors import LeadopsError, NotInThisState
from leadops.faults import place_of
from leadops.ids import first_id_at
from leadops.models import Erasure, ImportBatch, ImportRow, ImportState, Lead, LegalHold, LoanAccount, Program
from leadops.services import erased_answers, erased_files, erasure, import_steering

logger = logging.getLogger(__name__)
AT_ONCE = 200


class Done(NamedTuple):
    """What a night erased, and what it had to leave because something broke."""

    leads: int
    left: int
    imports: int


def erase_due(stop: Callable[[], bool] = lambda: False) -> Done:
    """Erase what is due in all programs that say how long they keep it, lead by lead; one that breaks stops nothing."""
    erased: set[UUID] = set()
    left = imports = 0
    for program in Program.objects.exclude(keep_days=None).order_by("pk"):
        cutoff = timezone.now() - timedelta(days=program.keep_days or 0)
        for lead_id in _due(program, cutoff):
            if stop():
                break
            if _erased(lead_id):
                erased.add(lead_id)
            else:
                left += 1
        imports += _erase_imports(program, cutoff)
        _end_imports(program, cutoff)
    erased_answers.forget(erased)
    erased_files.delete_left()
    return Done(len(erased), left, imports)


def _erased(lead_id: UUID) -> bool:
    try:
        erasure.erase(lead_id, Erasure.Cause.AGE)
    except erasure.ErasedBefore:
        return True  # just now, with the lead that it was merged into
    except LeadopsError as refusal:
        logger.warning("Lead %s is not erased yet: %s", lead_id, refusal.message)
        return False
    except (DatabaseError, OSError) as error:
        logger.error("Lead %s could not be erased: %s.", lead_id, place_of(error))
        return False
    return True


def _due(program: Program, cutoff: datetime) -> Iterator[UUID]:
    """The leads of `program` that ended before `cutoff` and were not changed since, oldest first."""
    last = UUID(int=0)
    old = Lead.with_deleted.filter(program=program, erased_at=None, updated_at__lt=cutoff)
    old = old.exclude(legal_holds__in=LegalHold.objects.filter(lifted_at=None))
    ended = (
        old.filter(status__in=Lead.STOPPED, id__lt=first_id_at(cutoff))
        .order_by("id")
        .values_list("pk", flat=True)
    )
    while part := list(ended.filter(pk__gt=last)[:AT_ONCE]):
        yield from part
        last = part[-1]
    closed = LoanAccount.objects.annotate(word=Lower("status")).filter(
        program=program, word__in=erasure.ENDED_ACCOUNTS, updated_at__lt=cutoff
    )
    repaid = old.filter(pk__in=closed.values("lead")).exclude(status__in=Lead.STOPPED)
    yield from list(repaid.order_by("id").values_list("pk", flat=True))


def _end_imports(program: Program, cutoff: datetime) -> None:
    """Cancel those that have waited for somebody's word since before `cutoff`; they are emptied the day after."""
    asking = ImportBatch.objects.filter(program=program, state__in=ImportBatch.ASKING, updated_at__lt=cutoff)
    for batch in asking.order_by("id")[:AT_ONCE]:
        with suppress(NotInThisState):  # somebody came at last
            import_steering.cancel(batch, while_in=ImportBatch.ASKING)


def _erase_imports(program: Program, cutoff: datetime) -> int:
    """Empty what ended imports say of people who became no lead; what became one goes with that."""
    nothing_came = Q(state=ImportState.CANCELLED, created=0, updated=0, failed=0, created_at__lt=cutoff)
    ended = ImportBatch.objects.filter(
        Q(updated_at__lt=cutoff) | nothing_came, program=program, state__in=ImportBatch.ENDED, erased_at=None
    )
    found = list(ended.order_by("id")[:AT_ONCE])
    for batch in found:
        ImportRow.objects.filter(batch=batch, lead=None).update(cells="", updated_at=Now())
        if batch.file:
            batch.file.delete(save=False)
        batch.proposal = batch.preview = ""
        batch.file, batch.erased_at = "", timezone.now()
        batch.save(update_fields=["proposal", "preview", "file", "erased_at", "updated_at"])
    return len(found)
