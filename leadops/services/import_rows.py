"""The rows of an import: stored as they are read, then made into leads chunk by chunk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict

import orjson
from django.db import InterfaceError, OperationalError, transaction

from leadops import statements
from leadops.excel import notes
from leadops.excel.header import Header
from leadops.excel.reader import Row
from leadops.models import (
    ImportBatch,
    ImportMode,
    ImportRow,
    Layout,
    Lead,
    Officer,
    Partner,
    Program,
)
from leadops.services import (
    duplicates,
    import_corrections,
    import_joined,
    import_notes,
    import_updates,
    leads,
)
from leadops.services.import_duplicates import Repeats
from leadops.services.import_foresight import Foresight
from leadops.services.import_judging import (
    Result,
    SheetRow,
    header_of,
    judged,
    opened,
    our_fault,
)
from leadops.services.import_known import skip_known
from leadops.services.insertion import NewRow, Table

Outcome = ImportRow.Outcome
ROWS_A_READ = 1000
# As one JSON text: the driver takes long to make arrays.
_WRITE = """
UPDATE leadops_importrow AS kept SET outcome = new.outcome, lead_id = new.lead, problems = new.problems,
    updated_at = clock_timestamp()
FROM json_to_recordset(%s) AS new (id uuid, outcome text, lead uuid, problems jsonb) WHERE kept.id = new.id
"""
_STORED = Table(ImportRow, ("batch_id", "sheet", "number", "lead_row", "cells", "problems"))


def store(batch: ImportBatch, rows: Iterable[tuple[Row, int]]) -> None:
    """Store rows as they were read, sealed, waiting for their result; each with the row that its lead begins with."""
    _STORED.write([_stored(batch, row, lead_row) for row, lead_row in rows])


def _stored(batch: ImportBatch, row: Row, lead_row: int) -> NewRow:
    noted = notes.kept(row.notes, row.number)
    cells = orjson.dumps(row.cells).decode()
    return _STORED.row((batch.pk, row.sheet[:100], row.number, lead_row, cells, noted))


def stored(batch: ImportBatch, sheet: str) -> Iterator[SheetRow]:
    """The stored rows of one sheet, in their order."""
    found = batch.import_rows.filter(sheet=sheet[:100]).order_by("number")
    for row in found.iterator(chunk_size=ROWS_A_READ):
        yield SheetRow(row.pk, row.sheet, row.number, row.lead_row, json.loads(row.cells), [])


def make_ready(batch: ImportBatch, results: Sequence[Result]) -> None:
    """Make the good ones of these ready to be written, as far as that asks no database.

    With a companion this goes on while another chunk is written: what is done here costs no time.
    """
    for each in results:
        if each.draft is not None:
            each.ready = leads.ready_to_submit(each.draft, **_origin(batch))
            each.known_by = duplicates.keys_of(each.draft, batch.program.duplicate_keys)
    leads.make_lines([each.ready for each in results if each.ready is not None])


def import_next(batch: ImportBatch, results: Sequence[Result]) -> dict[str, int]:
    """Give these waiting rows their results, in the caller's transaction, which has the batch locked.

    Returns how many rows had which outcome.
    """
    settle(header_of(batch), batch, results)
    write(results)
    return counted(results)


def counted(results: Iterable[Result]) -> dict[str, int]:
    """How many rows had which outcome."""
    counts: Counter[str] = Counter()
    for each in results:
        if each.outcome != Outcome.WAITING:
            counts[each.outcome] += each.size
    return dict(counts)


def waiting(batch: ImportBatch, count: int, after: int = -1) -> list[SheetRow]:
    """The next waiting rows, some `count`, of leads that begin after row `after`; never a part of a lead alone."""
    sql = (
        "SELECT id, sheet, number, lead_row, cells, problems FROM leadops_importrow"
        " WHERE batch_id = %s AND outcome = 'waiting' AND lead_row > %s ORDER BY lead_row, number, sheet LIMIT %s"
    )
    rows = [opened(*row) for row in statements.rows(sql, [batch.pk, after, count])]
    if len(rows) == count and batch.layout != Layout.FLAT:
        rest = sql.replace("lead_row > %s", "lead_row = %s AND (number, sheet) > (%s, %s)")
        last = rows[-1]
        after_last = [batch.pk, last.lead_row, last.number, last.sheet, None]
        rows += [opened(*row) for row in statements.rows(rest, after_last)]
    return rows


def judge(header: Header, batch: ImportBatch, rows: Sequence[SheetRow]) -> list[Result]:
    """What the rows say, with what was told of the refused rows that they bring again."""
    refused = import_corrections.brought(batch, rows)
    return judged(header, batch, import_notes.carried(batch, rows, refused))


def decide(
    header: Header,
    batch: ImportBatch,
    results: Sequence[Result],
    *,
    lock: bool,
    foreseen: Foresight | None = None,
) -> None:
    """Hold what was judged against the leads there are, and those `foreseen`; nothing is written.

    The one rule of preview and import. `lock`: the leads that are to be changed are locked for it.
    """
    if batch.layout == Layout.JOINED:
        import_joined.decide(header, batch, results, lock=lock, foreseen=foreseen)
    elif batch.mode != ImportMode.CREATE:
        import_updates.match(header, batch, results, lock=lock, foreseen=foreseen)
    rows = [row for each in results for row, _ in each.rows()]
    found = import_corrections.brought(batch, rows)
    import_corrections.leave_out(results, found, foreseen.mended if foreseen else ())
    skip_known(header, batch, [each for each in results if each.outcome == Outcome.CREATED], foreseen)


def settle(header: Header, batch: ImportBatch, results: Sequence[Result]) -> None:
    """Decide about these rows and do it, in the caller's transaction; their results are not written yet."""
    import_corrections.lock(batch)
    _lock_file(batch)
    decide(header, batch, results, lock=True)
    repeats = Repeats(header, batch, _fresh(results))
    good = _fresh(results)
    try:
        with transaction.atomic():
            _make_leads(batch, good)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # One row that the checks let through and the database did not must not cost the others.
        for result in good:
            _make_lead_alone(header, batch, result)
    repeats.settle(lambda result, error: our_fault(header, result, error))
    import_updates.apply(header, results)
    import_corrections.replace(batch, results)


