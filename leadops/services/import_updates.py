"""Rows that change leads which are here: found by the partner's reference, else by mobile and PAN together."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from leadops import statements
from leadops.drafts import LeadDraft
from leadops.excel.header import Header
from leadops.models import Applicant, ImportBatch, ImportMode, ImportRow, Lead
from leadops.services import lead_updates
from leadops.services.import_judging import Result, our_fault
from leadops.validation import Finding, Severity, errors_in

logger = logging.getLogger(__name__)

Outcome = ImportRow.Outcome
_ERROR, _NOTE = Severity.ERROR, Severity.WARNING
UNCHANGED = Finding("", "unchanged", "The lead says all of this already; nothing was changed.", _NOTE)
_SEVERAL = "Several leads have this mobile and PAN; give its reference."
_BY_REFERENCE = (
    "SELECT partner_ref_id, id FROM leadops_lead WHERE partner_id = %s AND partner_ref_id = ANY(%s)"
    " AND partner_ref_id <> ''"
)
_BY_PERSON = (
    "SELECT l.primary_mobile_index, a.pan_no_index, l.id FROM leadops_lead l"
    " JOIN leadops_applicant a ON a.lead_id = l.id AND a.is_primary"
    " WHERE l.partner_id = %s AND l.program_id = %s AND l.primary_mobile_index = ANY(%s) AND a.pan_no_index = ANY(%s)"
)
_MOBILE_INDEX = Lead._meta.get_field("primary_mobile_index")
_PAN_INDEX = Applicant._meta.get_field("pan_no_index")
Person = tuple[bytes | None, bytes | None]


def match(header: Header, batch: ImportBatch, results: Sequence[Result], *, lock: bool) -> None:
    """Tell for each good row which lead it changes and how; without one it makes a lead, or is refused.

    A row that names what a row before it has changed or makes goes on waiting: the next chunk knows the lead, as
    it then is.
    """
    open_results = [each for each in results if each.draft is not None]
    by_reference = _leads_by_reference(batch, open_results)
    by_person = _leads_by_person(batch, [each for each in open_results if not _reference(each.draft)])
    named = [(each, _known(each, by_reference, by_person)) for each in open_results]
    leads = lead_updates.to_change({ids[0] for _, ids in named if len(ids) == 1}, lock=lock)
    taken: set[UUID | str | Person] = set()
    for result, ids in named:
        if not taken.isdisjoint((*ids, *_names(result.draft))):
            result.draft, result.outcome = None, Outcome.WAITING.value
            result.lead_id = ids[0] if len(ids) == 1 else None
            continue
        if not ids:
            _without_a_lead(header, batch, result)
        elif len(ids) > 1:
            _refuse(header, result, "several_leads_match", _SEVERAL)
        else:
            _decide(header, batch, result, leads[ids[0]])
        taken.update(_taken(result, ids))


def _known(
    result: Result, by_reference: dict[str, list[UUID]], by_person: dict[Person | None, list[UUID]]
) -> list[UUID]:
    """The leads that this row is about."""
    if reference := _reference(result.draft):
        return by_reference.get(reference, [])
    return by_person.get(_person(result.draft), [])


def _taken(result: Result, ids: Sequence[UUID]) -> list[UUID | str | Person]:
    """What rows after this one must wait for: the lead it changes, and what the lead will be known by."""
    if result.change is not None:
        return [*ids, *_names(result.change.draft)]
    return _names(result.draft) if result.outcome == Outcome.CREATED else []


def _names(draft: LeadDraft | None) -> list[UUID | str | Person]:
    """By what a later row may mean this lead."""
    return [each for each in (_reference(draft), _person(draft)) if each]


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


def _reference(draft: LeadDraft | None) -> str:
    return draft.partner_ref_id if draft else ""


def _person(draft: LeadDraft | None) -> Person | None:
    """The blind indexes of mobile and PAN of the primary applicant, None unless both are given."""
    if draft is None or not draft.applicants:
        return None
    pan = next((each.pan_no for each in draft.applicants if each.is_primary), draft.applicants[0].pan_no)
    mobile = draft.primary_mobile
    if not mobile or not pan:
        return None
    return _MOBILE_INDEX.index(mobile), _PAN_INDEX.index(pan)


def _leads_by_reference(batch: ImportBatch, results: Iterable[Result]) -> dict[str, list[UUID]]:
    references = [name for each in results if (name := _reference(each.draft))]
    if not references:
        return {}
    return {name: [key] for name, key in statements.rows(_BY_REFERENCE, [batch.partner_id, references])}


def _leads_by_person(batch: ImportBatch, results: Iterable[Result]) -> dict[Person | None, list[UUID]]:
    people = [person for each in results if (person := _person(each.draft))]
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


def _decide(header: Header, batch: ImportBatch, result: Result, lead: Lead) -> None:
    assert result.draft is not None
    result.lead_id = lead.pk
    if reason := lead_updates.why_not(lead, batch.program):
        _leave(header, result, reason)
        return
    change = lead_updates.change_of(lead, result.draft, batch.program.country)
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
