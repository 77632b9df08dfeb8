"""Import batches: taking workbooks in, and importing them to the end whatever happens."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import IO, Any
from uuid import UUID

from django.core.files import File
from django.db import DatabaseError, DataError, transaction
from django.db.models import F
from django.utils import timezone

from leadops import signals
from leadops.audit.acting import acting
from leadops.errors import TakesNoLeads, UnreadableFile
from leadops.excel import preflight
from leadops.faults import place_of
from leadops.models import ImportBatch, ImportMode, ImportRow, Layout, Officer, Partner, Program
from leadops.services import (
    import_chunks,
    import_leases,
    import_previews,
    import_reading,
    import_steering,
    import_turns,
    import_undoing,
)
from leadops.services.file_names import plain_name
from leadops.services.import_leases import Lease
from leadops.services.leases import LostLease
from leadops.services.partners import refuse_inactive

logger = logging.getLogger(__name__)

State = ImportBatch.State
BEGINNING = (State.QUEUED, State.READING, State.IMPORTING)
"""States before the first lead; once that is made, an import goes on to its end."""
OUR_FAULT = "Something went wrong on our side; please tell the operator and upload the file again."
OUR_FAULT_UNDOING = (
    "Something went wrong on our side before all was undone; please tell the operator and undo it again."
)


def receive(
    file: IO[bytes] | File[bytes],
    file_name: str,
    *,
    partner: Partner,
    program: Program,
    uploaded_by: Officer | None = None,
    road: str = ImportBatch.Road.COMMAND,
    review: bool = False,
    mode: str = ImportMode.CREATE,
    layout: str = Layout.FLAT,
) -> ImportBatch:
    """Keep an uploaded workbook and have it imported as soon as the transaction is committed.

    With `review` an officer is asked about what is not certain, and leads are made only on their word. Raises
    UnreadableFile with one sentence when it is no workbook, TakesNoLeads when partner or program is inactive.
    """
    refuse_inactive(partner, program)
    content = file if isinstance(file, File) else File(file)
    preflight.inspect(content)
    batch = ImportBatch(
        partner=partner,
        program=program,
        uploaded_by=uploaded_by,
        road=road,
        review=review,
        mode=mode,
        layout=layout,
        file_name=plain_name(file_name, "workbook.xlsx"),
        sha256=_digest(content),
        stage_began_at=timezone.now(),
    )
    batch.earlier = _earlier(batch)
    if review and batch.earlier is not None:
        batch.state = State.KNOWN
    batch.file.save(batch.file_name, content, save=False)
    batch.save()
    import_leases.ring(batch.pk)
    return batch


def _digest(content: File[bytes]) -> str:
    digest = hashlib.sha256()
    for part in content.chunks():
        digest.update(part)
    content.seek(0)
    return digest.hexdigest()


def _earlier(batch: ImportBatch) -> ImportBatch | None:
    """The last import of the same file whose leads are here, or still may come.

    One that asks itself whether it shall begin at all is none: the officer would be led from question to question.
    """
    same = ImportBatch.objects.filter(sha256=batch.sha256, partner=batch.partner, program=batch.program)
    same = same.exclude(state=State.KNOWN)
    same = same.exclude(
        state__in=[State.FAILED, State.CANCELLED, State.UNDONE], created=F("undone"), updated=0
    )
    return same.order_by("-id").first()


def to_resume() -> list[UUID]:
    """Batches that nobody has in hand and in which a worker has something to do."""
    return import_leases.free()


def run(batch_id: UUID) -> None:
    """Do what is to be done with a batch, to its end or until an officer is asked.

    Does nothing while another worker has it. It may be killed at any instant and run again: every row gets exactly
    one result.
    """
    taken = lease = import_leases.take(batch_id)
    if taken is None:
        return
    batch = ImportBatch.objects.select_related("partner", "program", "uploaded_by").get(pk=batch_id)
    try:
        if batch.state in BEGINNING and not batch.done_rows:
            refuse_inactive(batch.partner, batch.program)
        with acting(on_behalf_of=_whose(batch), reason=f"import {batch.pk}"):
            while lease is not None:
                lease = _STEPS[batch.state](batch, lease)
    except LostLease:
        logger.warning("Import %s was taken over by another worker, or stopped.", batch_id)
    except (UnreadableFile, TakesNoLeads) as refusal:
        _fail(taken, refusal.message)
    except Exception as error:
        if isinstance(error, DatabaseError) and not isinstance(error, DataError):
            raise  # the lease ends by itself, and the sweep goes on from the last chunk
        # What the database can't keep it could not keep the next time either.
        logger.error("Import %s failed: %s.", batch_id, place_of(error))
        _fail(taken, OUR_FAULT_UNDOING if batch.state == State.UNDOING else OUR_FAULT)


def _whose(batch: ImportBatch) -> str:
    return f"officer {batch.uploaded_by}" if batch.uploaded_by else f"partner {batch.partner.code}"


def _import(batch: ImportBatch, lease: Lease) -> None:
    import_turns.import_all(batch, lease, import_chunks.CHUNK)


_STEPS: dict[str, Callable[[ImportBatch, Lease], Lease | None]] = {
    State.QUEUED: import_reading.read,
    State.READING: import_reading.read,
    State.JUDGING: import_previews.judge,
    State.IMPORTING: _import,
    State.CANCELLING: import_steering.leave_out,
    State.UNDOING: import_undoing.undo,
}
"""What a worker does in each state; the answer is the lease to go on with, None where there is no more to do."""


def _fail(lease: Lease, problem: str) -> None:
    """End a batch that can't go on: rows without a result are personal data without a use, and are not kept.

    One that another worker has by now, or that an officer has stopped, is no more ours to end.
    """
    with transaction.atomic():
        if not lease.lock():
            logger.warning("Import %s was taken over by another worker, or stopped.", lease.batch_id)
            return
        batch = ImportBatch.objects.get(pk=lease.batch_id)
        batch.import_rows.filter(outcome=ImportRow.Outcome.WAITING).delete()
        batch.rows = batch.done_rows
        batch.state, batch.problem = State.FAILED, problem
        batch.preview, batch.proposal, batch.foretold = "", "", {}
        batch.finished_at, batch.leased_until = timezone.now(), None
        batch.save()
        signals.imports_finished.send(ImportBatch, batches=[batch])


def progress(batch: ImportBatch) -> dict[str, Any]:
    """How far a batch is, for a page that asks again and again; `rate` in rows per second, None when unknown."""
    done, of = batch.stage_progress
    began = batch.stage_began_at or batch.created_at
    seconds = ((batch.finished_at or timezone.now()) - began).total_seconds()
    rate = done / seconds if seconds > 0 else 0
    left = round((of - done) / rate) if rate and not batch.finished else None
    return {
        "state": batch.state,
        "problem": batch.problem,
        "rows": batch.rows,
        "done": done,
        "created": batch.created,
        "updated": batch.updated,
        "skipped": batch.skipped,
        "failed": batch.failed,
        "percent": batch.percent,
        "rate": round(rate, 1) or None,
        "seconds_left": 0 if batch.finished else left,
    }
