"""Rows that change leads which are here: found by the partner's reference, else by mobile and PAN together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max

from leadops import statements
from leadops.excel.header import Header
from leadops.models import ImportBatch, ImportMode, ImportRow, Lead
from leadops.services import lead_updates
from leadops.services.import_claims import Claims, Person, person_of, reference_of
from leadops.services.import_duplicates import hold_changes
from leadops.services.import_foresight import Foresight
from leadops.services.import_judging import Result, our_fault, row_note
from leadops.services.import_known import leads_by_reference
from leadops.validation import Finding, Severity, errors_in

Outcome = ImportRow.Outcome
_ERROR, _NOTE = Severity.ERROR, Severity.WARNING
UNCHANGED = Finding("", "unchanged", "The lead says all of this already; nothing was changed.", _NOTE)
CHANGED_AGAIN = "changed_again"
_SEVERAL = "Several leads have this mobile and PAN; give its reference."
_BY_PERSON = (
    "SELECT l.primary_mobile_index, a.pan_no_index, l.id FROM leadops_lead l"
    " JOIN leadops_applicant a ON a.lead_id = l.id AND a.is_primary"
    " WHERE l.partner_id = %s AND l.program_id = %s AND l.primary_mobile_index = ANY(%s) AND a.pan_no_index = ANY(%s)"
    " AND l.deleted_at IS NULL"
)


class ById(NamedTuple):
    """The lead whose id a row gives, and what tells how the row changes it."""

    lead_id: UUID
    decide: Callable[[Lead | None], None]


def match(
    header: Header,
    batch: ImportBatch,
    results: Sequence[Result],
    *,
    lock: bool,
    by_id: Mapping[UUID, ById] = MappingProxyType({}),
    foreseen: Foresight | None = None,
) -> None:
    """Tell for each good row which lead it changes and how; without one it makes a lead, or is refused.

    A row that is about what a row before it changes or makes goes on waiting: the next chunk knows the lead, as it
    then is. `by_id`: rows, by their own ids, that give their lead's.
    """
    meant = _meant(header, batch, results, by_id, foreseen)
    wanted = {ids[0] for _, ids, _ in meant if len(ids) == 1}
    leads = foreseen.to_change(wanted) if foreseen else lead_updates.to_change(wanted, lock=lock)
    claims = Claims(batch.program)
    for result, ids, decide in meant:
        if not claims.meet(ids, result.draft):
            decide(leads.get(ids[0]) if len(ids) == 1 else None)
            if _is_taken(claims, result, ids):
                continue
        claims.take_waiting(ids, result.draft, result.change)
        result.draft, result.change, result.outcome = None, None, Outcome.WAITING.value
        result.lead_id = ids[0] if len(ids) == 1 else None
    hold_changes(header, batch, [each for each in results if each.change is not None], foreseen)
    _tell_of_rows_before(batch, [each for each in results if each.change is not None], foreseen)


def _tell_of_rows_before(batch: ImportBatch, changing: Sequence[Result], foreseen: Foresight | None) -> None:
    """Have a row that changes a lead name the row of this file that did so last: what that one said may be gone."""
    lead_ids = {each.lead_id for each in changing if each.lead_id is not None}
    before = foreseen.last_rows(lead_ids) if foreseen else _last_rows(batch, lead_ids)
    for result in changing:
        if number := before.get(result.lead_id):
            message = (
                f"Row {number} of this file is about the same lead;"
                " this row came after it and changed the lead again."
            )
            result.problems = [*result.problems, row_note(CHANGED_AGAIN, message)]


def _last_rows(batch: ImportBatch, lead_ids: Collection[UUID]) -> dict[UUID | None, int]:
    """The last row of this import so far that made or changed each lead."""
    if not lead_ids:
        return {}
    done = batch.import_rows.filter(lead_id__in=lead_ids, outcome__in=(Outcome.CREATED, Outcome.UPDATED))
    return dict(done.order_by().values_list("lead_id").annotate(Max("lead_row")))


_Meant = tuple[Result, list[UUID], Callable[[Lead | None], None]]


def _meant(
    header: Header,
    batch: ImportBatch,
    results: Sequence[Result],
    by_id: Mapping[UUID, ById],
    foreseen: Foresight | None,
) -> list[_Meant]:
    """The rows with the leads that they are about, in their order."""
    drafted = [each for each in results if each.draft is not None]
    by_reference = {name: [lead_id] for name, lead_id in leads_by_reference(batch, drafted).items()}
    by_person = _leads_by_person(batch, [each for each in drafted if not reference_of(each.draft)])
    if foreseen is not None:
        by_reference = foreseen.named({reference_of(each.draft) for each in drafted}, by_reference)
        by_person = foreseen.named({person_of(each.draft) for each in drafted}, by_person)
    meant: list[_Meant] = []
    for result in results:
        if (given := by_id.get(result.row_id)) is not None:
            meant.append((result, [given.lead_id], given.decide))
        elif result.draft is not None:
            reference = reference_of(result.draft)
            ids = by_reference.get(reference) if reference else by_person.get(person_of(result.draft))
            ids = ids or []
            meant.append((result, ids, partial(_decide, header, batch, result, ids)))
    return meant


def _is_taken(claims: Claims, result: Result, ids: Sequence[UUID]) -> bool:
    """Note what a decided row is about; no where it has to wait after all."""
    if result.change is not None:
        return claims.take_change(ids, result.change)
    if result.draft is not None and result.outcome == Outcome.CREATED:
        return claims.take_new(result.draft)
    return True


def apply(header: Header, results: Iterable[Result]) -> None:
    """Store the changes that `match` found, all at once, or one by one so that a failure costs no other row."""
    changing = [each for each in results if each.change is not None]
    if not changing:
        return
    try:
        _save(changing)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        for result in changing:
            _save_alone(header, result)


def _save_alone(header: Header, result: Result) -> None:
    try:
        _save([result])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        result.lead_id = None
        result.refuse(our_fault(header, result, error))


def _save(results: Iterable[Result]) -> None:
    with transaction.atomic():
        lead_updates.save([each.change for each in results if each.change is not None])


def _leads_by_person(batch: ImportBatch, results: Iterable[Result]) -> dict[Person | None, list[UUID]]:
    people = [person for each in results if (person := person_of(each.draft))]
    if not people:
        return {}
    mobiles, pans = [list(each) for each in zip(*people, strict=True)]
    found: dict[Person | None, list[UUID]] = defaultdict(list)
    for mobile, pan, lead_id in statements.rows(
        _BY_PERSON, [batch.partner_id, batch.program_id, mobiles, pans]
    ):
        found[bytes(mobile), bytes(pan)].append(lead_id)
    return found


def _without_a_lead(header: Header, batch: ImportBatch, result: Result) -> None:
    if batch.mode == ImportMode.UPDATE:
        message = (
            "No lead of this partner has this reference, or this mobile and PAN; in this import none is made."
        )
        _refuse(header, result, "no_such_lead", message)
    elif result.held:
        result.refuse([*result.problems, *header.problems(result.held, result.number)])


def _refuse(header: Header, result: Result, code: str, message: str) -> None:
    field = "partner_ref_id" if header.has("partner_ref_id") else "primary_mobile"
    result.refuse(header.problems([Finding(field, code, message, _ERROR)], result.number))


def _decide(
    header: Header, batch: ImportBatch, result: Result, ids: Sequence[UUID], lead: Lead | None
) -> None:
    assert result.draft is not None
    if len(ids) > 1:
        _refuse(header, result, "several_leads_match", _SEVERAL)
        return
    if lead is None:
        _without_a_lead(header, batch, result)
        return
    result.lead_id = lead.pk
    if reason := lead_updates.why_not(lead, batch.program):
        _leave(header, result, reason)
        return
    change = lead_updates.change_of(lead, result.draft, batch)
    if errors := errors_in(change.findings):
        problems = header.problems(errors, result.number)
        result.lead_id = None
        result.refuse(problems)
    elif change.is_empty:
        _leave(header, result, UNCHANGED)
    else:
        result.change, result.outcome = change, Outcome.UPDATED.value


def _leave(header: Header, result: Result, reason: Finding) -> None:
    """Leave the lead as it is, or refuse the row where the reason is an error."""
    problems = header.problems([reason], result.number)
    if reason.is_error:
        result.lead_id = None
        result.refuse(problems)
    else:
        result.draft, result.outcome, result.problems = None, Outcome.SKIPPED.value, problems
