"""Rows whose lead is here already: by the partner's reference, or as the same row of the same file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from leadops import statements
from leadops.errors import DELETED_REFERENCE
from leadops.excel.header import Header
from leadops.models import ImportBatch, ImportRow, Program
from leadops.services.import_claims import MOBILE_INDEX
from leadops.services.import_foresight import Foresight
from leadops.services.import_judging import Result
from leadops.validation import Finding, Severity

Outcome = ImportRow.Outcome
_NOTE = Severity.WARNING


def skip_known(
    header: Header, batch: ImportBatch, results: Sequence[Result], foreseen: Foresight | None = None
) -> None:
    """Skip rows whose lead is already here, by the partner's reference or as the same row of the same file.

    A row that repeats the reference of one before it in this chunk goes on waiting: the next chunk knows the lead.
    """
    held, deleted = _by_reference(batch, results)
    known = {name: each.lead_id for name, each in held.items()}
    others = _other_programs(batch, held.values())
    rows = _rows_of_leads(batch, known.values()) if known else {}
    if foreseen is not None:
        names = [each.draft.partner_ref_id for each in results if each.draft and each.draft.partner_ref_id]
        here = {name: [lead_id] for name, lead_id in known.items()}
        known = {name: ids[0] for name, ids in foreseen.named(names, here).items()}
        rows |= {each: row for each in known.values() if (row := foreseen.row_of(each))}
    again = _leads_of_same_rows(batch, results)
    seen: set[str] = set()
    for result in results:
        if result.draft is None:
            continue
        reference = result.draft.partner_ref_id
        if reference in known:
            lead_id = known[reference]
            message = _is_here(rows.get(lead_id)) + _what_differs(result, held.get(reference), others)
            _skip(header, result, lead_id, Finding("partner_ref_id", "duplicate_reference", message, _NOTE))
        elif reference in deleted:
            message = f"{DELETED_REFERENCE} This row was left out."
            _skip(header, result, None, Finding("partner_ref_id", "duplicate_reference", message, _NOTE))
        elif reference in seen:
            result.draft, result.outcome = None, Outcome.WAITING.value
        elif reference:
            seen.add(reference)
        elif (result.sheet, result.number) in again:
            lead_id = again[result.sheet, result.number]
            message = "This row of the same file became a lead before; it was left out."
            _skip(header, result, lead_id, Finding("", "already_imported", message, _NOTE))


def _is_here(number: int | None) -> str:
    where = f"from row {number} of this file" if number else "from before"
    return f"A lead with this reference is already here, {where}; this row was left out."


def _skip(header: Header, result: Result, lead_id: UUID | None, finding: Finding) -> None:
    result.draft, result.outcome, result.lead_id = None, Outcome.SKIPPED.value, lead_id
    result.problems = [*result.problems, *header.problems([finding], result.number)]


def leads_by_reference(batch: ImportBatch, results: Iterable[Result]) -> dict[str, UUID]:
    """The leads of the batch's partner with the references of these drafts."""
    return {name: each.lead_id for name, each in _by_reference(batch, results)[0].items()}


def _other_programs(batch: ImportBatch, held: Iterable[_Held]) -> dict[UUID, str]:
    """The names of the programs that these leads are of, without the import's own."""
    ids = {each.program_id for each in held} - {batch.program_id}
    return {each.pk: str(each) for each in Program.objects.filter(pk__in=ids)} if ids else {}


def _what_differs(result: Result, held: _Held | None, others: Mapping[UUID, str]) -> str:
    """Sentences about what shows that the row may be of another lead all the same; empty where nothing does."""
    if held is None:
        return ""
    told = f" It is a lead of the program {others[held.program_id]}." if held.program_id in others else ""
    mobile = result.draft.primary_mobile if result.draft is not None else ""
    # One whose borrower was erased has no mobile any more.
    if mobile and held.mobile is not None and bytes(held.mobile) != MOBILE_INDEX.index(mobile):
        told += " Its mobile is another one, so give this row a reference of its own if it is of another borrower."
    return told


class _Held(NamedTuple):
    """A lead that has a reference."""

    lead_id: UUID
    program_id: UUID
    mobile: bytes | None


def _by_reference(batch: ImportBatch, results: Iterable[Result]) -> tuple[dict[str, _Held], set[str]]:
    """The leads that have the references, and those references whose leads were deleted."""
    references = [each.draft.partner_ref_id for each in results if each.draft and each.draft.partner_ref_id]
    if not references:
        return {}, set()
    sql = (
        "SELECT partner_ref_id, deleted_at IS NOT NULL, id, program_id, primary_mobile_index FROM leadops_lead"
        " WHERE partner_id = %s AND partner_ref_id = ANY(%s) AND partner_ref_id <> ''"
    )
    # An array: Django spends longer on 500 parameters than the database.
    found = statements.rows(sql, [batch.partner_id, references])
    here = {name: _Held(*facts) for name, gone, *facts in found if not gone}
    return here, {name for name, gone, *_ in found if gone}


def _rows_of_leads(batch: ImportBatch, lead_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The row that each lead begins with: others of it may stand on other sheets, and below."""
    made = batch.import_rows.filter(lead_id__in=list(lead_ids), outcome=Outcome.CREATED)
    return {lead_id: number for lead_id, number in made.values_list("lead_id", "lead_row") if lead_id}


def _leads_of_same_rows(batch: ImportBatch, results: Iterable[Result]) -> dict[tuple[str, int], UUID]:
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
        lead__deleted_at__isnull=True,
        lead__isnull=False,
    ).exclude(batch_id=batch.pk)
    return {
        (sheet, number): lead
        for sheet, number, lead in made.values_list("sheet", "number", "lead_id")
        if lead
    }
