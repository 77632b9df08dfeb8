"""What is said of a duplicate, to an officer and to a partner: what matched, and who was first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import localtime

from leadops.models import Common, DuplicateKey, DuplicatePolicy, Lead
from leadops.services.duplicates.finding import Known
from leadops.services.duplicates.judging import Match
from leadops.validation import Finding, findings_at, problem

NAMES = {DuplicateKey.PAN: "PAN", DuplicateKey.MOBILE: "mobile", DuplicateKey.ACCOUNT: "account"}
ROUTES = {
    Lead.Intake.EXCEL: "by Excel",
    Lead.Intake.API: "by API",
    Lead.Intake.ADMIN: "through the back office",
    Lead.Intake.DIALECT: "by a vendor's dialect",
}
KNOWN_ALREADY = "The lender knows this borrower already."
"""All that a partner is told of a lead that another one brought."""


def in_common(common: Iterable[Common]) -> str:
    """`PAN JUXXXXX79B and mobile ••••4567`."""
    named = [f"{NAMES[DuplicateKey(each['key'])]} {each['shown']}" for each in common]
    *others, last = dict.fromkeys(named)
    return f"{', '.join(others)} and {last}" if others else last


def for_officer(match: Match) -> str:
    """Who was first, from where and when, and with what."""
    known = match.known
    assert known is not None
    when = date_format(localtime(known.created_at), "DATETIME_FORMAT")
    came = f"came first, {ROUTES[Lead.Intake(known.intake)]} on {when}"
    return (
        f"Lead {known.reference} of {known.partner_name} {came}, with the same {in_common(match.common)}"
        f"{_ended(known)}.{_doubt(match)}"
    )


def of_row(match: Match, number: int) -> str:
    """The same of another row of the same file."""
    return f"Row {number} of this file comes first, with the same {in_common(match.common)}.{_doubt(match)}"


def for_partner(match: Match) -> str:
    """The same to the partner that brought both: whether another's lead came before even this one is not said."""
    known = match.known
    assert known is not None
    on = date_format(localtime(known.created_at), "DATE_FORMAT")
    what = in_common(match.common)
    return f"Your lead {known.reference} of {on} has the same {what}{_ended(known)}.{_doubt(match)}"


def of_change(match: Match, policy: str, *, to_officer: bool) -> str:
    """What a lead would have in common with another by a change, and what the program's rule makes of that."""
    known = match.known
    assert known is not None
    lead = f"Lead {known.reference} of {known.partner_name}" if to_officer else f"Your lead {known.reference}"
    ruled = ""
    if not match.only_mobile:
        ruled = {
            DuplicatePolicy.REFUSE: " This program takes no second lead of a borrower, so nothing was changed.",
            DuplicatePolicy.MERGE: " Both stay: a change puts no leads together.",
        }.get(DuplicatePolicy(policy), "")
    return f"{lead} has the same {in_common(match.common)}{_ended(known)}.{_doubt(match)}{ruled}"


def _ended(known: Known) -> str:
    if known.status in Lead.STOPPED:
        return f"; it was {Lead.Status(known.status).label.lower()} since"
    return ""


def _doubt(match: Match) -> str:
    return " The PANs differ, so it may be another person of the same household." if match.only_mobile else ""


def own(matches: Iterable[Match], partner_id: UUID) -> list[Match]:
    """Those of the matches that the partner may know of: its own leads."""
    return [match for match in matches if match.known and match.is_of(partner_id)]


def warnings_for_partner(matches: Iterable[Match], partner_id: UUID) -> list[Finding]:
    """One for each of the partner's own earlier leads; of others' nothing is said."""
    return [finding for match in own(matches, partner_id) for finding in warning(match, for_partner(match))]


def warning(match: Match, words: str) -> list[Finding]:
    return findings_at(match.common[0]["field"], [problem("possible_duplicate", words=words)])


def refusals(match: Match, words: str) -> list[Finding]:
    """One for each field that the earlier lead has too."""
    told = problem("duplicate_lead", words=words)
    return [finding for common in match.common for finding in findings_at(common["field"], [told])]


def refused_silently() -> list[Finding]:
    """Without a field: which one it was would be an answer about another partner's client."""
    return findings_at("", [problem("duplicate_lead", words=KNOWN_ALREADY)])


def filled(paths: Sequence[str]) -> str:
    """What came of a repeat that was no lead of its own."""
    if not paths:
        return "This one told nothing new."
    names = (path.rpartition(".")[2].partition("[")[0].replace("_", " ") for path in paths)
    return f"Filled in there: {', '.join(dict.fromkeys(names))}."
