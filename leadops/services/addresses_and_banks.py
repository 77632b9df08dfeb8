"""Addresses and bank accounts of applicants that are here: added, changed and deleted one at a time.

Each change is checked with the whole lead, counted as a new version of it and announced. All of them raise Invalid
with every error, NotInThisState where the lead is not changed any more, and Gone for what was deleted meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.db import transaction

from leadops.drafts import MOST_ADDRESSES, MOST_BANKS, AddressDraft, BankDraft
from leadops.errors import Gone
from leadops.models import Address, Applicant, Bank
from leadops.services import bank_verification
from leadops.services.duplicates.records import save, values_of
from leadops.services.lead_updates import ABOUT_MONEY
from leadops.services.whole_leads import (
    Changed,
    Given,
    WholeLead,
    close_up,
    fill,
    place_behind,
    refuse_documents,
    refuse_more,
    warnings_or_invalid,
)
from leadops.validation import Finding, findings_at, problem


class _Kind(NamedTuple):
    """What belongs to an applicant: where it stands, how many there may be, and what each must say."""

    name: str
    words: str
    most: int
    needed: Mapping[str, str]


_ADDRESSES = _Kind(
    "addresses",
    "addresses",
    MOST_ADDRESSES,
    {"address_line": "The address line", "pincode": "The pincode", "city": "The city", "state": "The state"},
)
_BANKS = _Kind(
    "banks",
    "bank accounts",
    MOST_BANKS,
    {
        "ifsc": "The IFSC",
        "account_no": "The account number",
        "account_holder_name": "The account holder's name",
        "account_type": "The account type",
    },
)
_INDIAN = {"ifsc", "address_line", "pincode", "city", "state"}
"""What an address or an account abroad may lack."""


def add_address(applicant: Applicant, draft: AddressDraft) -> Changed:
    """Put another address behind those of the applicant."""
    return _add(applicant, _ADDRESSES, Address, draft)


def change_address(address: Address, given: Given) -> Changed:
    """Change what is given of one address."""
    return _change(address, _ADDRESSES, given)


def delete_address(address: Address) -> None:
    """Take an address away from its applicant."""
    _delete(address, _ADDRESSES)


def add_bank(applicant: Applicant, draft: BankDraft) -> Changed:
    """Put another bank account behind those of the applicant."""
    return _add(applicant, _BANKS, Bank, draft)


def change_bank(bank: Bank, given: Given) -> Changed:
    """Change what is given of one bank account; one that is another account now is not verified any more."""
    return _change(bank, _BANKS, given)


def delete_bank(bank: Bank) -> None:
    """Take a bank account away from its applicant."""
    _delete(bank, _BANKS)


@transaction.atomic
def _add(
    applicant: Applicant, kind: _Kind, model: type[Address | Bank], draft: AddressDraft | BankDraft
) -> Changed:
    whole = WholeLead(applicant.lead_id)
    at = whole.place_of(applicant.pk)
    rows, drafts = _parts(whole, at, kind)
    path = f"applicants[{at}].{kind.name}[{len(rows)}]."
    refuse_more(len(rows), kind.most, kind.words)
    drafts.append(draft)
    warnings = _checked(whole, path, draft, kind, kind.needed)
    row = model(applicant=whole.people[at], position=place_behind(rows), **values_of(draft))
    row.save(force_insert=True)
    return Changed(row.pk, path, warnings, whole.revised(look_for_duplicates=kind is _BANKS))


@transaction.atomic
def _change(part: Address | Bank, kind: _Kind, given: Given) -> Changed:
    whole = WholeLead(part.applicant.lead_id)
    at = whole.place_of(part.applicant_id)
    rows, drafts = _parts(whole, at, kind)
    nth = _place_of(part, rows)
    row, draft = rows[nth], drafts[nth]
    path = f"applicants[{at}].{kind.name}[{nth}]."
    fill(draft, given)
    warnings = _checked(whole, path, draft, kind, given)
    if not (isinstance(row, Bank) and isinstance(draft, BankDraft) and _is_another(row, draft)):
        return whole.told(row.pk, path, warnings, save(row, draft))
    draft.is_verified = False
    changed = save(row, draft)
    bank_verification.judge_again(row)
    return whole.told(row.pk, path, warnings, changed)


def _is_another(bank: Bank, draft: BankDraft) -> bool:
    return any(getattr(bank, name) != getattr(draft, name) for name in ABOUT_MONEY)


@transaction.atomic
def _delete(part: Address | Bank, kind: _Kind) -> None:
    whole = WholeLead(part.applicant.lead_id)
    rows, _ = _parts(whole, whole.place_of(part.applicant_id), kind)
    row = rows[_place_of(part, rows)]
    refuse_documents([row.pk])
    row.delete()
    close_up([each for each in rows if each is not row])
    whole.revised(look_for_duplicates=kind is _BANKS)


def _parts(whole: WholeLead, at: int, kind: _Kind) -> tuple[list[Any], list[Any]]:
    """The rows and the drafts of what belongs to the applicant at this place."""
    return list(getattr(whole.people[at], kind.name).all()), getattr(whole.draft.applicants[at], kind.name)


def _place_of(part: Address | Bank, rows: list[Any]) -> int:
    for at, row in enumerate(rows):
        if row.pk == part.pk:
            return at
    raise Gone


def _checked(whole: WholeLead, path: str, draft: Any, kind: _Kind, said: Collection[str]) -> list[Finding]:
    """The warnings about a part; an error also where something that is `said` and needed is empty.

    Asked after the check, which fills a city and a state from the pincode.
    """
    found = whole.findings(path)
    country = getattr(draft, "country", whole.lead.program.country)
    for name, words in kind.needed.items():
        if name in said and not getattr(draft, name) and (country == "IN" or name not in _INDIAN):
            found += findings_at(name, [problem("required", what=words)])
    return warnings_or_invalid(found)