def foretell(header: Header, batch: ImportBatch, results: Sequence[Result], foreseen: Foresight) -> None:
    """Say what `settle` would make of these rows, after those `foreseen`; nothing is written."""
    decide(header, batch, results, lock=False, foreseen=foreseen)
    repeats = Repeats(header, batch, _fresh(results), foreseen)
    foreseen.take_in(results, repeats.verdicts)
    repeats.foretell()
    foreseen.note_changes(results)
    foreseen.mended |= import_corrections.mended_by(batch, results)


def _fresh(results: Iterable[Result]) -> list[Result]:
    """Those that are to become leads."""
    return [each for each in results if each.draft is not None and each.outcome == Outcome.CREATED]


def _lock_file(batch: ImportBatch) -> None:
    """Let chunks of one and the same file, uploaded twice at a time, take turns."""
    key = int.from_bytes(bytes.fromhex(batch.sha256)[:8], "big", signed=True)
    statements.run("SELECT pg_advisory_xact_lock(%s)", [key])


class _Origin(TypedDict):
    partner: Partner
    program: Program
    intake: str
    created_by: Officer | None


def _origin(batch: ImportBatch) -> _Origin:
    """Where the leads of an import come from."""
    return _Origin(
        partner=batch.partner, program=batch.program, intake=Lead.Intake.EXCEL, created_by=batch.uploaded_by
    )


def _make_leads(batch: ImportBatch, results: Sequence[Result]) -> None:
    drafts = [each.ready or each.draft for each in results if each.draft is not None]
    if not drafts:
        return
    made = leads.create(drafts, **_origin(batch), to_submit=True)
    leads.submit(made, later=True)
    for result, lead in zip(results, made, strict=True):
        result.lead_id = lead.pk


def _make_lead_alone(header: Header, batch: ImportBatch, result: Result) -> None:
    result.lead_id = None
    try:
        with transaction.atomic():
            _make_leads(batch, [result])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        skip_known(header, batch, [result])  # its reference may have come by another road in this moment
        if result.draft is not None:
            result.refuse(our_fault(header, result, error))


def write(results: Iterable[Result]) -> None:
    """Write what became of the rows of `results` that are decided."""
    told = [
        {"id": row.row_id, "outcome": str(each.outcome), "lead": each.lead_id, "problems": problems}
        for each in results
        if each.outcome != Outcome.WAITING
        for row, problems in each.rows()
    ]
    statements.run(_WRITE, [orjson.dumps(told).decode()])
