"""Two leads of one borrower side by side: which persons are the same, and in which fields they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import Model

from leadops.models import Address, Applicant, Bank, Consent, Lead
from leadops.services.lead_rows import APPLICANT_FIELDS, IDENTITY_FIELDS, LEAD_FIELDS

# A reference names a record of the partner's, and what only one vendor has belongs together: the kept lead keeps both.
_LEAD = [name for name in LEAD_FIELDS if name not in ("partner_ref_id", "extra", "tags")]
_PERSON = [
    *(name for name in APPLICANT_FIELDS if name not in ("is_primary", "tags")),
    *(f"identity_{name}" for name in IDENTITY_FIELDS),
]


class Couple(NamedTuple):
    """A record of the lead that is kept, and the one of the other lead that is about the same."""

    place: str
    kept: Model
    other: Model
    names: list[str]

    def differing(self) -> list[Difference]:
        """The fields in which the two say something else."""
        pairs = ((name, getattr(self.kept, name), getattr(self.other, name)) for name in self.names)
        return [
            Difference(f"{self.place}.{name}", name, *values)
            for name, *values in pairs
            if values[0] != values[1]
        ]


class Difference(NamedTuple):
    path: str
    name: str
    kept: Any
    other: Any

    @property
    def other_by_default(self) -> bool:
        """Whether only the other one says anything."""
        return _is_empty(self.kept) and not _is_empty(self.other)


def _is_empty(value: object) -> bool:
    return value is None or value is False or value == "" or value == []


def couples(kept: Lead, other: Lead) -> list[Couple]:
    """The leads themselves, then each person who is in both; both leads read `with_parties()`."""
    own = list(kept.applicants.all())
    found = [Couple("lead", kept, other, _LEAD)]
    for person in other.applicants.all():
        same = next((each for each in own if _is_same_person(each, person)), None)
        if same is not None:
            own.remove(same)
            found.append(Couple(str(same.pk), same, person, _PERSON))
    return found


def _is_same_person(one: Applicant, other: Applicant) -> bool:
    """By PAN, else by name; a namesake with another PAN is somebody else."""
    if one.pan_no and other.pan_no:
        return bool(one.pan_no == other.pan_no)
    return " ".join(one.name.split()).casefold() == " ".join(other.name.split()).casefold()


def persons(found: Sequence[Couple]) -> Iterator[tuple[Applicant, Applicant]]:
    """Those who are in both leads, the kept lead's first."""
    for couple in found:
        if isinstance(couple.kept, Applicant) and isinstance(couple.other, Applicant):
            yield couple.kept, couple.other


def strangers(other: Lead, found: Sequence[Couple]) -> list[Applicant]:
    """Who is in the other lead alone."""
    known = {person.pk for _, person in persons(found)}
    return [each for each in other.applicants.all() if each.pk not in known]


def account_of(bank: Bank, person: Applicant) -> Bank | None:
    """The account of `person` that `bank` is too."""
    return next(
        (each for each in person.banks.all() if (each.account_no, each.ifsc) == (bank.account_no, bank.ifsc)),
        None,
    )


def has_address(person: Applicant, address: Address) -> bool:
    """Whether `person` has just this address already."""

    def told(each: Address) -> tuple[object, ...]:
        return (each.address_line.casefold(), each.pincode, each.city.casefold())

    return told(address) in {told(each) for each in person.addresses.all()}


def says_the_same(one: Consent, two: Consent) -> bool:
    """Whether both were given at one moment, for the same."""
    return _is_one_act(one, two) and set(one.connections) == set(two.connections)


def withdrawal_of(consent: Consent, taken_back: Sequence[Consent]) -> Consent | None:
    """The one of `taken_back` by which `consent` is taken back too: of the same moment, and about the same vendors."""
    return next((each for each in taken_back if _is_one_act(each, consent) and _overlap(each, consent)), None)


def _is_one_act(one: Consent, two: Consent) -> bool:
    return (one.purpose, one.granted_at) == (two.purpose, two.granted_at)


def _overlap(one: Consent, two: Consent) -> bool:
    """Whether some connection is in both; none named is all of them."""
    return not one.connections or not two.connections or not set(one.connections).isdisjoint(two.connections)
