"""The lead that Crego's own page prints passes as it is printed."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, LeadDraft
from leadops.validation import check_lead

# The example of Crego's page "Create Lead", as printed.
CREGO_ADDRESS = {
    "address_line": "Shop No. 75-78",
    "pincode": "151203",
    "locality": "Faridkot",
    "city": "Faridkot",
    "state": "Punjab",
}
CREGO_BANK = {
    "account_type": "current",
    "account_no": "",
    "account_holder_name": "D K KRISHI SEWA KENDRA CHAND 2021-22",
    "ifsc": "CBIN0281814",
    "is_verified": False,
    "tags": [],
}
CREGO_APPLICANTS: list[dict[str, Any]] = [
    {
        "applicant_type": "business",
        "is_primary": True,
        "is_authorized_signatory": False,
        "business_type": "Proprietorship",
        "tags": [],
        "name": "Business Name",
        "pan_no": "JUVPK1179B",
        "primary_mobile": "7714044531",
        "addresses": [{"tags": ["current", "registered"], **CREGO_ADDRESS}],
        "banks": [CREGO_BANK],
    },
    {
        "applicant_type": "person",
        "is_primary": False,
        "is_authorized_signatory": True,
        "tags": [],
        "name": "Dharmendra",
        "primary_email": "222@gmail.com",
        "addresses": [{"tags": ["current", "permanent"], **CREGO_ADDRESS}],
        "banks": [CREGO_BANK],
    },
]


def crego_example() -> LeadDraft:
    applicants = []
    for printed in copy.deepcopy(CREGO_APPLICANTS):
        printed["addresses"] = [AddressDraft(**address) for address in printed["addresses"]]
        printed["banks"] = [BankDraft(**bank) for bank in printed["banks"]]
        applicants.append(ApplicantDraft(**printed))
    return LeadDraft(primary_mobile="8439598391", partner_ref_id="asd", applicants=applicants)


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
    assert [
        printed_values(applicant, printed)
        for applicant, printed in zip(draft.applicants, CREGO_APPLICANTS, strict=True)
    ] == CREGO_APPLICANTS
