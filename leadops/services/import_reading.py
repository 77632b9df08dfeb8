"""Reading a workbook into rows: once its columns are known, every row is stored as it is, waiting for its result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby, islice
from operator import itemgetter

from django.db import transaction
from django.utils import timezone

from leadops.errors import UnreadableFile
from leadops.excel import reader
from leadops.excel.columns import LEAD_ID
from leadops.excel.content import LOOKED_AT
from leadops.excel.header_row import SHOWN, Table, table_of
from leadops.excel.left_out_sheets import ON_ONE_SHEET, doubt_of
from leadops.excel.proposals import Proposal, padded, propose, troubles
from leadops.models import ImportBatch, ImportState, Layout
from leadops.services import column_mappings, import_corrections
from leadops.services.import_judging import header_of
from leadops.services.import_leases import Lease
from leadops.services.import_storing import Storing, begun, leads_of, store_joined
from leadops.services.template_sheets import is_of_template

State = ImportState
EMPTY = "This workbook has a header and no rows under it."
ALL_BELOW = "Put the names of the columns into the first row and all leads below it."


def read(batch: ImportBatch, lease: Lease) -> Lease | None:
    """Store the rows of the file as they are; what an earlier worker stored is not stored again.

    None when an officer has to look at the columns first.
    """
    left_out: list[reader.LeftOut] = []
    sheets = groupby(_rows_of(batch, left_out), key=itemgetter(0))
    _, rows = next(sheets, ("", iter(())))
    top = list(islice(rows, SHOWN + LOOKED_AT))
    first = top[0].sheet if top else ""
    table = replace(table_of(top, batch.header_row), beside=_leads_on(left_out, first, batch))
    if not batch.columns and not _settle_columns(batch, lease, table):
        return None
    storing = begun(batch, lease)
    if not _store_leads(storing, table, rows):
        return None
    not_joined = store_joined(storing, first, sheets)
    batch.left_out = [each.name for each in (*left_out, *not_joined) if not is_of_template(each)]
    beside = _leads_on(not_joined, first, batch)
    if beside and beside not in Proposal.of(batch.proposal).beside:  # else they were asked about
        _ask_again(batch, lease, replace(table, beside=f"{table.beside} {beside}".strip()))
        return None
    if not storing.total:
        raise UnreadableFile(EMPTY)
    return storing.write(State.JUDGING if batch.review else State.IMPORTING)


def _rows_of(batch: ImportBatch, left_out: list[reader.LeftOut]) -> Iterator[reader.Row]:
    if not batch.file.storage.exists(batch.file.name or ""):
        raise UnreadableFile("The file is no longer in the store: upload it again.")
    return reader.rows(batch.file.path, left_out)


def _leads_on(left_out: Iterable[reader.LeftOut], first: str, batch: ImportBatch) -> str:
    """Which sheets that are not read may hold leads; raises UnreadableFile where nobody can be asked about them."""
    beside = doubt_of((each for each in left_out if not is_of_template(each)), first)
    if beside and not batch.review:
        raise UnreadableFile(f"{beside} {ON_ONE_SHEET}")
    return beside


# What the columns are ----------------------------------------------------------------------------------------


def _settle_columns(batch: ImportBatch, lease: Lease, table: Table) -> bool:
    """Settle what the columns are, by an officer's word, as remembered or by their names; False when one was asked.

    It is stored with the first rows.
    """
    if batch.mapping is not None:
        batch.columns = column_mappings.headers_by(table, batch.mapping)
        return True
    headers, below = table.names, [row.cells for row in table.below[:LOOKED_AT]]
    remembered = column_mappings.remembered(batch.partner, headers) if table.number else None
    proposal = propose(headers, below, remembered.mapping if remembered else None)
    proposal.begins(table)
    _take_over(batch, import_corrections.mended_batch(batch, table))
    if said := (batch if batch.layout != Layout.FLAT else batch.mends or remembered):
        proposal.layout, proposal.layout_sure = said.layout, True
        batch.layout = said.layout
    if batch.review and below and not _is_clear(proposal, batch):
        _ask(batch, lease, proposal)
        return False
    if table.doubt:
        raise UnreadableFile(f"{table.doubt} {ALL_BELOW}")
    batch.columns = headers
    if remembered or batch.review:  # else their names tell, and what they don't tell is refused
        batch.columns = padded(headers, len(proposal.choices))
        batch.mapping, batch.layout = proposal.mapping, proposal.layout
    if batch.review:
        batch.proposal = proposal.as_json()
    return True


def _take_over(batch: ImportBatch, mended: ImportBatch | None) -> None:
    """Have refused rows that come again do what their import may, whatever was chosen for this one."""
    batch.mends = mended
    if mended is not None:
        batch.mode = mended.mode


def _is_clear(proposal: Proposal, batch: ImportBatch) -> bool:
    return proposal.is_sure and not troubles(proposal.mapping, batch.mode)


def _ask(batch: ImportBatch, lease: Lease, proposal: Proposal) -> None:
    """Keep what was proposed, masked, until an officer has looked at it."""
    with transaction.atomic():
        lease.renewed()
        batch.columns = []
        batch.proposal = proposal.as_json()
        batch.layout = proposal.layout
        batch.state, batch.stage_began_at, batch.leased_until = State.MAPPING, timezone.now(), None
        batch.save()


def _ask_again(batch: ImportBatch, lease: Lease, table: Table, stray: Sequence[reader.Row] = ()) -> None:
    """Ask about what only all rows have told, as columns that are filled further down; what is settled stays."""
    proposal = propose(batch.columns, [row.cells for row in (*table.below[:LOOKED_AT], *stray)])
    proposal.begins(table)
    for choice, name in zip(proposal.choices, batch.mapping or [], strict=False):
        if name is not None:
            choice.column, choice.sure = name, True
    _ask(batch, lease, proposal)


# The rows ----------------------------------------------------------------------------------------------------


def _store_leads(storing: Storing, table: Table, rest: Iterator[reader.Row]) -> bool:
    """Store the rows of the first sheet; False when an officer was asked about columns instead."""
    batch = storing.batch
    header = header_of(batch)
    if header.has(LEAD_ID.path):
        batch.layout = Layout.JOINED
    leads = leads_of(batch, header)
    strays: dict[int, reader.Row] = {}
    for row in table.above:  # no leads, so what they hold beside the table's columns is nobody's
        storing.add(header, *leads.placed(row))
    for row in chain(table.below, rest):
        for at in header.strays(row.cells):
            strays.setdefault(at, row)
        storing.add(header, *leads.placed(row))
    if strays and batch.review:
        _ask_again(batch, storing.lease, table, list(strays.values()))
        return False
    header.refuse_strays(strays)
    return True
