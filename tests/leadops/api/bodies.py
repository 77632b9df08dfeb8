"""Bodies that tests send: synthetic people at real places."""

from __future__ import annotations

from typing import Any

from leadops.models import Program


def lead(program: Program, **fields: Any) -> dict[str, Any]:
    """The smallest lead."""
    return {"program_id": str(program.pk), "primary_mobile": "9000000001", **fields}


def applicant(**fields: Any) -> dict[str, Any]:
    """The smallest applicant of Crego's table."""
    smallest = {
        "applicant_type": "person",
        "is_primary": True,
        "is_authorized_signatory": False,
        "tags": [],
        "name": "Asha Verma",
        "addresses": [],
        "banks": [],
    }
    return smallest | fields


def address(**fields: Any) -> dict[str, Any]:
    """The address of Crego's example."""
    example = {
        "tags": ["current"],
        "address_line": "Shop No. 75-78",
        "pincode": "151203",
        "locality": "Faridkot",
        "city": "Faridkot",
        "state": "Punjab",
    }
    return example | fields


def bank(**fields: Any) -> dict[str, Any]:
    """A current account."""
    example = {
        "account_type": "current",
        "account_no": "000999888777",
        "account_holder_name": "Verma Traders",
        "ifsc": "CBIN0281814",
        "is_verified": False,
        "tags": [],
    }
    return example | fields


def person(**fields: Any) -> dict[str, Any]:
    """A person with every field that there is."""
    full = {
        "first_name": "Asha",
        "middle_name": "Devi",
        "last_name": "Verma",
        "gender": "female",
        "date_of_birth": "1990-03-12",
        "place_of_birth": "Faridkot",
        "nationality": "IN",
        "father_name": "Ramesh Verma",
        "monthly_income": "45000.00",
        "monthly_expenses": "20000.50",
        "employer_name": "Verma Traders",
        "identity_document": {
            "type": "passport",
            "series": "K",
            "number": "K1234567",
            "issued_on": "2020-01-31",
            "issued_by": "RPO Chandigarh",
            "issuer_code": "CHD",
            "expires_on": "2099-01-30",
        },
        "tax_id": "TIN-9000012345",
        "insurance_no": "INS-9000054321",
        "pan_no": "ABCPK1234L",
        "primary_mobile": "9000000002",
        "primary_email": "asha@lender.example",
        "addresses": [
            {
                "tags": ["current"],
                "address_line": "Shop No. 75-78",
                "pincode": "151203",
                "locality": "Faridkot",
                "city": "Faridkot",
                "district": "Faridkot",
                "state": "Punjab",
                "country": "IN",
                "house_no": "75",
                "street": "Circular Road",
                "apartment_no": "2",
                "fias_id": "",
            }
        ],
        "banks": [
            {
                "account_type": "savings",
                "account_no": "000111222333",
                "account_holder_name": "Asha Verma",
                "ifsc": "CBIN0281814",
                "is_verified": False,
                "tags": ["salary"],
            }
        ],
    }
    return applicant(**full) | fields
