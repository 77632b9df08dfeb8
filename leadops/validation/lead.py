"""The one check of an incoming lead: it mends the draft in place and reports everything that is wrong."""

from __future__ import annotations

import ipaddress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial

from leadops.drafts import ApplicantDraft, ConsentDraft, LeadDraft
from leadops.validation.amounts import amount, tenure
from leadops.validation.applicants import check_applicant
from leadops.validation.cards import refuse_cards
from leadops.validation.contacts import mobile
from leadops.validation.extras import check_extra
from leadops.validation.findings import Checked, Finding, findings_at, problem, refused
from leadops.validation.mending import Checks, words_up_to
from leadops.validation.plain_text import paragraphs, tags
from leadops.validation.words import tenure_unit


def ip_address(text: str | None) -> Checked[str | None]:
    """Write an IPv4 or IPv6 address in its usual short form; without a zone, which only its own machine knows."""
    address = (text or "").strip()
    if not address:
        return Checked(None)
    if "%" in address:
        return refused(text, "invalid_ip_address")
    try:
        return Checked(str(ipaddress.ip_address(address)))
    except ValueError:
        return refused(text, "invalid_ip_address")


@lru_cache(maxsize=32)
def _lead_checks(country: str) -> Checks:
    return Checks(
        primary_mobile=partial(mobile, country=country),
        partner_ref_id=words_up_to(100, with_aadhaar=False),
        source=words_up_to(100),
        channel=words_up_to(100),
        loan_amount=amount,
        loan_tenure=tenure,
        loan_tenure_unit=tenure_unit,
        loan_purpose=words_up_to(200),
        remarks=partial(paragraphs, limit=5000),
        tags=tags,
    )


_CONSENT = Checks(
    purpose=words_up_to(100),
    ip_address=ip_address,
    text_version=words_up_to(50),
    connections=tags,
)

AHEAD = timedelta(minutes=5)
"""So far the clock of who sends a consent may be before ours."""


def check_lead(draft: LeadDraft, *, country: str = "IN", today: date | None = None) -> list[Finding]:
    """Mend a whole lead in place and return every finding, errors and warnings, each with its path.

    `country` is the program's, in ISO alpha-2: numbers that name no country are read as that country's. A
    value with an error stays as it was given. Checking a checked draft changes nothing and finds nothing new.
    """
    today = today or date.today()
    findings = _lead_checks(country).mend(draft, "")
    if not draft.primary_mobile:
        findings += findings_at("primary_mobile", (problem("required", what="The borrower's mobile number"),))
    if draft.loan_tenure is not None and not draft.loan_tenure_unit:
        findings += findings_at("loan_tenure_unit", (problem("tenure_unit_missing"),))
    findings += _choose_primary(draft.applicants)
    for at, applicant in enumerate(draft.applicants):
        findings += check_applicant(applicant, f"applicants[{at}].", country, today)
    for at, consent in enumerate(draft.consents):
        findings += _check_consent(consent, f"consents[{at}].")
    if draft.extra is None:
        draft.extra = {}  # an emptied field of a form
    if draft.extra != {}:
        findings += refuse_cards(draft.extra, "extra")
        findings += check_extra(draft.extra)
    return findings


def _check_consent(consent: ConsentDraft, path: str) -> list[Finding]:
    """Mend one consent; nobody has consented yet at a moment to come, nor to nothing."""
    findings = _CONSENT.mend(consent, path)
    if not consent.purpose:
        findings += findings_at(f"{path}purpose", (problem("required", what="The purpose of the consent"),))
    if consent.granted_at is not None and consent.granted_at > datetime.now(UTC) + AHEAD:
        findings += findings_at(f"{path}granted_at", (problem("date_in_future"),))
    return findings


def _choose_primary(applicants: list[ApplicantDraft]) -> list[Finding]:
    """Make the first applicant the primary one when nobody is; refuse a second one."""
    primary = [at for at, applicant in enumerate(applicants) if applicant.is_primary]
    if applicants and not primary:
        applicants[0].is_primary = True
    return [
        finding
        for at in primary[1:]
        for finding in findings_at(f"applicants[{at}].is_primary", (problem("several_primary_applicants"),))
    ]
