"""Many leads of one request: stored together where they can be, and alone what is anything special."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, transaction

from leadops.drafts import LeadDraft
from leadops.errors import Invalid
from leadops.faults import place_of
from leadops.models import Lead, Partner, Program
from leadops.services import duplicates, leads
from leadops.services.duplicates import Becomes, Key
from leadops.services.leads import Received
from leadops.validation import Finding, check_lead, errors_in

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Sent:
    """A lead of the request, and what became of it: what was stored, or why not; `left_out`, what was not taken."""

    draft: LeadDraft
    program: Program
    left_out: Sequence[Finding] = ()
    became: Received | Exception | None = None
    warnings: Sequence[Finding] = ()


def receive(sent: Sequence[Sent], *, partner: Partner, intake: str) -> None:
    """Check, store and submit each of `sent` as `leads.receive` would, one after the other; each is told its own end.

    A lead that is refused, or that the database will not have, costs no other. Only a database that is away ends all.
    """
    by_program: dict[Program, list[Sent]] = defaultdict(list)
    for each in sent:
        _check(each)
        if each.became is None:
            by_program[each.program].append(each)
    for program, rows in by_program.items():
        _store_together(_plain(rows, partner, program), partner, program, intake)
    for each in sent:
        if each.became is None:
            _store_alone(each, partner, intake)


def _check(each: Sent) -> None:
    each.warnings = check_lead(each.draft, country=each.program.country)
    if errors := errors_in(each.warnings):
        each.became = Invalid(errors)


def _plain(rows: Sequence[Sent], partner: Partner, program: Program) -> list[Sent]:
    """Those whose references are free and that nothing before them in the request is known by."""
    given = {each.draft.partner_ref_id for each in rows} - {""}
    taken = Lead.with_deleted.filter(partner=partner, partner_ref_id__in=given).exclude(partner_ref_id="")
    references = set(taken.values_list("partner_ref_id", flat=True))
    kinds = program.duplicate_keys if program.looks_for_duplicates else ()
    seen: set[Key] = set()
    plain = []
    for each in rows:
        reference, keys = each.draft.partner_ref_id, duplicates.keys_of(each.draft, kinds).keys()
        if reference not in references and seen.isdisjoint(keys):
            plain.append(each)
        references |= {reference} - {""}
        seen |= keys
    return plain


def _store_together(rows: Sequence[Sent], partner: Partner, program: Program, intake: str) -> None:
    """Store those that the rule makes leads of; where one can't be stored, all are left to be stored alone."""
    try:
        made = _stored(rows, partner, program, intake)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # each alone meets it again, or does not, and says so
        logger.warning("%s leads of one request are stored one by one: %s.", len(rows), place_of(error))
        return
    for each, received in made:
        each.became = received


def _stored(
    rows: Sequence[Sent], partner: Partner, program: Program, intake: str
) -> list[tuple[Sent, Received]]:
    with transaction.atomic():
        verdicts = duplicates.judge([each.draft for each in rows], partner=partner, program=program)
        good = [(row, each) for row, each in zip(rows, verdicts, strict=True) if each.becomes is Becomes.LEAD]
        drafts = [row.draft for row, _ in good]
        made = leads.create(drafts, partner=partner, program=program, intake=intake, to_submit=True)
        told = list(zip(made, good, strict=True))
        pairs = [
            pair for lead, (_, verdict) in told for pair in duplicates.pairs_of(lead.pk, verdict.matches)
        ]
        duplicates.keep(pairs)
        leads.submit(made, later=True)
    return [(row, Received(lead, [*row.warnings], verdict.matches, None)) for lead, (row, verdict) in told]


def _store_alone(each: Sent, partner: Partner, intake: str) -> None:
    try:
        with transaction.atomic():  # whatever it fails at, the others' transaction goes on
            received = leads.receive(each.draft, partner=partner, program=each.program, intake=intake)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        each.became = error
    else:
        each.became = received._replace(warnings=[*each.warnings])
