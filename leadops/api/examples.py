"""Bodies that run as they stand, once the program ids in them exist; a test sends them."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

_ADDRESS = {
    "address_line": "Shop No. 75-78",
    "pincode": "151203",
    "locality": "Faridkot",
    "city": "Faridkot",
    "state": "Punjab",
}
_BANK = {
    "account_type": "current",
    "account_no": "",
    "account_holder_name": "D K KRISHI SEWA KENDRA CHAND 2021-22",
    "ifsc": "CBIN0281814",
    "is_verified": False,
    "tags": [],
}
LEAD_BODY = {
    "program_id": "4b67c764-afb3-4570-ac21-025ea3255b6e",
    "primary_mobile": "8439598391",
    "partner_ref_id": "asd",
    "applicants": [
        {
            "applicant_type": "business",
            "is_primary": True,
            "is_authorized_signatory": False,
            "business_type": "Proprietorship",
            "tags": [],
            "name": "Business Name",
            "pan_no": "JUVPK1179B",
            "primary_mobile": "7714044531",
            "addresses": [{"tags": ["current", "registered"], **_ADDRESS}],
            "banks": [_BANK],
        },
        {
            "applicant_type": "person",
            "is_primary": False,
            "is_authorized_signatory": True,
            "tags": [],
            "name": "Dharmendra",
            "primary_email": "222@gmail.com",
            "addresses": [{"tags": ["current", "permanent"], **_ADDRESS}],
            "banks": [_BANK],
        },
    ],
}
ACCOUNT_BODY = {
    "crm_lead_id": "df03f224-6089-4d08-baca-8f1c8868a8ad",
    "ref_id": "CL00044A",
    "program_id": "15676342-6603-4637-a83f-77feda9523e9",
}
CREATE_LEAD = OpenApiExample("A business and its signatory", LEAD_BODY, request_only=True)
CREATE_ACCOUNT = OpenApiExample("An account on a lead", ACCOUNT_BODY, request_only=True)

CREATE_LEAD_WORDS = """\
Stores the lead and sends it on to the connected vendors. `program_id` and `primary_mobile` are enough; every
applicant that is sent is checked in full. The answer is the whole lead, personal data masked. A `partner_ref_id`
that you have used before answers 409 with the existing id.
"""
CREATE_ACCOUNT_WORDS = """\
Stores the account and opens it at the loan origination system as soon as the lead is known there. `status` is
`pending` until that system has given its own word. A `ref_id` that the program has already answers 409.
"""
