"""A lead of Brainysoft's as a draft of ours, and what of it goes into `extra`.

Nothing may be lost on the way back to this vendor: of the objects that its connector builds anew, `extra` keeps what
would come out otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from crm_integrations.connectors.brainysoft.declared import EXTRA_FIELDS
from crm_integrations.connectors.brainysoft.parts import address_parts, passport
from crm_integrations.dialects.brainysoft.values import plain
from crm_integrations.dialects.dialect import Taken
from crm_integrations.records import AddressRecord, IdentityDocument
from leadops.api.problems import FieldError
from leadops.drafts import AddressDraft, ApplicantDraft, IdentityDocumentDraft, LeadDraft

SLUG = "brainysoft"
SEXES = {101251: "male", 101252: "female"}
ADDRESSES = {"addressData": "current", "registrationAddressData": "registered"}
"""The vendor's two addresses, and our tags for them."""
ADDRESS_NAMES = {
    "pincode": "postalCode",
    "state": "regionName",
    "city": "localityName",
    "street": "streetName",
    "house_no": "houseNo",
    "apartment_no": "apartmentNo",
    "fias_id": "fiasId",
    "country": "countryId",
}
PERSON_NAMES = {
    "first_name": "firstName",
    "middle_name": "patronymic",
    "last_name": "lastName",
    "primary_email": "email",
    "primary_mobile": "mobilePhone",
    "gender": "sexId",
    "date_of_birth": "birthDate",
    "place_of_birth": "birthPlace",
    "nationality": "birthCountryId",
    "monthly_income": "meanIncome",
    "monthly_expenses": "averageMonthlyCost",
    "employer_name": "employerTitle",
    "tax_id": "inn",
    "insurance_no": "snils",
    "identity_document.series": "passport.seria",
    "identity_document.number": "passport.no",
    "identity_document.issued_on": "passport.issueDate",
    "identity_document.expires_on": "passport.closeDate",
    "identity_document.issued_by": "passport.manager",
    "identity_document.issuer_code": "passport.subdivisionCode",
}
LEAD_NAMES = {
    "primary_mobile": "mobilePhone",
    "partner_ref_id": "orderCode",
    "loan_amount": "amount",
    "loan_tenure": "period",
    "loan_tenure_unit": "periodUnit",
    "channel": "channel",
    f"extra.{SLUG}": "",
}
ABSENT_EMAIL = "-"
"""What clients are known to send when there is no address."""


def read_lead(values: Mapping[str, Any], settings: Sequence[Mapping[str, Any]]) -> Taken:
    """The draft and the extra fields that `values` make; `settings` name countries by the tenant's ids."""
    countries, extra = _countries(settings), _only_theirs(values)
    names = LEAD_NAMES | {f"applicants[0].{ours}": theirs for ours, theirs in PERSON_NAMES.items()}
    person = _person(values, countries, extra, names)
    person.identity_document = _passport(values, extra)
    for name, tag in ADDRESSES.items():
        if address := _address(values.get(name, {}), name, countries, extra):
            _name_the_address(names, f"applicants[0].addresses[{len(person.addresses)}]", name, address)
            address.tags = [tag]
            person.addresses.append(address)
    errors = _extra_fields(values.get("extraFields", []), extra)
    lead = LeadDraft(
        primary_mobile=person.primary_mobile,
        partner_ref_id=values.get("orderCode", ""),
        channel=values.get("channel", ""),
        loan_amount=_money(values.get("amount")),
        applicants=[person],
        **_term(values, extra),
    )
    lead.extra = {SLUG: extra} if extra else {}
    return Taken(lead, names, errors)


