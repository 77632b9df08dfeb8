"""What an import would do, before it does it: by the same judging that the import itself goes by."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadops.drafts import LeadDraft
from leadops.excel.columns import Column
from leadops.excel.content import masked
from leadops.excel.header import Header
from leadops.models import ImportBatch, ImportMode, ImportRow, RowProblem
from leadops.services import import_rows
from leadops.services.import_judging import WITH_ITS_LEAD, Result, SheetRow, header_of
from leadops.services.import_leases import Lease

State, Outcome = ImportBatch.State, ImportRow.Outcome
CHUNK = 500
FIRST_ROWS = 10
MOST_CLASSES = 100
LONGEST_CELL = 80
"""Ten rows of two hundred columns of such cells, and a hundred kinds of problems, stay below 200 KB."""
SHOWN_COLUMNS = 12
_STEP = re.compile(r"(\w+)(?:\[([0-9]+)\])?")


def judge(batch: ImportBatch, lease: Lease) -> None:
    """Judge every waiting row and keep what would become of them; nothing else is written.

    A worker that takes over begins anew: what the first rows claim must be known at the last.
    """
    tally = _Tally(header_of(batch), batch)
    after = -1
    batch.judged = 0
    while rows := import_rows.waiting(batch, CHUNK, after):
        results = import_rows.judge(tally.header, batch, rows)
        import_rows.decide(tally.header, batch, results, lock=False)
        import_rows.foretell(tally.header, batch, results)
        tally.add(results)
        after = rows[-1].lead_row
        batch.judged += len(rows)
        with transaction.atomic():
            lease = lease.renewed()
            batch.save(update_fields=["judged", "updated_at"])
    with transaction.atomic():
        lease.renewed()
        batch.preview = json.dumps(tally.as_json(), ensure_ascii=False)
        batch.state, batch.stage_began_at, batch.leased_until = State.READY, timezone.now(), None
        batch.save(update_fields=["preview", "state", "stage_began_at", "leased_until", "updated_at"])


class _Tally:
    """Counts of outcomes and of kinds of problems, and the first rows as they would be."""

    def __init__(self, header: Header, batch: ImportBatch) -> None:
        self.header = header
        self._mode = batch.mode
        self._seen: dict[str, int] = {}
        self._counts: Counter[str] = Counter()
        self._kinds: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._rows: list[dict[str, Any]] = []
        self._columns = [
            (at, column)
            for at, column in enumerate(header.columns)
            if column is not None and not column.is_key
        ][:SHOWN_COLUMNS]

    def add(self, results: list[Result]) -> None:
        for result in results:
            outcome = self._outcome(result)
            self._counts[outcome] += result.size
            for row, problems in result.rows():
                for each in problems:
                    if each["code"] != WITH_ITS_LEAD:
                        self._note(each)
                if len(self._rows) < FIRST_ROWS and row.sheet == result.row.sheet:
                    draft = result.draft if row is result.row else None
                    cells = [self._cell(row, at, column, draft) for at, column in self._columns]
                    self._rows.append({"number": row.number, "outcome": outcome, "cells": cells})

    def _outcome(self, result: Result) -> str:
        """What the import will make of it once the rows above it have become leads."""
        reference = result.draft.partner_ref_id if result.draft else ""
        again = result.outcome == Outcome.WAITING or (reference and reference in self._seen)
        if reference:
            self._seen.setdefault(reference, result.number)
        if not again:
            return result.outcome
        if self._mode != ImportMode.CREATE:
            return Outcome.UPDATED.value
        return Outcome.SKIPPED.value

    def _note(self, problem: RowProblem) -> None:
        key = (problem["code"], problem["column"], problem["severity"])
        kind = self._kinds.get(key)
        if kind is not None:
            kind["count"] += 1
        elif len(self._kinds) < MOST_CLASSES:
            self._kinds[key] = {**problem, "count": 1}

    @staticmethod
    def _cell(row: SheetRow, at: int, column: Column, draft: LeadDraft | None) -> str:
        """The value as the lead would have it; the cell itself where there would be no lead."""
        text = row.cells[at] if at < len(row.cells) else ""
        if draft is not None and text:
            text = _in_words(value_at(draft, column.path))
        return masked(text, column)[:LONGEST_CELL]

    def as_json(self) -> dict[str, Any]:
        kinds = sorted(self._kinds.values(), key=lambda kind: (kind["severity"], -kind["count"]))
        return {
            "new": self._counts[Outcome.CREATED],
            "update": self._counts[Outcome.UPDATED],
            "duplicate": self._counts[Outcome.SKIPPED],
            "refused": self._counts[Outcome.FAILED],
            "columns": [column.header for _, column in self._columns],
            "rows": self._rows,
            "problems": kinds,
        }


def value_at(draft: Any, path: str) -> Any:
    """What stands in a draft at a path such as `applicants[0].pan_no`."""
    for name, place in _STEP.findall(path):
        draft = getattr(draft, name)
        if place:
            draft = draft[int(place)]
    return draft


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def shown(batch: ImportBatch) -> dict[str, Any]:
    """The kept preview; empty where there is none."""
    return dict(json.loads(batch.preview)) if batch.preview else {}
