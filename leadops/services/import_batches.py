"""Import batches: taking workbooks in, and importing them to the end whatever happens."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from django.core.files import File
from django.db import DatabaseError, transaction
from django.utils import timezone

from leadops import doorbell, statements
from leadops.errors import TakesNoLeads, UnreadableFile
from leadops.excel import preflight, reader
from leadops.excel.header import Header
from leadops.faults import place_of
from leadops.models import ImportBatch, ImportRow, Officer, Partner, Program
from leadops.services import import_rows
from leadops.services.file_names import plain_name

logger = logging.getLogger(__name__)

State = ImportBatch.State
RUN = "leadops.tasks.run_import"
LEASE_SECONDS = 30
"""Longer than any chunk takes; after it another worker takes over from one that died."""
READING_SECONDS_PER_MB = 4
"""The parser reads some 10 MB before it gives its first row, so reading begins with a longer lease."""
CHUNK = 500
ROWS_A_WRITE = 2000
TITLES = 10
"""A header may stand below so many rows of title."""
OUR_FAULT = "Something went wrong on our side; please tell the operator and upload the file again."


class LostLease(Exception):
    """Another worker has taken this batch over."""


def receive(
    file: IO[bytes] | File[bytes],
    file_name: str,
    *,
    partner: Partner,
    program: Program,
    uploaded_by: Officer | None = None,
) -> ImportBatch:
    """Keep an uploaded workbook and have it imported as soon as the transaction is committed.

    Raises UnreadableFile with one sentence when it is no workbook, TakesNoLeads when partner or program is inactive.
    """
    if not partner.active or not program.active:
        raise TakesNoLeads(f"{program if partner.active else partner} is inactive and takes no new leads.")
    content = file if isinstance(file, File) else File(file)
    preflight.inspect(content)
    digest = hashlib.sha256()
    for part in content.chunks():
        digest.update(part)
    content.seek(0)
    batch = ImportBatch(
        partner=partner,
        program=program,
        uploaded_by=uploaded_by,
        file_name=plain_name(file_name, "workbook.xlsx"),
        sha256=digest.hexdigest(),
    )
    batch.file.save(batch.file_name, content, save=False)
    batch.save()
    transaction.on_commit(lambda: doorbell.ring(RUN, args=[str(batch.pk)]))
    return batch


def to_resume() -> list[UUID]:
    """Batches that nobody has in hand and that are not finished."""
    sql = (
        "SELECT id FROM leadops_importbatch WHERE state NOT IN ('done', 'failed')"
        " AND (leased_until IS NULL OR leased_until < clock_timestamp()) ORDER BY id"
    )
    return [batch_id for (batch_id,) in statements.rows(sql)]


def resume() -> None:
    """Run all that is to be resumed; one that breaks does not keep the others from it."""
    for batch_id in to_resume():
        try:
            run(batch_id)
        # The database's trouble too: its lease ends by itself, and it is tried again.
        except Exception as error:
            logger.error("Import %s could not be resumed: %s.", batch_id, place_of(error))


def run(batch_id: UUID) -> None:
    """Read and import a batch to its end; does nothing while another worker has it, or when it is finished.

    It may be killed at any instant and run again: every row gets exactly one result.
    """
    lease = _lease(batch_id)
    if lease is None:
        return
    batch = ImportBatch.objects.select_related("partner", "program", "uploaded_by").get(pk=batch_id)
    try:
        if batch.state != State.IMPORTING:
            lease = _read(batch, lease)
        while lease is not None:
            lease = _import_chunk(batch, lease)
    except LostLease:
        logger.warning("Import %s was taken over by another worker.", batch_id)
    except UnreadableFile as refusal:
        _fail(batch_id, refusal.message)
    except DatabaseError:
        raise  # the lease ends by itself, and the sweep goes on from the last chunk
    except Exception as error:
        logger.error("Import %s failed: %s.", batch_id, place_of(error))
        _fail(batch_id, OUR_FAULT)


@dataclass(frozen=True, slots=True)
class _Lease:
    """A batch in our hands: what we wrote into `leased_until` is the token that proves it."""

    batch_id: UUID
    until: datetime

    def renewed(self) -> _Lease:
        """Our lease made longer, and the batch's row locked until the transaction ends; raises LostLease."""
        until = _write_lease(self.batch_id, LEASE_SECONDS, "leased_until = %s", self.until)
        if until is None:
            raise LostLease
        return replace(self, until=until)


def _lease(batch_id: UUID) -> _Lease | None:
    seconds = LEASE_SECONDS + int(_megabytes(ImportBatch.objects.get(pk=batch_id)) * READING_SECONDS_PER_MB)
    free = "(leased_until IS NULL OR leased_until < clock_timestamp())"
    until = _write_lease(batch_id, seconds, f"state NOT IN ('done', 'failed') AND {free}")
    return _Lease(batch_id, until) if until else None


