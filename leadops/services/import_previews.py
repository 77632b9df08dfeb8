"""What an import would do, before it does it: by the same judging that the import itself goes by."""

from __future__ import annotations

import json
from bisect import insort
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import takewhile
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.html import escape

from leadops.drafts import LeadDraft, value_at
from leadops.excel.columns import NAME_PATHS, Column
from leadops.excel.content import masked
from leadops.excel.header import Header
from leadops.models import ImportBatch, ImportRow, RowProblem
from leadops.services import import_chunks, import_rows
from leadops.services.import_duplicates import MERGED, MERGED_ROW
from leadops.services.import_foresight import Foresight
from leadops.services.import_judging import WITH_ITS_LEAD, Result, SheetRow, header_of
from leadops.services.import_leases import Lease

State, Outcome = ImportBatch.State, ImportRow.Outcome
FIRST_ROWS = 10
MOST_CLASSES = 100
COUNTS = ("new", "update", "duplicate", "left_out", "refused")
"""They add up to the rows. Duplicates are of a lead that is here, or of a row above; what else is left out is hidden,
a total, or says nothing new."""
MARKED = "marked"
"""Beside them, those of the new and changed rows that the program takes though they look like duplicates."""
GROUPED = "grouped"
"""Of all rows, those that belong to the lead of a row above."""
_OF_DUPLICATES = {"duplicate_lead", "duplicate_reference", "already_imported", MERGED, MERGED_ROW}
LONGEST_CELL = 80
"""Ten rows of all columns that there are of such cells, and a hundred kinds of problems, stay below 200 KB."""
PLACES = 3
"""So many rows of each kind of problem are named."""
_SHOWN_FIRST = (*NAME_PATHS, "primary_mobile", "loan_amount")
"""Who it is and how much, where the edge of no screen cuts them off; the other columns come as in the file."""


def judge(batch: ImportBatch, lease: Lease) -> None:
    """Judge every waiting row and keep what would become of them; nothing else is written.

    A worker that takes over begins anew: what the first rows claim must be known at the last.
    """
    tally = _Tally(header_of(batch), batch.sheets)
    batch.judged = 0
    for results in _foretold(tally.header, batch):
        tally.add(results)
        batch.judged += sum(each.size for each in results)
        with transaction.atomic():
            lease = lease.renewed()
            batch.save(update_fields=["judged", "updated_at"])
    with transaction.atomic():
        lease.renewed()
        batch.preview, batch.foretold = json.dumps(tally.as_json(), ensure_ascii=False), tally.counts()
        batch.state, batch.stage_began_at, batch.leased_until = State.READY, timezone.now(), None
        told = ["preview", "foretold", "state", "stage_began_at", "leased_until", "updated_at"]
        batch.save(update_fields=told)


def _foretold(header: Header, batch: ImportBatch) -> Iterator[list[Result]]:
    """What would become of all rows, in the chunks of the import: what goes on waiting comes before all others."""
    foreseen, rows, after = Foresight(batch), list[SheetRow](), -1
    while True:
        if len(rows) < import_chunks.CHUNK:
            new = import_rows.waiting(batch, import_chunks.CHUNK - len(rows), after)
            after = new[-1].lead_row if new else after
            rows += new
        if not rows:
            return
        chunk = _of_whole_leads(rows)
        results = import_rows.judge(header, batch, chunk)
        import_rows.foretell(header, batch, results, foreseen)
        left = {row.row_id for each in results if each.outcome == Outcome.WAITING for row, _ in each.rows()}
        rows = [row for row in chunk if row.row_id in left] + rows[len(chunk) :]
        yield [each for each in results if each.outcome != Outcome.WAITING]


def _of_whole_leads(rows: list[SheetRow]) -> list[SheetRow]:
    """The first `CHUNK` of them, and those after them that are of the same lead."""
    last = rows[: import_chunks.CHUNK][-1].lead_row
    rest = takewhile(lambda row: row.lead_row == last, rows[import_chunks.CHUNK :])
    return [*rows[: import_chunks.CHUNK], *rest]


