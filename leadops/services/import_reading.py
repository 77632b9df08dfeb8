"""Reading a workbook into rows: once its columns are known, every row is stored as it is, waiting for its result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from django.db import transaction
from django.utils import timezone

from leadops.errors import UnreadableFile
from leadops.excel import reader
from leadops.excel.content import LOOKED_AT
from leadops.excel.header import Header, one_line
from leadops.excel.notes import leaves_out
from leadops.excel.proposals import HEADER_WITHIN, Proposal, header_place, propose, troubles
from leadops.models import ImportBatch, ImportState, Layout
from leadops.services import column_mappings, import_corrections, import_rows
from leadops.services.import_judging import header_of
from leadops.services.import_leases import Lease

State = ImportState
ROWS_A_WRITE = 2000
MOST_ROWS_A_LEAD = 50
"""A reference that more rows share was not meant as one."""
SETTLED = ("columns", "mapping", "layout", "mends", "proposal")
EMPTY = "This workbook has a header and no rows under it."


def read(batch: ImportBatch, lease: Lease) -> Lease | None:
    """Store the rows of the file as they are; what an earlier worker stored is not stored again.

    None when an officer has to look at the columns first.
    """
    rows = _rows_of(batch)
    first = list(islice(rows, HEADER_WITHIN + 1 + LOOKED_AT))
    first = first[header_place([row.cells for row in first]) :] if first else []
    if batch.columns or _settle_columns(batch, lease, first):
        return _store_all(batch, lease, first, rows)
    return None


def _rows_of(batch: ImportBatch) -> Iterator[reader.Row]:
    if not batch.file.storage.exists(batch.file.name or ""):
        raise UnreadableFile("The file is no longer in the store: upload it again.")
    return reader.rows(batch.file.path)


# What the columns are ----------------------------------------------------------------------------------------


def _settle_columns(batch: ImportBatch, lease: Lease, first: Sequence[reader.Row]) -> bool:
    """Settle what the columns are, as remembered or by their names; False when an officer was asked instead.

    It is stored with the first rows.
    """
    headers = one_line(first[0].cells) if first else []
    below = [row.cells for row in first[1:]]
    remembered = column_mappings.remembered(batch.partner, headers)
    proposal = propose(headers, below, remembered.mapping if remembered else None)
    batch.mends = import_corrections.mended_batch(batch, first[0].sheet, headers) if first else None
    if said := (batch if batch.layout != Layout.FLAT else batch.mends or remembered):
        proposal.layout, proposal.layout_sure = said.layout, True
        batch.layout = said.layout
    if batch.review and below and not _is_clear(proposal, batch):
        _ask(batch, lease, proposal)
        return False
    batch.columns = headers
    if remembered or batch.review:  # else their names tell, and what they don't tell is refused
        batch.columns = [choice.header for choice in proposal.choices]
        batch.mapping, batch.layout = proposal.mapping, proposal.layout
    if batch.review:
        batch.proposal = proposal.as_json()
    return True


def _is_clear(proposal: Proposal, batch: ImportBatch) -> bool:
    return proposal.is_sure and not troubles(proposal.mapping, batch.mode)


def _ask(batch: ImportBatch, lease: Lease, proposal: Proposal) -> None:
    """Keep the columns with masked samples until an officer has looked at them."""
    with transaction.atomic():
        lease.renewed()
        batch.columns = [choice.header for choice in proposal.choices]
        batch.proposal = proposal.as_json()
        batch.layout = proposal.layout
        batch.state, batch.stage_began_at, batch.leased_until = State.MAPPING, timezone.now(), None
        batch.save()


def _ask_about_strays(
    batch: ImportBatch, lease: Lease, first: Sequence[reader.Row], stray: Sequence[reader.Row]
) -> None:
    """Ask about columns that are filled only further down; what is settled of the others stays."""
    proposal = propose(batch.columns, [row.cells for row in (*first[1:], *stray)])
    for choice, name in zip(proposal.choices, batch.mapping or [], strict=False):
        if name is not None:
            choice.column, choice.sure = name, True
    _ask(batch, lease, proposal)


# The rows ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Leads:
    """Which rows belong together: those with one reference, where the layout says so."""

    at: int | None
    first: dict[str, list[int]] = field(default_factory=dict)

    def begins_with(self, row: reader.Row) -> int:
        """The number of the row that this one's lead begins with."""
        reference = row.cells[self.at].strip() if self.at is not None and self.at < len(row.cells) else ""
        if not reference:
            return row.number
        known = self.first.setdefault(reference, [row.number, 0])
        known[1] += 1
        return known[0] if known[1] <= MOST_ROWS_A_LEAD else row.number


def _leads_of(batch: ImportBatch, header: Header) -> _Leads:
    grouped = batch.layout == Layout.GROUPED
    places = [at for at, each in enumerate(header.columns) if each and each.path == "partner_ref_id"]
    return _Leads(places[0] if grouped and places else None)


def _store_all(
    batch: ImportBatch, lease: Lease, first: Sequence[reader.Row], rest: Iterator[reader.Row]
) -> Lease | None:
    if batch.state == State.QUEUED and batch.rows:
        lease = _begin_anew(batch, lease)
    stored = import_rows.last_number(batch) if batch.rows else 0
    header = header_of(batch)
    leads = _leads_of(batch, header)
    strays: dict[int, reader.Row] = {}
    waiting: list[tuple[reader.Row, int]] = []
    for row in chain(first[1:], rest):
        for at in header.strays(row.cells):
            strays.setdefault(at, row)
        begins = row.number if leaves_out(row.notes) else leads.begins_with(row)
        if row.number > stored:
            waiting.append((row._replace(cells=header.without_hidden_numbers(row.cells)), begins))
        if len(waiting) == ROWS_A_WRITE:
            lease = _store(batch, lease, waiting)
            waiting.clear()
    if strays and batch.review:
        _ask_about_strays(batch, lease, first, list(strays.values()))
        return None
    header.refuse_strays(strays)
    if not waiting and not batch.rows:
        raise UnreadableFile(EMPTY)
    return _store(batch, lease, waiting, State.JUDGING if batch.review else State.IMPORTING)


def _begin_anew(batch: ImportBatch, lease: Lease) -> Lease:
    """Let go what an earlier reading with other columns left."""
    with transaction.atomic():
        renewed = lease.renewed()
        batch.import_rows.all()._raw_delete(batch.import_rows.db)
        batch.rows = 0
        batch.save(update_fields=["rows", "updated_at"])
    return renewed


def _store(
    batch: ImportBatch, lease: Lease, rows: list[tuple[reader.Row, int]], state: ImportState = State.READING
) -> Lease:
    with transaction.atomic():
        renewed = lease.renewed()
        import_rows.store(batch, rows)
        batch.rows += len(rows)
        if batch.state != state:
            batch.state, batch.stage_began_at = state, timezone.now()
        batch.save(update_fields=[*SETTLED, "rows", "state", "stage_began_at", "updated_at"])
    return renewed
