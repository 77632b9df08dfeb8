"""A field's path as an officer reads it: `applicants[0].pan_no` becomes `applicant 1: PAN`."""

from __future__ import annotations

import re

from leadops.languages.said import said
from leadops.models import Address, Applicant, Bank, Consent, Lead

_PART = re.compile(r"(\w+)(?:\[(\d*)\])?")
_ONE = {"applicants": "applicant", "addresses": "address", "banks": "bank account", "consents": "consent"}
_FIELDS = {
    field.name: field for model in (Consent, Bank, Address, Applicant, Lead) for field in model._meta.fields
}


def spoken(path: str) -> str:
    """The field and what it stands in, in the words of the forms."""
    *owners, (name, _) = _PART.findall(path) or [("", "")]
    known = _FIELDS.get(name)
    field = str(known.verbose_name) if known else said(name.replace("_", " "))
    where = ", ".join(f"{_owner(name)} {_count(number)}".strip() for name, number in owners)
    return f"{where}: {field}" if where else field


def _owner(name: str) -> str:
    return said(_ONE[name]) if name in _ONE else spoken(name)


def _count(number: str) -> str:
    return str(int(number) + 1) if number else ""
