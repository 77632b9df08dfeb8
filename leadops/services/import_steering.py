"""An officer's word on an import under way: go on, change the columns, stop."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from leadops import signals, statements
from leadops.errors import NotInThisState
from leadops.excel.proposals import Proposal
from leadops.literals import in_json
from leadops.models import ImportBatch, ImportState, Officer
from leadops.services import import_leases
from leadops.services.import_judging import row_note
from leadops.services.import_leases import Lease
from leadops.services.partners import refuse_inactive

State = ImportState
STOPPABLE = frozenset(State) - {*ImportBatch.ENDED, State.CANCELLING, State.UNDOING}
ROWS_A_STEP = 5000
_STOPPED = "cancelled"
CANCELLED = in_json([row_note(_STOPPED, "The import was stopped before this row; it was left out.")])
# Its cells have no further use, and are personal data.
_SKIP = """
UPDATE leadops_importrow SET outcome = 'skipped', problems = %s::jsonb, cells = '', updated_at = clock_timestamp()
WHERE id IN (SELECT id FROM leadops_importrow WHERE batch_id = %s AND outcome = 'waiting' LIMIT %s) RETURNING 1
"""


def is_as_seen(batch: ImportBatch, seen: str) -> bool:
    """Whether it stands where its page stood that told `seen`, the moment its state began; true where none is told."""
    return not seen or (batch.stage_began_at is not None and batch.stage_began_at.isoformat() == seen)


def go_on(batch: ImportBatch, seen: str = "") -> None:
    """Go on with a file that was imported before, or with the import of what the preview shows.

    `batch` is as the caller looked at it, on a page that told `seen`: what that one may go on with, another state or
    another preview may not. Raises NotInThisState, or TakesNoLeads when partner or program is inactive by now.
    """
    with transaction.atomic():
        looked_at = (batch.state, batch.stage_began_at)
        batch = _locked(batch, State.KNOWN, State.READY)
        if (batch.state, batch.stage_began_at) != looked_at or not is_as_seen(batch, seen):
            raise NotInThisState("This import has gone on since you looked at it: look at it again.")
        refuse_inactive(batch.partner, batch.program)
        _enter(batch, State.QUEUED if batch.state == State.KNOWN else State.IMPORTING)
        if batch.state == State.IMPORTING:
            batch.proposal = Proposal.to_the_end(batch.proposal)
        batch.preview = ""
        batch.save()


def change_columns(batch: ImportBatch) -> None:
    """Back from the preview to the columns; the file is read anew once they are settled."""
    with transaction.atomic():
        batch = _locked(batch, State.READY)
        batch.state, batch.stage_began_at = State.MAPPING, timezone.now()
        batch.preview, batch.foretold = "", {}
        batch.save()


def check_again(batch: ImportBatch) -> None:
    """Make the preview anew: leads may have come or changed since."""
    with transaction.atomic():
        batch = _locked(batch, State.READY)
        batch.preview, batch.foretold, batch.judged = "", {}, 0
        _enter(batch, State.JUDGING)
        batch.save()


def cancel(batch: ImportBatch, officer: Officer | None = None, while_in: Collection[str] = STOPPABLE) -> None:
    """Stop it for good: what is in stays and is counted, the rest is left out and says so."""
    with transaction.atomic():
        batch = _locked(batch, *while_in)
        batch.ended_by, batch.preview, batch.proposal, batch.foretold = officer, "", "", {}
        batch.leased_until = None  # whoever has it in hand finds out at its next step, and stops
        _enter(batch, State.CANCELLING)
        batch.save()


def leave_out(batch: ImportBatch, lease: Lease) -> Lease | None:
    """Leave out the next rows of a stopped import; None when none was left and it has ended."""
    with transaction.atomic():
        renewed = lease.renewed()
        batch.skipped += len(statements.rows(_SKIP, [CANCELLED, batch.pk, ROWS_A_STEP]))
        if batch.done_rows < batch.rows:
            batch.save(update_fields=["skipped", "updated_at"])
            return renewed
        batch.state = State.CANCELLED if _was_stopped(batch) else State.DONE
        batch.finished_at, batch.leased_until = timezone.now(), None
        batch.save()
        signals.imports_finished.send(ImportBatch, batches=[batch])
        return None


def _was_stopped(batch: ImportBatch) -> bool:
    """Whether anything was kept from coming in: who stopped it may have come when all rows were in already."""
    left_out = batch.import_rows.filter(problems__contains=[{"code": _STOPPED}])
    return not batch.rows or left_out.exists()


def _locked(batch: ImportBatch, *states: str) -> ImportBatch:
    found = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if found.state not in states:
        raise NotInThisState(
            f"This import is {found.get_state_display().lower()} now; that can't be done any more."
        )
    return found


def _enter(batch: ImportBatch, state: ImportState) -> None:
    """Begin a state in which a worker goes on."""
    batch.state, batch.stage_began_at = state, timezone.now()
    import_leases.ring(batch.pk)
