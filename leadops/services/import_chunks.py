"""The chunks of an import: made ready by whoever has time, written by whoever has the lease."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from leadops import signals, statements
from leadops.faults import place_of
from leadops.models import ImportBatch, ImportMode, ImportRow, ImportState
from leadops.prepared import UNHURRIED
from leadops.services import import_rows
from leadops.services.import_judging import Result, SheetRow, header_of, our_fault
from leadops.services.import_leases import Lease
from leadops.services.leases import LostLease

logger = logging.getLogger(__name__)

CHUNK = 500
"""Rows that are decided and written together; the preview takes as many, or it would foretell something else."""
_KEYS_BY_INDEX = "SET LOCAL enable_seqscan = off"
"""Has the commit look foreign keys up by index. The server plans that once in a session: where a table was empty at the
time, it reads the whole of it for every row from then on."""


class Chunk(NamedTuple):
    """Waiting rows, judged; `last` is the row that the last of their leads begins with."""

    results: list[Result]
    last: int


class Written(NamedTuple):
    """The lease to go on with, and whether some of the rows go on waiting: they come before all others."""

    lease: Lease
    left: bool


def next_chunk(batch: ImportBatch, count: int, after: int = -1) -> Chunk:
    """The next `count` waiting rows after row `after`, made ready; its results are empty when none waits there."""
    return ready(batch, import_rows.waiting(batch, count, after))


def ready(batch: ImportBatch, rows: Sequence[SheetRow]) -> Chunk:
    """These rows judged, and the good ones made ready to be written, as far as that asks no database."""
    results = import_rows.judge(header_of(batch), batch, rows)
    if batch.mode == ImportMode.CREATE:  # else the database tells which of them change a lead
        import_rows.make_ready(batch, results)
    return Chunk(results, rows[-1].lead_row if rows else -1)


def write(batch: ImportBatch, lease: Lease, chunk: Chunk) -> Written:
    """Give the rows of a chunk their results in one transaction; raises LostLease where another has the batch.

    Where a fault of ours breaks that, the rows of each lead get theirs alone: it costs no other.
    """
    try:
        return _write(batch, lease, chunk.results)
    except (OperationalError, InterfaceError, LostLease):
        raise
    except Exception as error:
        logger.error("A chunk of import %s goes lead by lead: %s.", batch.pk, place_of(error))
        return _write_one_by_one(batch, lease, chunk)


def _write(batch: ImportBatch, lease: Lease, results: Sequence[Result]) -> Written:
    with transaction.atomic():
        renewed = lease.renewed()
        _count(batch, import_rows.import_next(batch, results))
        # Events are read by number, so one that was read must not be lost.
        statements.run(_KEYS_BY_INDEX if batch.partner.keeps_events else f"{_KEYS_BY_INDEX}; {UNHURRIED}")
    return Written(renewed, any(each.outcome == ImportRow.Outcome.WAITING for each in results))


def _count(batch: ImportBatch, counts: Mapping[str, int]) -> None:
    added = {outcome: F(outcome) + count for outcome, count in counts.items()}
    ImportBatch.objects.filter(pk=batch.pk).update(**added, updated_at=Now())


def _write_one_by_one(batch: ImportBatch, lease: Lease, chunk: Chunk) -> Written:
    left, after = False, chunk.results[0].row.lead_row - 1
    while (rows := import_rows.waiting(batch, 1, after)) and rows[0].lead_row <= chunk.last:
        after = rows[-1].lead_row
        lease, waits = _write_alone(batch, lease, rows)
        left = left or waits
    return Written(lease, left)


def _write_alone(batch: ImportBatch, lease: Lease, rows: Sequence[SheetRow]) -> Written:
    """Give the rows of one lead their results, or refuse them where even that breaks."""
    results = ready(batch, rows).results
    try:
        return _write(batch, lease, results)
    except (OperationalError, InterfaceError, LostLease):
        raise
    except Exception as error:
        header = header_of(batch)
        for each in results:
            each.lead_id = None
            each.refuse(our_fault(header, each, error))
    with transaction.atomic():
        renewed = lease.renewed()
        import_rows.write(results)
        _count(batch, import_rows.counted(results))
    return Written(renewed, left=False)


def forget_plans() -> None:
    """Have this session plan anew: its plans may be of a day when the tables held next to nothing."""
    statements.run("DISCARD PLANS")


def finish(batch: ImportBatch, lease: Lease) -> None:
    """End an import of which no row waits any more."""
    with transaction.atomic():
        lease.renewed()
        batch.state, batch.finished_at, batch.leased_until = ImportState.DONE, timezone.now(), None
        if batch.foretold:
            batch.refresh_from_db(fields=["created", "updated", "skipped", "failed"])
            batch.foretold = {} if batch.came_true else batch.foretold
        batch.save(update_fields=["state", "finished_at", "leased_until", "foretold", "updated_at"])
        signals.imports_finished.send(ImportBatch, batches=[batch])
