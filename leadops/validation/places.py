"""Where an address lies: its pincode, and the district and state the pincode stands for."""

from __future__ import annotations

import re

from leadops.drafts import AddressDraft
from leadops.reference.pincodes import PostalArea, areas
from leadops.reference.states import state_named, was_part_of
from leadops.validation.damage import number_damage
from leadops.validation.findings import Checked, Problem, problem, refused
from leadops.validation.plain_text import joined, plain

_PINCODE = re.compile(r"[1-9][0-9]{5}")


def pincode(text: str) -> Checked[str]:
    """Write an Indian pincode as six digits and look it up."""
    if areas(text):
        return Checked(text)
    number = joined(text)
    if not number:
        return Checked("")
    if how := number_damage(plain(text)):
        return refused(text, "excel_damage", what="pincode", how=how)
    if not _PINCODE.fullmatch(number):
        return refused(text, "invalid_pincode")
    return Checked(number) if areas(number) else refused(text, "unknown_pincode")


def complete_address(address: AddressDraft) -> tuple[Problem, ...]:
    """Fill an Indian address's empty state, district and city; warn when its state contradicts its pincode.

    A state in another spelling takes the directory's; a city that is missing takes the district's name.
    """
    found = areas(address.pincode)
    if not found:
        return ()
    area = _area_in_state(found, address.state, address.district)
    if area is None:
        return (problem("state_contradicts_pincode", state=found[0].state),)
    if not address.state or state_named(address.state) == area.state:
        address.state = area.state
    address.district = address.district or area.district
    address.city = address.city or area.district
    return ()


def _area_in_state(found: tuple[PostalArea, ...], state: str, district: str) -> PostalArea | None:
    """Choose a pincode's district by what the address says, else the one with most post offices."""
    if state:
        named = state_named(state)
        found = tuple(
            area
            for area in found
            if area.state == named or (named is not None and was_part_of(area.state, named))
        )
    same_district = (area for area in found if area.district.casefold() == district.casefold())
    return next(same_district, found[0] if found else None)