def _megabytes(batch: ImportBatch) -> float:
    """The size of its file; nothing when that is gone, which is told by whoever has the lease and needs it."""
    try:
        return batch.file.size / (1024 * 1024)
    except FileNotFoundError:
        return 0


_LEASING = "UPDATE leadops_importbatch SET leased_until = clock_timestamp() + make_interval(secs => %s)"


def _write_lease(batch_id: UUID, seconds: int, condition: str, *values: Any) -> datetime | None:
    """Lease by the database's clock, so that workers on several machines agree."""
    sql = f"{_LEASING} WHERE id = %s AND {condition} RETURNING leased_until"
    found = statements.rows(sql, [seconds, batch_id, *values])
    return found[0][0] if found else None


def _read(batch: ImportBatch, lease: _Lease) -> _Lease:
    """Store the rows of the file as they are; what an earlier worker stored is not stored again."""
    stored = import_rows.last_number(batch) if batch.rows else 0
    header: Header | None = None
    strays: set[int] = set()
    waiting: list[reader.Row] = []
    first: list[str] = []
    for nth, row in enumerate(_rows_of(batch)):
        first = first or row.cells
        if header is None:
            if Header.is_one(row.cells):
                header = Header(row.cells)
            elif nth == TITLES:
                break
            continue
        strays.update(header.strays(row.cells))
        if row.number > stored:
            waiting.append(row._replace(cells=header.without_hidden_numbers(row.cells)))
        if len(waiting) == ROWS_A_WRITE:
            lease = _store(batch, lease, header, waiting)
            waiting.clear()
    header = header or Header(first)
    header.refuse_strays(strays)
    if not waiting and not batch.rows:
        raise UnreadableFile("This workbook has a header and no rows under it.")
    return _store(batch, lease, header, waiting, State.IMPORTING)


def _rows_of(batch: ImportBatch) -> Iterator[reader.Row]:
    if not batch.file.storage.exists(batch.file.name or ""):
        raise UnreadableFile("The file is no longer in the store: upload it again.")
    return reader.rows(batch.file.path)


def _store(
    batch: ImportBatch, lease: _Lease, header: Header, rows: list[reader.Row], state: State = State.READING
) -> _Lease:
    with transaction.atomic():
        renewed = lease.renewed()
        import_rows.store(batch, rows)
        batch.rows += len(rows)
        batch.state, batch.columns = state, header.cells
        batch.save(update_fields=["rows", "state", "columns", "updated_at"])
    return renewed


def _import_chunk(batch: ImportBatch, lease: _Lease) -> _Lease | None:
    """Give the next rows their results in one transaction; None when there were none and the batch is done."""
    with transaction.atomic():
        renewed = lease.renewed()
        counts = import_rows.import_next(batch, CHUNK)
        if counts is None:
            batch.state, batch.finished_at = State.DONE, timezone.now()
            batch.leased_until = None
            batch.save(update_fields=["state", "finished_at", "leased_until", "updated_at"])
            return None
        for outcome, count in counts.items():
            setattr(batch, outcome, getattr(batch, outcome) + count)
        batch.save(update_fields=[*counts, "updated_at"])
    return renewed


def _fail(batch_id: UUID, problem: str) -> None:
    """End a batch that can't go on: rows without a result are personal data without a use, and are not kept."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
        batch.import_rows.filter(outcome=ImportRow.Outcome.WAITING).delete()
        batch.rows = batch.done_rows
        batch.state, batch.problem = State.FAILED, problem
        batch.finished_at, batch.leased_until = timezone.now(), None
        batch.save()


def progress(batch: ImportBatch) -> dict[str, Any]:
    """How far a batch is, for a page that asks again and again; `rate` in rows per second, None when unknown."""
    began = batch.import_rows.order_by("sheet", "number").values_list("created_at", flat=True).first()
    seconds = ((batch.finished_at or timezone.now()) - began).total_seconds() if began else 0
    rate = batch.done_rows / seconds if seconds > 0 else 0
    return {
        "state": batch.state,
        "problem": batch.problem,
        "rows": batch.rows,
        "done": batch.done_rows,
        "created": batch.created,
        "updated": batch.updated,
        "skipped": batch.skipped,
        "failed": batch.failed,
        "percent": batch.percent,
        "rate": round(rate, 1) or None,
        "seconds_left": _seconds_left(batch, rate),
    }


def _seconds_left(batch: ImportBatch, rate: float) -> int | None:
    if batch.finished:
        return 0
    return round((batch.rows - batch.done_rows) / rate) if rate else None
