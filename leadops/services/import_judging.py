"""Judging the rows of an import: what each says, whether it may become a lead, and if not why; nothing is written."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import orjson

from leadops.drafts import LeadDraft
from leadops.excel.header import Header
from leadops.excel.joined_sheets import JoinedHeader
from leadops.excel.notes import LEAVES_OUT, TOO_MANY_ROWS
from leadops.excel.sheet_header import SheetHeader
from leadops.excel.weighing import Weighing, still_noted, with_findings
from leadops.faults import place_of
from leadops.fields import place
from leadops.models import ImportBatch, ImportMode, ImportRow, Layout, RowProblem
from leadops.sealing import open_sealed
from leadops.services.duplicates import Keys
from leadops.services.import_duplicates import Judged
from leadops.services.import_groups import Group
from leadops.services.lead_rows import Ready
from leadops.services.lead_updates import Change
from leadops.validation import Finding, Problem, Severity, check_lead, findings_at

logger = logging.getLogger(__name__)

Outcome = ImportRow.Outcome
REQUIRED = "required"
WITH_ITS_LEAD = "goes_with_its_lead"


class SheetRow(NamedTuple):
    """A row with its cells opened."""

    row_id: UUID
    sheet: str
    number: int
    lead_row: int
    cells: list[str]
    noted: list[RowProblem]
    """What reading it told of it."""

    def place_for(self, reader: SheetRow) -> str:
        """Where it stands, told in another row."""
        return f"row {self.number}" + (f" of sheet {self.sheet}" if self.sheet != reader.sheet else "")


def opened(row_id: UUID, sheet: str, number: int, lead_row: int, cells: bytes, problems: str) -> SheetRow:
    """A row as the database gives it."""
    text = open_sealed(bytes(cells), place(ImportRow, "cells", row_id))
    return SheetRow(row_id, sheet, number, lead_row, orjson.loads(text), still_noted(orjson.loads(problems)))


@dataclass(slots=True)
class Result:
    """What becomes of one lead of the sheet: of its row, or of all its rows where several are one lead.

    `number`, `sheet` and `problems` are those of the first row. `held` are findings that stop a new lead and not the
    change of one that is here. `ready` are the rows its draft will be, and `known_by` what others would have in common
    with it, where that has been worked out.
    """

    row: SheetRow
    draft: LeadDraft | None = None
    outcome: str = Outcome.CREATED.value
    problems: list[RowProblem] = field(default_factory=list)
    lead_id: UUID | None = None
    below: list[tuple[SheetRow, list[RowProblem]]] = field(default_factory=list)
    held: list[Finding] = field(default_factory=list)
    change: Change | None = None
    ready: Ready | None = None
    known_by: Keys | None = None

    @property
    def row_id(self) -> UUID:
        return self.row.row_id

    @property
    def sheet(self) -> str:
        return self.row.sheet

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def size(self) -> int:
        """How many rows it is."""
        return 1 + len(self.below)

    def refuse(self, problems: list[RowProblem]) -> None:
        self.draft, self.change = None, None
        self.outcome, self.problems = Outcome.FAILED.value, problems

    def leave(self, outcome: str, problem: RowProblem | None = None, lead_id: UUID | None = None) -> None:
        """Make no lead of it, nor a change."""
        self.draft, self.change = None, None
        self.outcome, self.lead_id = str(outcome), lead_id
        self.problems = [problem] if problem else []
        self.below = [(row, []) for row, _ in self.below]

    def rows(self) -> Iterator[tuple[SheetRow, list[RowProblem]]]:
        """Each row with its own problems; one that is refused or left out for another's sake says for whose."""
        yield self.row, self.problems if not self.below else self._said_of(self.row, self.problems)
        for row, problems in self.below:
            yield row, self._said_of(row, problems)

    def _to_blame(self) -> list[SheetRow]:
        """The rows that tell why no lead came of it: the first of one that was left out, those refused of others."""
        if self.outcome == Outcome.SKIPPED:
            return [self.row] if self.problems else []
        every = [(self.row, self.problems), *self.below] if self.outcome == Outcome.FAILED else []
        return [row for row, problems in every if any(each["severity"] == "error" for each in problems)]

    def _said_of(self, row: SheetRow, problems: list[RowProblem]) -> list[RowProblem]:
        to_blame = self._to_blame()
        if not to_blame or row in to_blame:
            return problems
        refused = self.outcome == Outcome.FAILED
        word, severity = ("refused", "error") if refused else ("left out", "warning")
        message = f"It belongs to the same lead as {to_blame[0].place_for(row)}, which was {word}: see there."
        companion = row_note(WITH_ITS_LEAD, message, severity)
        return [*problems, companion]


