"""Every field of a record by its path, and the same record with that field changed or blanked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from crm_integrations.records import (
    AddressRecord,
    ApplicantRecord,
    BankRecord,
    LeadRecord,
    LoanAccountRecord,
    Phone,
)
from tests.crm_integrations.connectors.examples import OTHER_MOBILE

# Not the lead's content: our own ids, what a look-up alone needs, the choice of the primary applicant, and the vendor's
# own fields.
NOT_CONTENT = {"id", "ref", "lead_references", "is_primary", "extra"}
R = TypeVar("R", LeadRecord, LoanAccountRecord)
NESTED = (ApplicantRecord, AddressRecord, BankRecord)


def paths(record: Any, prefix: str = "") -> Iterator[str]:
    """The path of every field, down to the leaves: `applicants[].addresses[].city`."""
    for each in fields(record):
        value = getattr(record, each.name)
        if each.name in NOT_CONTENT:
            continue
        if isinstance(value, tuple) and value and isinstance(value[0], NESTED):
            yield from paths(value[0], f"{prefix}{each.name}[].")
        elif is_dataclass(value) and not isinstance(value, Phone):
            yield from paths(value, f"{prefix}{each.name}.")
        else:
            yield f"{prefix}{each.name}"


def changed(record: R, path: str) -> R:
    """`record` with another value at `path`: in the first applicant, in all its addresses and banks."""
    found: R = _at(record, path, lambda field, value: _other(value))
    return found


def blanked(record: R, path: str) -> R:
    """`record` with nothing at `path`."""
    found: R = _at(record, path, _blank)
    return found


def _at(record: Any, path: str, change: Callable[[Field[Any], Any], Any]) -> Any:
    name, _, rest = path.partition(".")
    field = next(each for each in fields(record) if each.name == name.removesuffix("[]"))
    value = getattr(record, field.name)
    if not rest:
        return replace(record, **{field.name: change(field, value)})
    if not isinstance(value, tuple):
        return replace(record, **{field.name: _at(value, rest, change)})
    touched = value[:1] if field.name == "applicants" else value
    parts = tuple(_at(part, rest, change) for part in touched)
    return replace(record, **{field.name: parts + value[len(touched) :]})


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case str():
            return f"{value}x"
        case int() | Decimal():
            return value + 1
        case date():
            return value + timedelta(days=1)
        case tuple():
            return ("another",)
        case Phone():
            return Phone("+919000000003", "91", "9000000003") if value == OTHER_MOBILE else OTHER_MOBILE
    raise AssertionError(f"No other value for {value!r}.")


def _blank(field: Field[Any], value: Any) -> Any:
    if isinstance(value, Phone):
        return replace(value, e164="", country_code="", national="")
    return "" if field.default is MISSING else field.default
