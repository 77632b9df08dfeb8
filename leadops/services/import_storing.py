"""The rows of a workbook on their way into the database, each with the row that its lead begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice

from django.db import transaction
from django.utils import timezone

from leadops.errors import UnreadableFile
from leadops.excel import reader
from leadops.excel.columns import LEAD_ID
from leadops.excel.header import Header
from leadops.excel.joined_sheets import JoinedHeader, is_joined
from leadops.excel.notes import MOST_ROWS_A_LEAD, TOO_MANY_ROWS, Note, leaves_out
from leadops.excel.reading import told
from leadops.excel.sheet_header import SheetHeader
from leadops.excel.sheets import REFERENCE
from leadops.models import ImportBatch, ImportState, Layout
from leadops.services import import_rows
from leadops.services.import_judging import header_of
from leadops.services.import_leases import Lease
from leadops.validation import tidied

State = ImportState
ROWS_A_WRITE = 2000
SETTLED = ("columns", "mapping", "layout", "mode", "mends", "proposal", "sheets", "left_out")
_KEYS = (LEAD_ID.path, REFERENCE.path)
_ALONE = 10_000_000
"""Rows of other sheets that belong to no lead count on from here: no sheet is so long."""


@dataclass(slots=True)
class Leads:
    """Which rows belong together: those with one reference, where the layout says so."""

    at: int | None
    first: dict[str, list[int]] = field(default_factory=dict)

    def placed(self, row: reader.Row) -> tuple[reader.Row, int]:
        """The row, and the number of the row that its lead begins with; one too many for its lead says so."""
        if self.at is None or self.at >= len(row.cells) or leaves_out(row.notes):
            return row, row.number
        # As its check will write it: who is here already is told by that.
        reference = tidied(row.cells[self.at])
        if not reference:
            return row, row.number
        known = self.first.setdefault(reference, [row.number, 0])
        known[1] += 1
        if known[1] <= MOST_ROWS_A_LEAD:
            return row, known[0]
        # It stands alone, or its refusal would be that of the lead; the note keeps it from being one itself.
        return row._replace(notes=(*row.notes, Note(self.at, TOO_MANY_ROWS))), row.number


def leads_of(batch: ImportBatch, header: Header) -> Leads:
    grouped = batch.layout == Layout.GROUPED
    places = [at for at, each in enumerate(header.columns) if each and each.path == "partner_ref_id"]
    return Leads(places[0] if grouped and places else None)


@dataclass(slots=True)
class Storing:
    """Rows on their way into the database; those that an earlier worker stored are passed over."""

    batch: ImportBatch
    lease: Lease
    passed_over: int
    total: int = 0
    waiting: list[tuple[reader.Row, int]] = field(default_factory=list)

    def add(self, header: SheetHeader, row: reader.Row, begins: int) -> None:
        self.total += 1
        if self.total > self.passed_over:
            self.waiting.append((row._replace(cells=header.without_hidden_numbers(row.cells)), begins))
        if len(self.waiting) == ROWS_A_WRITE:
            self.write()

    def write(self, state: ImportState = State.READING) -> Lease:
        """Store what has come together."""
        batch = self.batch
        with transaction.atomic():
            self.lease = self.lease.renewed()
            import_rows.store(batch, self.waiting)
            batch.rows += len(self.waiting)
            if batch.state != state:
                batch.state, batch.stage_began_at = state, timezone.now()
            batch.save(update_fields=[*SETTLED, "rows", "state", "stage_began_at", "updated_at"])
        self.waiting.clear()
        return self.lease


def begun(batch: ImportBatch, lease: Lease) -> Storing:
    """Go on where an earlier worker was; anew where other columns were chosen since."""
    if batch.state != State.QUEUED or not batch.rows:
        return Storing(batch, lease, batch.rows)
    with transaction.atomic():
        renewed = lease.renewed()
        batch.import_rows.all()._raw_delete(batch.import_rows.db)
        batch.rows, batch.sheets, batch.left_out = 0, {}, []
        batch.save(update_fields=["rows", "sheets", "left_out", "updated_at"])
    return Storing(batch, renewed, 0)


# The sheets beside the first ---------------------------------------------------------------------------------


def store_joined(
    storing: Storing, sheet_of_leads: str, sheets: Iterable[tuple[str, Iterator[reader.Row]]]
) -> list[reader.LeftOut]:
    """Store the rows of sheets that hold more of the leads; answers the sheets that only look like it."""
    left_out: list[reader.LeftOut] = []
    leads: dict[str, int] = {}
    alone = count(_ALONE)
    for name, rows in sheets:
        top = next(rows)
        if not is_joined(name, top.cells):
            first = (top, *islice(rows, told.MOST_ROWS - 1))
            left_out.append(reader.LeftOut(name, len(first) + sum(1 for _ in rows), first))
            continue
        if not leads:
            storing.write()
            leads = _rows_by_key(storing.batch, sheet_of_leads)
        try:
            _store_sheet(storing, JoinedHeader(name, top.cells), rows, leads, alone)
        except UnreadableFile as refusal:
            raise UnreadableFile(f"Sheet {name}: {refusal.message}") from None
    return left_out


def _store_sheet(
    storing: Storing,
    header: JoinedHeader,
    rows: Iterable[reader.Row],
    leads: Mapping[str, int],
    alone: Iterator[int],
) -> None:
    storing.batch.sheets[header.sheet] = header.cells
    storing.batch.layout = Layout.JOINED
    strays: set[int] = set()
    for row in rows:
        strays.update(header.strays(row.cells))
        lead_id, reference = (tidied(header.text_at(path, row.cells)) for path in _KEYS)
        begins = None if leaves_out(row.notes) else leads.get(lead_id or reference)
        storing.add(header, row, begins or next(alone))
    header.refuse_strays(strays)


def _rows_by_key(batch: ImportBatch, sheet: str) -> dict[str, int]:
    """The numbers of the leads' own rows, by leadops id and by reference."""
    header = header_of(batch)
    found: dict[str, int] = {}
    for row in import_rows.stored(batch, sheet):
        for path in _KEYS:
            if text := tidied(header.text_at(path, row.cells)):
                found.setdefault(text, row.number)
    return found