def row_note(code: str, message: str, severity: str = "warning") -> RowProblem:
    """What is to be said of a row as a whole."""
    return RowProblem(column="", letter="", cell="", code=code, message=message, severity=severity)


class Headers(NamedTuple):
    """The header rows of a batch: that of its leads, and those of the sheets that hold more of them."""

    leads: Header
    joined: Mapping[str, JoinedHeader]

    def of(self, sheet: str) -> SheetHeader:
        return self.joined.get(sheet, self.leads)


def header_of(batch: ImportBatch) -> Header:
    """The batch's header row as its mapping understands it."""
    return Header(batch.columns, batch.mapping, batch.mode)


def headers_of(batch: ImportBatch, leads: Header | None = None) -> Headers:
    """All header rows of the batch."""
    joined = {name: JoinedHeader(name, cells) for name, cells in batch.sheets.items()}
    return Headers(leads or header_of(batch), joined)


def judged(header: Header, batch: ImportBatch, rows: Iterable[SheetRow]) -> list[Result]:
    """What the rows say and whether they may become leads, not yet held against the leads there are.

    Rows of several sheets are only put together: what they say is told by the leads that are here.
    """
    if batch.layout == Layout.JOINED:
        return [_of_sheets(batch, list(group)) for _, group in groupby(rows, key=lambda row: row.lead_row)]
    weighing = Weighing(header.cells, header.columns)
    groups = groupby(rows, key=lambda row: row.lead_row)
    # Weighing mends cells; those that are kept stay as they were sent.
    copies = ([row._replace(cells=list(row.cells)) for row in group] for _, group in groups)
    return [_judged(header, weighing, batch, copied) for copied in copies]


def _of_sheets(batch: ImportBatch, rows: list[SheetRow]) -> Result:
    """The rows of one lead, its own first."""
    first, *below = sorted(rows, key=lambda row: (row.sheet in batch.sheets, row.sheet, row.number))
    return Result(first, below=[(row, []) for row in below])


def _judged(header: Header, weighing: Weighing, batch: ImportBatch, rows: Sequence[SheetRow]) -> Result:
    result = Result(rows[0], below=[(row, []) for row in rows[1:]])
    try:
        noted = [weighing.weigh(row.noted, row.cells, row.number) for row in rows]
        if left_out := [each for each in noted[0] if each["code"] in LEAVES_OUT]:
            result.outcome, result.problems = Outcome.SKIPPED.value, left_out
        elif too_many := [each for each in noted[0] if each["code"] == TOO_MANY_ROWS]:
            result.refuse(too_many)  # what a lead of its own would lack is not what is wrong with it
        else:
            _judge(header, batch, result, rows, noted)
    except Exception as error:
        result.refuse(our_fault(header, result, error))
    return result


def _judge(
    header: Header,
    batch: ImportBatch,
    result: Result,
    rows: Sequence[SheetRow],
    noted: Sequence[list[RowProblem]],
) -> None:
    """Judge the rows of one lead; `noted` is what each of their sheets' notes came to."""
    draft, findings = header.draft(rows[0].cells)
    if not result.below:
        findings += check_lead(draft, country=batch.program.country, today=date.today())
        if batch.mode != ImportMode.CREATE:
            findings = _holding(result, findings)
        result.problems = with_findings(noted[0], header.problems(findings, result.number))
    else:
        drafts = [header.draft(row.cells) for row in rows[1:]]
        group = Group([draft, *(each for each, _ in drafts)], batch.program.country)
        found = check_lead(draft, country=batch.program.country, today=date.today())
        if batch.mode != ImportMode.CREATE:
            found = _holding(result, found)
        group.place(found)
        own = [findings, *(damage for _, damage in drafts)]
        every = [[*mine, *theirs] for mine, theirs in zip(own, group.findings, strict=True)]
        said = [
            with_findings(mine, header.problems(found, row.number))
            for row, mine, found in zip(rows, noted, every, strict=True)
        ]
        result.problems = said[0]
        result.below = list(zip(rows[1:], said[1:], strict=True))
    if any(each["severity"] == Severity.ERROR for _, problems in result.rows() for each in problems):
        result.draft, result.outcome = None, Outcome.FAILED.value
    else:
        result.draft = draft


def _holding(result: Result, findings: list[Finding]) -> list[Finding]:
    """Keep aside that something is missing: a row that changes a lead need not say what is known."""
    result.held = [each for each in findings if each.code == REQUIRED]
    return [each for each in findings if each.code != REQUIRED]


def our_fault(header: Header, result: Judged, error: Exception) -> list[RowProblem]:
    """Tell a fault of ours where it can be mended, and the officer that it is not theirs."""
    logger.error("Import row %s failed: %s.", result.row_id, place_of(error))
    return header.problems(findings_at("", [Problem("internal_error")]), result.number)
