"""What a second lead of the same borrower tells beyond the first one: filled in where that says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import fields as fields_of
from functools import partial
from typing import Any, TypeVar

from leadops.drafts import (
    AddressDraft,
    ApplicantDraft,
    BankDraft,
    ConsentDraft,
    IdentityDocumentDraft,
    LeadDraft,
)

T = TypeVar("T", AddressDraft, ApplicantDraft, BankDraft)
_NOT_COMPARED = {
    # The reference names a record of the partner's and tells nothing of the borrower: the first lead keeps its own.
    LeadDraft: {"partner_ref_id", "applicants", "consents", "extra", "tags"},
    ApplicantDraft: {"is_primary", "identity_document", "addresses", "banks", "tags"},
    AddressDraft: {"tags"},
    BankDraft: {"tags"},
    IdentityDocumentDraft: set[str](),
}
_NAMES = {
    draft: [field.name for field in fields_of(draft) if field.name not in left_out]
    for draft, left_out in _NOT_COMPARED.items()
}


class _Contradiction(Exception):
    """Both say something, and not the same."""


def filled(first: LeadDraft, second: LeadDraft) -> tuple[LeadDraft, list[str]] | None:
    """`first` with what only `second` tells, and the paths of it; None where they contradict each other.

    Neither draft is changed. Applicants, addresses, bank accounts and consents that only `second` has are added.
    """
    whole, paths = deepcopy(first), list[str]()
    try:
        _fill_lead(whole, deepcopy(second), paths)
    except _Contradiction:
        return None
    return whole, paths


def _fill_lead(lead: LeadDraft, other: LeadDraft, paths: list[str]) -> None:
    _fill(lead, other, "", paths)
    for vendor, values in other.extra.items():
        known = lead.extra.setdefault(vendor, {})
        for name, value in values.items():
            if name not in known:
                known[name] = value
                paths.append(f"extra.{vendor}.{name}")
            elif known[name] != value:
                raise _Contradiction
    for consent in other.consents:
        if not any(_same_consent(consent, each) for each in lead.consents):
            paths.append(f"consents[{len(lead.consents)}]")
            lead.consents.append(consent)
    for applicant in other.applicants:
        _fill_applicant(lead, applicant, paths)


def _same_consent(one: ConsentDraft, other: ConsentDraft) -> bool:
    return (one.purpose, one.granted_at) == (other.purpose, other.granted_at)


def _fill_applicant(lead: LeadDraft, other: ApplicantDraft, paths: list[str]) -> None:
    def is_same(each: ApplicantDraft) -> bool:
        if each.pan_no and other.pan_no:
            return each.pan_no == other.pan_no
        return _same(each.name, other.name) or (each.is_primary and other.is_primary)

    primary = next((each for each in lead.applicants if each.is_primary), None)
    same = _paired(lead.applicants, other, "applicants", paths, is_same)
    if other.is_primary and primary not in (None, same or other):
        raise _Contradiction  # who the primary one is
    if same is None:
        return
    path = f"applicants[{lead.applicants.index(same)}]."
    _fill(same, other, path, paths)
    _fill(same.identity_document, other.identity_document, f"{path}identity_document.", paths)
    for address in other.addresses:
        place = _paired(same.addresses, address, f"{path}addresses", paths, partial(_same_place, address))
        if place is not None:
            _fill(place, address, f"{path}addresses[{same.addresses.index(place)}].", paths)
    for bank in other.banks:
        account = _paired(same.banks, bank, f"{path}banks", paths, partial(_same_account, bank))
        if account is not None:
            _fill(account, bank, f"{path}banks[{same.banks.index(account)}].", paths)


def _paired(mine: list[T], other: T, path: str, paths: list[str], is_same: Callable[[T], bool]) -> T | None:
    """The one of `mine` that `other` speaks of too; where none does, `other` is added to them."""
    if (found := next(filter(is_same, mine), None)) is None:
        paths.append(f"{path}[{len(mine)}]")
        mine.append(other)
    return found


def _same_place(one: AddressDraft, other: AddressDraft) -> bool:
    """Both are the current one, or the permanent one; those without a tag are told apart by where they are."""
    if one.tags or other.tags:
        return not set(one.tags).isdisjoint(other.tags)
    return _agree(one, other)


def _same_account(one: BankDraft, other: BankDraft) -> bool:
    if one.account_no and other.account_no:
        return one.account_no == other.account_no
    return _agree(one, other)


def _agree(one: Any, other: Any) -> bool:
    pairs = [(getattr(one, name), getattr(other, name)) for name in _NAMES[type(one)]]
    return all(_is_empty(mine) or _is_empty(theirs) or _same(mine, theirs) for mine, theirs in pairs)


def _fill(mine: Any, other: Any, path: str, paths: list[str]) -> None:
    for name in _NAMES[type(mine)]:
        value, told = getattr(mine, name), getattr(other, name)
        if _is_empty(told):
            continue
        if _is_empty(value):
            setattr(mine, name, told)
            paths.append(path + name)
        elif not _same(value, told):
            raise _Contradiction
    if new := _not_in(getattr(mine, "tags", ()), getattr(other, "tags", ())):
        mine.tags = [*mine.tags, *new]
        paths.append(f"{path}tags")


def _not_in(known: Sequence[str], told: Iterable[str]) -> list[str]:
    return [tag for tag in told if tag not in known]


def _is_empty(value: Any) -> bool:
    """A no is what is said where nothing is: that an account is verified fills it."""
    return value is None or value is False or value == ""


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
    return bool(one == other)