class _Tally:
    """Counts of outcomes and of kinds of problems, and the first rows as they would be."""

    def __init__(self, header: Header, joined: Collection[str]) -> None:
        self.header = header
        self._joined = joined
        self._counts: Counter[str] = Counter()
        self._kinds: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._rows: list[dict[str, Any]] = []
        self._columns = sorted(
            [
                (at, column)
                for at, column in enumerate(header.columns)
                if column is not None and not column.is_key
            ],
            key=lambda each: _rank(each[1]),
        )

    def add(self, results: list[Result]) -> None:
        for result in results:
            self._counts[_counted_as(result)] += result.size
            self._counts[MARKED] += result.size if _is_marked(result) else 0
            self._counts[GROUPED] += result.size - 1
            for row, problems in result.rows():
                for each in problems:
                    if each["code"] != WITH_ITS_LEAD or result.outcome == Outcome.FAILED:
                        self._note(each, row)  # what counts as refused is named
                if row.sheet == result.row.sheet and self._is_one_of_the_first(row):
                    draft = result.draft if row is result.row else None
                    cells = [self._cell(row, at, column, draft) for at, column in self._columns]
                    told = {"number": row.number, "outcome": result.outcome, "cells": cells}
                    insort(self._rows, told, key=itemgetter("number"))
                    del self._rows[FIRST_ROWS:]

    def _is_one_of_the_first(self, row: SheetRow) -> bool:
        """Rows that wait for others come after rows below them."""
        return len(self._rows) < FIRST_ROWS or row.number < self._rows[-1]["number"]

    def _note(self, problem: RowProblem, row: SheetRow) -> None:
        key = (problem["code"], problem["column"], problem["severity"])
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = {**problem, "count": 0, "places": [], "alike": True}
        kind["count"] += 1
        kind["alike"] = kind["alike"] and kind["message"] == problem["message"]
        if len(places := kind["places"]) < PLACES:
            sheet = row.sheet if row.sheet in self._joined else ""
            places.append({"sheet": sheet, "cell": problem["cell"], "row": row.number})

    @staticmethod
    def _cell(row: SheetRow, at: int, column: Column, draft: LeadDraft | None) -> str:
        """The value as the lead would have it; the cell itself where there would be no lead."""
        text = row.cells[at] if at < len(row.cells) else ""
        if draft is not None and text:
            text = _told(draft, column.path, text)
        return _cut(masked(text, column))

    def counts(self) -> dict[str, int]:
        return {name: self._counts[name] for name in (*COUNTS, MARKED)}

    def as_json(self) -> dict[str, Any]:
        kinds = sorted(self._kinds.values(), key=lambda kind: (kind["severity"], -kind["count"]))
        return {
            "columns": [column.header for _, column in self._columns],
            "rows": self._rows,
            GROUPED: self._counts[GROUPED],
            "problems": kinds[:MOST_CLASSES],
            "more_problems": max(0, len(kinds) - MOST_CLASSES),
        }


def _cut(text: str) -> str:
    """As much of `text` as a page shows of a cell; an apostrophe takes six letters of it."""
    while len(escape(text)) > LONGEST_CELL:
        text = text[: min(LONGEST_CELL, len(text) - 1)]
    return text


def _rank(column: Column) -> int:
    """Where a column is shown."""
    return _SHOWN_FIRST.index(column.path) if column.path in _SHOWN_FIRST else len(_SHOWN_FIRST)


_NAMED = {Outcome.CREATED: "new", Outcome.UPDATED: "update", Outcome.FAILED: "refused"}


def _counted_as(result: Result) -> str:
    """Which of COUNTS a result belongs to."""
    if result.outcome != Outcome.SKIPPED:
        return _NAMED[Outcome(result.outcome)]
    codes = {each["code"] for each in result.problems}
    return "left_out" if codes.isdisjoint(_OF_DUPLICATES) else "duplicate"


def _is_marked(result: Result) -> bool:
    return result.outcome != Outcome.SKIPPED and any(
        each["code"] == "possible_duplicate" for each in result.problems
    )


def _told(draft: LeadDraft, path: str, cell: str) -> str:
    """What `draft` has there of its primary applicant; the cell where nothing was made of it, as of a masked one."""
    primary = next((at for at, each in enumerate(draft.applicants) if each.is_primary), 0)
    try:
        return _in_words(value_at(draft, path.replace("applicants[0]", f"applicants[{primary}]", 1)))
    except IndexError:
        return cell


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def shown(batch: ImportBatch) -> dict[str, Any]:
    """The kept preview with its counts; empty where there is none."""
    return {**batch.foretold, **json.loads(batch.preview)} if batch.preview else {}
