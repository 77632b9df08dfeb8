"""Exports: which leads go out, writing them to the end whatever happens, and letting go of what was written."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from leadops import doorbell, statements
from leadops.errors import LeadopsError
from leadops.excel.archive import TooLarge
from leadops.excel.writer import MOST_ROWS, SheetFull, Workbook
from leadops.faults import place_of
from leadops.models import AuditEvent, Export, Lead
from leadops.models.export import KEPT
from leadops.services import audit, chosen_leads, export_rows, leases
from leadops.services.leases import FREE, LostLease

logger = logging.getLogger(__name__)

State = Export.State
RUN = "leadops.tasks.run_export"
LEASE_SECONDS = 60
"""Longer than any part takes, and than putting a million leads together at the end."""
MOST = MOST_ROWS - 1
AT_ONCE = 20_000
"""So many are written while somebody waits for the answer: some seconds."""
IDS_A_READ = 50_000
LONGEST_ANSWER = timedelta(minutes=10)
MOST_ATTEMPTS = 5
OUR_FAULT = "Something went wrong on our side; please tell the operator."
BROKE_OFF = "The program that wrote it was stopped; begin it anew."


class TooManyLeads(LeadopsError):
    """These are more leads than one workbook can hold."""

    def __init__(self, most: int) -> None:
        super().__init__(f"These are more than {most:,} leads, which one workbook can't hold: choose fewer.")
        self.most = most


def order(leads: QuerySet[Lead], asked: Export) -> Export:
    """Have `leads`, as they are chosen now, written in the background; `asked` says who takes them out, and how.

    Raises TooManyLeads.
    """
    with transaction.atomic():
        asked.save()
        _choose(leads, asked, MOST)
        _note(asked)
        transaction.on_commit(lambda: doorbell.ring(RUN, args=[str(asked.pk)]))
    return asked


def at_once(leads: QuerySet[Lead], asked: Export) -> IO[bytes]:
    """The workbook of `leads`, which the caller closes; raises TooManyLeads above AT_ONCE of them."""
    asked.state, asked.leased_until = State.RUNNING, timezone.now() + LONGEST_ANSWER
    with transaction.atomic():
        asked.save()
        _choose(leads, asked, AT_ONCE)
        _note(asked)
    with ExitStack() as held:
        file = held.enter_context(tempfile.TemporaryFile())
        try:
            for done in _written(file, asked):
                asked.done = done
            asked.size = file.tell()
            _end(asked, State.DONE)
        except Exception:
            _end(asked, State.FAILED, OUR_FAULT)
            raise
        held.pop_all()
    file.seek(0)
    return file


def _note(asked: Export) -> None:
    audit.note(AuditEvent.Action.EXPORTED, asked, asked.reason, leads=asked.leads, shown=asked.shown)


def _choose(leads: QuerySet[Lead], asked: Export, most: int) -> None:
    asked.leads = chosen_leads.keep(leads, asked, most, newest_first=True)
    if asked.leads > most:
        raise TooManyLeads(most)
    Export.objects.filter(pk=asked.pk).update(leads=asked.leads)


def _ids(asked: Export) -> Iterator[bytes]:
    """The ids that were chosen, some ten thousand at a time."""
    start, length = 1, IDS_A_READ * chosen_leads.ID_BYTES
    sql = "SELECT substring(chosen FROM %s FOR %s) FROM leadops_export WHERE id = %s"
    while part := statements.rows(sql, [start, length, asked.pk])[0][0]:
        yield part
        start += len(part)


def _written(file: IO[bytes], asked: Export) -> Iterator[int]:
    """Write the workbook into `file`, and tell after every part how many leads it has come to."""
    with Workbook(file) as book:
        yield from export_rows.fill(book, _ids(asked), asked.shown)


# In the background ---------------------------------------------------------------------------------------------


def run(export_id: UUID) -> None:
    """Write an export to its end; does nothing while another worker has it, or when it is finished.

    A worker that is killed leaves nothing but the order: the next one begins anew.
    """
    lease = _take(export_id)
    if lease is None:
        return
    export = Export.objects.defer("chosen", "taken").get(pk=export_id)
    try:
        if export.attempts > MOST_ATTEMPTS:
            raise _CannotGoOn(OUR_FAULT)
        _write(export, lease)
    except LostLease:
        logger.warning("Export %s was taken over by another worker.", export_id)
    except (_CannotGoOn, SheetFull, TooLarge) as reason:
        _end(export, State.FAILED, _in_words(reason))
    except DatabaseError:
        raise  # the lease ends by itself, and the sweep begins it anew
    except Exception as error:
        logger.error("Export %s failed: %s.", export_id, place_of(error))
        _end(export, State.FAILED, OUR_FAULT)


class _CannotGoOn(Exception):
    """The reason is its argument."""


def _in_words(reason: Exception) -> str:
    if isinstance(reason, SheetFull):
        return f"The sheet {reason.args[0]} would have more than {MOST_ROWS:,} rows: choose fewer leads."
    if isinstance(reason, TooLarge):
        return "The workbook would have more than 4 GB: choose fewer leads."
    return str(reason)


def _write(export: Export, lease: datetime) -> None:
    with tempfile.TemporaryFile() as file:
        for done in _written(file, export):
            lease = _renewed(export.pk, lease, done)
        export.size = file.tell()
        file.seek(0)
        _renewed(export.pk, lease, export.leads)
        export.done = export.leads
        export.file.save("leads", File(file), save=False)
    if not _end(export, State.DONE):
        export.file.delete(save=False)


def _take(export_id: UUID) -> datetime | None:
    open_one = f"road = 'admin' AND state IN ('queued', 'running') AND {FREE}"
    begun = "state = 'running', attempts = attempts + 1, done = 0,"
    found = leases.write(Export, export_id, LEASE_SECONDS, open_one, sets=begun)
    return found[0] if found else None


def _renewed(export_id: UUID, lease: datetime, done: int) -> datetime:
    ours = "state = 'running' AND leased_until = %s"
    found = leases.write(Export, export_id, LEASE_SECONDS, ours, lease, sets=f"done = {done:d},")
    if not found:
        raise LostLease
    until: datetime = found[0]
    return until


def _end(export: Export, state: State, problem: str = "") -> bool:
    """Close an export that is not closed yet; whose data went out with it is kept, to be found later."""
    told: dict[str, Any] = {"state": state, "problem": problem, "file": export.file.name or ""}
    told |= {
        "size": export.size,
        "done": export.done,
        "taken": F("chosen") if state == State.DONE else b"",
        "chosen": b"",
        "leased_until": None,
        "finished_at": Now(),
    }
    return bool(Export.objects.filter(pk=export.pk, state=State.RUNNING).update(**told, updated_at=Now()))


def resume() -> None:
    """Begin anew what nobody has in hand and is not finished; one that breaks does not keep the others from it."""
    left = Export.objects.filter(state__in=(State.QUEUED, State.RUNNING)).order_by("id")
    for export in left.exclude(leased_until__gt=Now()).defer("chosen", "taken"):
        if export.road == Export.Road.API:
            _end(export, State.FAILED, BROKE_OFF)
            continue
        try:
            run(export.pk)
        except Exception as error:  # the database's trouble too: the next sweep tries again
            logger.error("Export %s could not be resumed: %s.", export.pk, place_of(error))


def prune() -> None:
    """Remove workbooks that are older than a day, those too that a killed worker left without their row."""
    folder = Path(default_storage.path(Export.FOLDER))
    oldest = time.time() - KEPT.total_seconds()
    for file in folder.iterdir() if folder.is_dir() else ():
        with suppress(FileNotFoundError):  # another worker prunes at the same time
            if file.stat().st_mtime < oldest:
                file.unlink()


def progress(export: Export) -> dict[str, Any]:
    """How far an export is, for a page that asks again and again."""
    seconds = (timezone.now() - export.created_at).total_seconds()
    left = round((export.leads - export.done) * seconds / export.done) if export.done else None
    return {
        "state": export.state,
        "state_label": export.get_state_display(),
        "finished": export.finished,
        "done": export.done,
        "leads": export.leads,
        "percent": export.percent,
        "seconds_left": 0 if export.finished else left,
    }
