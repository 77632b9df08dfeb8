"""The lead that Crego's own page prints passes as it is printed."""

from __future__ import annotations

from datetime import date
from typing import Any

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, LeadDraft
from leadops.validation import check_lead
from tests.vendor_pages import crego_lead


def crego_example() -> LeadDraft:
    printed_lead = crego_lead()
    applicants = []
    for printed in printed_lead["applicants"]:
        printed["addresses"] = [AddressDraft(**address) for address in printed["addresses"]]
        printed["banks"] = [BankDraft(**bank) for bank in printed["banks"]]
        applicants.append(ApplicantDraft(**printed))
    return LeadDraft(
        primary_mobile=printed_lead["primary_mobile"],
        partner_ref_id=printed_lead["partner_ref_id"],
        applicants=applicants,
    )


def printed_values(draft: Any, printed: dict[str, Any]) -> dict[str, Any]:
    """Read back from a draft what the page prints."""
    return {
        key: [printed_values(part, each) for part, each in zip(getattr(draft, key), value, strict=True)]
        if key in {"addresses", "banks"}
        else getattr(draft, key)
        for key, value in printed.items()
    }


def test_cregos_example_passes_and_only_its_mobiles_change():
    draft = crego_example()
    assert check_lead(draft, today=date(2026, 1, 1)) == []
    assert (draft.primary_mobile, draft.partner_ref_id) == ("+918439598391", "asd")
    assert draft.applicants[0].primary_mobile == "+917714044531"
    draft.applicants[0].primary_mobile = "7714044531"
    people = crego_lead()["applicants"]
    assert [
        printed_values(applicant, printed)
        for applicant, printed in zip(draft.applicants, people, strict=True)
    ] == people