def _only_theirs(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values for which we have no field at all; those that are ours too in some leads come in by the others."""
    ours = {"addressData", "registrationAddressData", "passport", "extraFields", "extraFieldIds"}
    ours |= {"birthCountryId", "sexId", "period", "periodUnit", "title"}
    names = [each.name for each in EXTRA_FIELDS if each.name not in ours]
    return dict(plain({name: values[name] for name in names if name in values}))


def _countries(settings: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """ISO codes by the ids of the lender's tenants; an id that means two countries means none."""
    pairs = {(id_, code) for each in settings for code, id_ in (each.get("country_ids") or {}).items()}
    ids = [id_ for id_, _ in pairs]
    return {id_: code for id_, code in pairs if type(id_) is int and ids.count(id_) == 1}


def _person(
    values: Mapping[str, Any], countries: Mapping[int, str], extra: dict[str, Any], names: dict[str, str]
) -> ApplicantDraft:
    is_business = values.get("naturalPerson") is False
    title, email = values.get("title", ""), values.get("email", "")
    names["applicants[0].name"] = "title" if is_business and title else "firstName"
    extra |= {"title": title} if title and not is_business else {}
    person = ApplicantDraft(
        applicant_type="business" if is_business else "person",
        is_primary=True,
        name=title if is_business else "",
        first_name=values.get("firstName", ""),
        middle_name=values.get("patronymic", ""),
        last_name=values.get("lastName", ""),
        primary_mobile=_mobile(values.get("mobilePhone", "")),
        primary_email="" if email.strip() == ABSENT_EMAIL else email,
        date_of_birth=values.get("birthDate"),
        place_of_birth=values.get("birthPlace", ""),
        monthly_income=_money(values.get("meanIncome")),
        monthly_expenses=_money(values.get("averageMonthlyCost")),
        employer_name=values.get("employerTitle", ""),
        tax_id=values.get("inn", ""),
        insurance_no=values.get("snils", ""),
    )
    person.gender = _named(values, "sexId", SEXES, extra)
    person.nationality = _named(values, "birthCountryId", countries, extra)
    return person


def _named(values: Mapping[str, Any], name: str, known: Mapping[int, str], extra: dict[str, Any]) -> str:
    """Our word for the id; an id that we don't know is the vendor's alone."""
    id_ = values.get(name)
    if id_ is not None and id_ not in known:
        extra[name] = id_
    return known.get(id_, "") if id_ is not None else ""


def _mobile(digits: str) -> str:
    """International, as the page has it: `79886542301`."""
    return f"+{digits}" if digits.isascii() and digits.isdigit() else digits


def _money(number: Any) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def _term(values: Mapping[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """The term with its unit; the connector sends neither alone, so one alone is the vendor's."""
    told = {name: values[name] for name in ("period", "periodUnit") if name in values}
    if len(told) < 2:
        extra |= told
        return {}
    return {"loan_tenure": told["period"], "loan_tenure_unit": told["periodUnit"]}


def _passport(values: Mapping[str, Any], extra: dict[str, Any]) -> IdentityDocumentDraft:
    given = values.get("passport", {})
    ours = {
        "series": given.get("seria", ""),
        "number": given.get("no", ""),
        "issued_on": given.get("issueDate"),
        "expires_on": given.get("closeDate"),
        "issued_by": given.get("manager", ""),
        "issuer_code": given.get("subdivisionCode", ""),
    }
    type_ = "passport" if any(ours.values()) else ""
    _keep_what_differs(extra, "passport", given, passport(IdentityDocument(type_, **ours)))
    return IdentityDocumentDraft(type_, **ours)


def _address(
    given: Mapping[str, Any], name: str, countries: Mapping[int, str], extra: dict[str, Any]
) -> AddressDraft | None:
    """The address; None where there is nothing in it but what only this vendor has."""
    country = countries.get(given.get("countryId", 0), "")
    street, whole = given.get("streetName", ""), given.get("fullAddressText", "")
    ours = {ours: given.get(theirs, "") for ours, theirs in ADDRESS_NAMES.items() if ours != "country"}
    # One line is what most systems take of an address: without the whole text it is the street.
    ours |= {"address_line": whole or street, "street": street if whole else ""}
    if not any(ours.values()):
        _keep_what_differs(extra, name, given, {})
        return None
    built = address_parts(AddressRecord(**ours)) | ({"countryId": given["countryId"]} if country else {})
    _keep_what_differs(extra, name, given, built)
    return AddressDraft(country=country, **ours)


def _keep_what_differs(
    extra: dict[str, Any], name: str, given: Mapping[str, Any], built: Mapping[str, Any]
) -> None:
    told = plain(dict(given))
    if kept := {part: value for part, value in told.items() if built.get(part) != value}:
        extra[name] = kept


def _name_the_address(names: dict[str, str], path: str, name: str, address: AddressDraft) -> None:
    line = "streetName" if not address.street and not address.fias_id else "fullAddressText"
    names |= {f"{path}.{ours}": f"{name}.{theirs}" for ours, theirs in ADDRESS_NAMES.items()}
    names |= {path: name, f"{path}.address_line": f"{name}.{line}"}


def _extra_fields(given: Sequence[Mapping[str, Any]], extra: dict[str, Any]) -> list[FieldError]:
    """Keep the pairs by their keys, which must therefore differ."""
    keys = [each.get("key", "") for each in given]
    if given:
        extra["extraFields"] = {key: each.get("value", "") for key, each in zip(keys, given, strict=True)}
    if ids := {key: each["id"] for key, each in zip(keys, given, strict=True) if "id" in each}:
        extra["extraFieldIds"] = ids
    words = "Another extra field has this key already."
    return [
        FieldError(f"extraFields[{at}].key", "repeated_key", words)
        for at, key in enumerate(keys)
        if key in keys[:at]
    ]
