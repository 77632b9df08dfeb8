"""The rows of an import: stored as they are read, then made into leads chunk by chunk."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Max

from leadops import statements
from leadops.drafts import LeadDraft
from leadops.excel import notes
from leadops.excel.header import Header
from leadops.excel.reader import Row
from leadops.excel.weighing import Weighing, with_findings
from leadops.faults import place_of
from leadops.fields import place
from leadops.models import ImportBatch, ImportRow, Lead, RowProblem
from leadops.sealing import open_sealed
from leadops.services import leads
from leadops.services.import_duplicates import Judged, Repeats
from leadops.services.insertion import Table, in_json
from leadops.validation import Finding, Problem, Severity, check_lead, findings_at

logger = logging.getLogger(__name__)

Outcome = ImportRow.Outcome
_NOTE = Severity.WARNING
_STORED = Table(ImportRow, ("batch_id", "sheet", "number", "cells", "problems"))


def last_number(batch: ImportBatch) -> int:
    """The number of the last row that is stored, 0 when none is."""
    return batch.import_rows.aggregate(last=Max("number"))["last"] or 0


def store(batch: ImportBatch, rows: Iterable[Row]) -> None:
    """Store rows as they were read, sealed, waiting for their result."""
    _STORED.write(
        [
            _STORED.row(
                (batch.pk, row.sheet[:100], row.number, in_json(row.cells), notes.kept(row.notes, row.number))
            )
            for row in rows
        ]
    )


@dataclass(slots=True)
class _Result:
    """What becomes of one row."""

    row_id: UUID
    sheet: str
    number: int
    draft: LeadDraft | None = None
    outcome: str = Outcome.CREATED.value
    problems: list[RowProblem] = field(default_factory=list)
    lead_id: UUID | None = None

    def refuse(self, problems: list[RowProblem]) -> None:
        self.draft, self.outcome, self.problems = None, Outcome.FAILED.value, problems


def import_next(batch: ImportBatch, count: int) -> dict[str, int] | None:
    """Give the next `count` waiting rows their results, in the caller's transaction, which has the batch locked.

    Returns how many rows had which outcome, None when no row was waiting.
    """
    header = Header(batch.columns)
    weighing = Weighing(header.cells, header.columns)
    results = [_judged(header, weighing, batch, *row) for row in _waiting(batch, count)]
    if not results:
        return None
    _lock_file(batch)
    _skip_known(header, batch, results)
    repeats = Repeats(header, batch, results)
    good = [result for result in results if result.draft is not None]
    try:
        with transaction.atomic():
            _make_leads(batch, good)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # One row that the checks let through and the database did not must not cost the others.
        for result in good:
            _make_lead_alone(header, batch, result)
    repeats.settle(lambda result, error: _our_fault(header, result, error))
    _write(results)
    return dict(Counter(each.outcome for each in results if each.outcome != Outcome.WAITING))


def _waiting(batch: ImportBatch, count: int) -> list[tuple[UUID, str, int, bytes, str]]:
    sql = (
        "SELECT id, sheet, number, cells, problems FROM leadops_importrow WHERE batch_id = %s AND outcome = 'waiting'"
        " ORDER BY number LIMIT %s"
    )
    return statements.rows(sql, [batch.pk, count])


def _judged(
    header: Header,
    weighing: Weighing,
    batch: ImportBatch,
    row_id: UUID,
    sheet: str,
    number: int,
    sealed: bytes,
    noted: str,
) -> _Result:
    result = _Result(row_id, sheet, number)
    try:
        cells = json.loads(open_sealed(bytes(sealed), place(ImportRow, "cells", row_id)))
        result.problems = weighing.weigh(json.loads(noted), cells, number)
        if left_out := [each for each in result.problems if each["code"] in notes.LEAVES_OUT]:
            result.outcome, result.problems = Outcome.SKIPPED.value, left_out
            return result
        draft, findings = header.draft(cells)
        findings += check_lead(draft, country=batch.program.country, today=date.today())
    except Exception as error:
        result.refuse(_our_fault(header, result, error))
        return result
    result.problems = with_findings(result.problems, header.problems(findings, number))
    if any(each["severity"] == Severity.ERROR for each in result.problems):
        result.refuse(result.problems)
    else:
        result.draft = draft
    return result


def _our_fault(header: Header, result: Judged, error: Exception) -> list[RowProblem]:
    logger.error("Import row %s failed: %s.", result.row_id, place_of(error))
    return header.problems(findings_at("", [Problem("internal_error")]), result.number)


def _lock_file(batch: ImportBatch) -> None:
    """Let chunks of one and the same file, uploaded twice at a time, take turns."""
    with connection.cursor() as cursor:
        key = int.from_bytes(bytes.fromhex(batch.sha256)[:8], "big", signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _skip_known(header: Header, batch: ImportBatch, results: Sequence[_Result]) -> None:
    """Skip rows whose lead is already here, by the partner's reference or as the same row of the same file.

    A row that repeats the reference of one before it in this chunk goes on waiting: the next chunk knows the lead.
    """
    known = _leads_by_reference(batch, results)
    rows = _rows_of_leads(batch, known.values()) if known else {}
    again = _leads_of_same_rows(batch, results)
    seen: set[str] = set()
    for result in results:
        if result.draft is None:
            continue
        reference = result.draft.partner_ref_id
        if reference in known:
            number = rows.get(known[reference])
            where = f"from row {number} of this file" if number else "from before"
            message = f"A lead with this reference is already here, {where}; this row was left out."
            _skip(
                header,
                result,
                known[reference],
                Finding("partner_ref_id", "duplicate_reference", message, _NOTE),
            )
        elif reference in seen:
            result.draft, result.outcome = None, Outcome.WAITING.value
        elif reference:
            seen.add(reference)
        elif lead_id := again.get((result.sheet, result.number)):
            message = "This row of the same file became a lead before; it was left out."
            _skip(header, result, lead_id, Finding("", "already_imported", message, _NOTE))


def _skip(header: Header, result: _Result, lead_id: UUID, finding: Finding) -> None:
    result.draft, result.outcome, result.lead_id = None, Outcome.SKIPPED.value, lead_id
    result.problems = header.problems([finding], result.number)


def _leads_by_reference(batch: ImportBatch, results: Iterable[_Result]) -> dict[str, UUID]:
    references = [each.draft.partner_ref_id for each in results if each.draft and each.draft.partner_ref_id]
    if not references:
        return {}
    sql = (
        "SELECT partner_ref_id, id FROM leadops_lead WHERE partner_id = %s AND partner_ref_id = ANY(%s)"
        " AND partner_ref_id <> ''"
    )
    # An array: Django spends longer on 500 parameters than the database.
    return dict(statements.rows(sql, [batch.partner_id, references]))


def _rows_of_leads(batch: ImportBatch, lead_ids: Iterable[UUID]) -> dict[UUID, int]:
    made = batch.import_rows.filter(lead_id__in=list(lead_ids), outcome=Outcome.CREATED)
    return {lead_id: number for lead_id, number in made.values_list("lead_id", "number") if lead_id}


def _leads_of_same_rows(batch: ImportBatch, results: Iterable[_Result]) -> dict[tuple[str, int], UUID]:
    """Leads made from these rows when the same file was uploaded before; only rows without a reference need it."""
    numbers = [each.number for each in results if each.draft and not each.draft.partner_ref_id]
    if not numbers:
        return {}
    made = ImportRow.objects.filter(
        batch__sha256=batch.sha256,
        batch__partner_id=batch.partner_id,
        batch__program_id=batch.program_id,
        number__in=numbers,
        outcome=Outcome.CREATED,
        lead__isnull=False,
    ).exclude(batch_id=batch.pk)
    return {
        (sheet, number): lead
        for sheet, number, lead in made.values_list("sheet", "number", "lead_id")
        if lead
    }


def _make_leads(batch: ImportBatch, results: Sequence[_Result]) -> None:
    drafts = [result.draft for result in results if result.draft is not None]
    made = leads.create(
        drafts,
        partner=batch.partner,
        program=batch.program,
        intake=Lead.Intake.EXCEL,
        created_by=batch.uploaded_by,
        to_submit=True,
    )
    leads.submit(made, later=True)
    for result, lead in zip(results, made, strict=True):
        result.lead_id = lead.pk


def _make_lead_alone(header: Header, batch: ImportBatch, result: _Result) -> None:
    result.lead_id = None
    try:
        with transaction.atomic():
            _make_leads(batch, [result])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        _skip_known(header, batch, [result])  # its reference may have come by another road in this moment
        if result.draft is not None:
            result.refuse(_our_fault(header, result, error))


def _write(results: Iterable[_Result]) -> None:
    columns = zip(
        *[
            (each.row_id, each.outcome, each.lead_id, in_json(each.problems))
            for each in results
            if each.outcome != Outcome.WAITING
        ],
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE leadops_importrow AS kept SET outcome = new.outcome, lead_id = new.lead_id,"
            " problems = new.problems::jsonb, updated_at = clock_timestamp()"
            " FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::text[])"
            " AS new (id, outcome, lead_id, problems) WHERE kept.id = new.id",
            [list(column) for column in columns],
        )
