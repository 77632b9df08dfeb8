"""Which applicant, address and bank account of a lead is meant by what comes in anew."""

from __future__ import annotations

from collections.abc import Sequence

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft


def applicant_meant(known: Sequence[ApplicantDraft], given: ApplicantDraft) -> ApplicantDraft | None:
    """The primary one by the primary one, others by PAN, or by name; a namesake with another PAN is somebody else."""
    if given.is_primary or not known:
        return next((each for each in known if each.is_primary), None)
    by_pan = (each for each in known if given.pan_no and each.pan_no == given.pan_no)
    namesakes = (each for each in known if each.name.casefold() == given.name.casefold())
    by_name = (each for each in namesakes if not (each.pan_no and given.pan_no))
    return next(by_pan, None) or next(by_name, None)


def addresses_meant(
    known: Sequence[AddressDraft], given: Sequence[AddressDraft]
) -> list[AddressDraft | None]:
    """For each of `given` the address of the same tag, else one without a tag; None where it is another one."""
    left, meant = list(known), list[AddressDraft | None]()
    for address in given:
        same = (each for each in left if not set(each.tags).isdisjoint(address.tags))
        found = next(same, None) or next((each for each in left if not each.tags), None)
        if found is not None:
            left = [each for each in left if each is not found]
        meant.append(found)
    return meant


def banks_meant(known: Sequence[BankDraft], given: Sequence[BankDraft]) -> list[BankDraft | None]:
    """For each of `given` the account of the same number, else the only one left; None where it is another one.

    Where several are left nobody can tell which of them was to be corrected.
    """
    numbers = {each.account_no for each in given if each.account_no}
    left = [each for each in known if each.account_no not in numbers]
    meant = list[BankDraft | None]()
    for bank in given:
        found = next((each for each in known if bank.account_no and each.account_no == bank.account_no), None)
        if found is None and len(left) == 1:
            found = left.pop()
        meant.append(found)
    return meant
