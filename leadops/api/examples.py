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
BULK = OpenApiExample(
    "Two leads",
    {
        "leads": [
            {**LEAD_BODY, "partner_ref_id": "asd-1"},
            {
                "program_id": LEAD_BODY["program_id"],
                "primary_mobile": "9000000001",
                "partner_ref_id": "asd-2",
            },
        ]
    },
    request_only=True,
)
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

LEAD_ID, APPLICANT_ID = "df03f224-6089-4d08-baca-8f1c8868a8ad", "7a1c9c1c-2f0a-4b7b-8f0e-1f6a2c9d0e55"
APPLICANT_BODY = {
    "lead_id": LEAD_ID,
    "applicant_type": "person",
    "is_primary": False,
    "is_authorized_signatory": True,
    "tags": [],
    "name": "Asha Verma",
    "primary_mobile": "9000000002",
    "primary_email": "asha@example.com",
    "addresses": [],
    "banks": [],
}
ADDRESS_BODY = {"applicant_id": APPLICANT_ID, "tags": ["current"], **_ADDRESS}
BANK_BODY = {
    "applicant_id": APPLICANT_ID,
    "account_type": "current",
    "account_no": "000111222333",
    "account_holder_name": "Acme Traders",
    "ifsc": "CBIN0281814",
    "is_verified": False,
    "tags": [],
}
CREATE_APPLICANT = OpenApiExample("A signatory", APPLICANT_BODY, request_only=True)
CREATE_ADDRESS = OpenApiExample("A shop", ADDRESS_BODY, request_only=True)
CREATE_BANK = OpenApiExample("A current account", BANK_BODY, request_only=True)
CHANGE_APPLICANT = OpenApiExample("Another e-mail", {"primary_email": "asha2@example.com"}, request_only=True)
CHANGE_ADDRESS = OpenApiExample("Another locality", {"locality": "Kotkapura"}, request_only=True)
CHANGE_BANK = OpenApiExample("Another number", {"account_no": "000111222334"}, request_only=True)

_AFTERWARDS = """\
The lead is checked as it would become, is one version newer, and is offered again to the systems that do not have it.
A lead that the lender has decided on, or that has a loan account, is not changed any more: 409.
"""
CHANGE_WORDS = f"""\
Changes the fields that are sent and leaves the others; `null` empties one. A change that says nothing new changes
nothing. {_AFTERWARDS}"""
CREATE_APPLICANT_WORDS = f"Stands behind the lead's other applicants. {_AFTERWARDS}"
CHANGE_APPLICANT_WORDS = f"""\
{CHANGE_WORDS}
Of `identity_document` too only the fields that are sent are changed. `is_primary: true` does what `mark_primary`
does. A masked value that is sent back is left out with a warning.
"""
CREATE_ADDRESS_WORDS = f"""\
In India `address_line`, `pincode`, `city` and `state` are needed; the last two are filled from the pincode.
{_AFTERWARDS}"""
CREATE_BANK_WORDS = f"""\
`account_no`, `account_holder_name` and `account_type` are needed, in India `ifsc` too. {_AFTERWARDS}"""
CHANGE_BANK_WORDS = f"""\
{CHANGE_WORDS}
Another number, IFSC or holder makes `is_verified` false; `true` from you is left out with a warning, and so is a masked
number that is sent back.
"""
