"""The objects within a lead as the core has them, and what `extra` adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from crm_integrations.connectors.brainysoft.declared import ADDRESS_PARTS, EXTRA_FIELDS, PASSPORT_PARTS
from crm_integrations.records import AddressRecord, IdentityDocument

WITHIN = {"addressData": ADDRESS_PARTS, "registrationAddressData": ADDRESS_PARTS, "passport": PASSPORT_PARTS}
"""The extra fields that are parts of an object which we build, by its name."""


def with_extra(payload: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with what was given for this vendor alone, which wins over what our fields say."""
    # Only what is declared: whatever else somebody may have put there, card data above all, stays here.
    told = {each.name: extra[each.name] for each in EXTRA_FIELDS if extra.get(each.name) is not None}
    # The values of extra fields are strings, also where they are ids.
    pairs, ids = told.pop("extraFields", {}), told.pop("extraFieldIds", {})
    for name, parts in WITHIN.items():
        given = told.pop(name, {})
        told[name] = {**payload.get(name, {}), **{part: given[part] for part in parts if part in given}}
    fields = [
        filled({"id": ids.get(key), "key": key}) | {"value": str(value)} for key, value in pairs.items()
    ]
    return filled({**payload, **told, "extraFields": fields})


def address_parts(address: AddressRecord) -> dict[str, Any]:
    """The FIAS id with the very text it stands for, and the core fills the rest; else the parts."""
    if address.fias_id and address.address_line:
        return {"fiasId": address.fias_id, "fullAddressText": address.address_line}
    # The create page describes streetName as locality, street and house.
    street = dict.fromkeys(part for part in (address.locality, address.street, address.address_line) if part)
    return filled(
        {
            "postalCode": address.pincode,
            "regionName": address.state,
            "localityName": address.city,
            "streetName": ", ".join(street),
            "houseNo": address.house_no,
            "apartmentNo": address.apartment_no,
        }
    )


def passport(document: IdentityDocument) -> dict[str, Any]:
    """The document, when it is a passport: no other is passed off as one."""
    if document.type.lower() != "passport":
        return {}
    return filled(
        {
            "seria": document.series,
            "no": document.number,
            "issueDate": day(document.issued_on),
            "closeDate": day(document.expires_on),
            "manager": document.issued_by,  # the vendor's word for the issuing authority
            "subdivisionCode": document.issuer_code,
        }
    )


def day(value: date | None) -> str:
    return value.isoformat() if value else ""


def filled(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in payload.items() if value not in (None, "", {}, [])}
