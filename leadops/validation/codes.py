"""Everything that can be wrong with an incoming lead: one registry of codes, weights and words.

A message is one short sentence for a loan officer that says what is wrong and what to do; it never repeats a
person's number, date or name. `{}` parts are filled from a problem's facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Severity(StrEnum):
    """Whether a finding stops the lead or only asks for a second look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Code:
    """The words and the weight of one kind of finding."""

    template: str
    severity: Severity = Severity.ERROR


def _warning(template: str) -> Code:
    return Code(template, Severity.WARNING)


CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        # any field
        "required": Code("{what} is missing; please fill it in."),
        "excel_damage": Code("This {what} can't be read ({how}); ask the sender for it as text."),
        "masked_value": _warning(
            "This value is masked, so it was left out; what is kept already stays as it is."
        ),
        "verified_by_lender": _warning(
            "Whether an account is verified, the lender finds out; what was sent is left out."
        ),
        "not_yes_or_no": Code("This must be yes or no."),
        "too_long": Code("This is longer than {limit} characters; please shorten it."),
        "control_characters": _warning("Unprintable characters were taken out; please check what is left."),
        "card_data": Code("Card data must never be sent or kept; remove the {what}."),
        "aadhaar_number": Code("This looks like a full Aadhaar number; keep only its last four digits."),
        "lead_not_open": Code("This lead is {status}; a loan account is opened on a submitted lead."),
        "unknown_extra_vendor": Code("No vendor has this name; known are: {known}."),
        "unknown_extra_field": Code(
            "This vendor declares no such field; see the vendor's page in the documentation."
        ),
        "wrong_extra_type": Code("This has to be of another kind: {kind}."),
        # reaching the borrower
        "invalid_mobile": Code(
            "This is not a mobile number that can be called; check its digits and country code."
        ),
        "landline_number": _warning("This is a landline; ask for a mobile number."),
        "invalid_email": Code("This is not an e-mail address; it should look like name@example.com."),
        # who the applicant is
        "unknown_applicant_type": Code("The applicant type must be person or business."),
        "several_primary_applicants": Code("Only one applicant can be the primary one; choose which."),
        "primary_applicant_needed": Code(
            "A lead always has a primary applicant; mark another one as primary instead."
        ),
        "name_without_letters": _warning("This name has no letters; please check it."),
        "unknown_gender": Code("The gender must be male, female or other."),
        "unknown_country": Code("This is not a country code; write two letters, such as IN."),
        # Indian tax numbers
        "invalid_pan": Code(
            "A PAN is five letters, four digits and a letter, such as ABCPK1234L; please check it."
        ),
        "unknown_pan_holder": Code("The fourth letter of this PAN names no kind of holder; please check it."),
        "pan_holder_mismatch": _warning(
            "This PAN was issued to {holder}, not to {applicant}; please check it."
        ),
        "invalid_gstin": Code("This is not a valid GSTIN; check its fifteen characters."),
        "gstin_pan_mismatch": _warning("The PAN inside this GSTIN is not the applicant's; check both."),
        # Russian numbers
        "invalid_inn": Code("This is not a valid INN; check its ten or twelve digits."),
        "invalid_snils": Code("A SNILS has eleven digits; please check it."),
        "snils_checksum": _warning("The check digits of this SNILS do not match; please check it."),
        # where the applicant lives
        "invalid_pincode": Code("A pincode has six digits and does not start with 0; please check it."),
        "unknown_pincode": Code("India Post has no such pincode; please check it."),
        "state_contradicts_pincode": _warning(
            "This pincode lies in {state}; check the pincode and the state."
        ),
        # bank accounts
        "ifsc_length": Code("An IFSC has eleven characters; this one has {length}."),
        "ifsc_fifth_character": Code(
            "The fifth character of an IFSC is always the digit 0; please check it."
        ),
        "ifsc_unknown_bank": Code(
            "No bank has an IFSC that begins with {bank}; please check the first four letters."
        ),
        "ifsc_unknown_branch": Code("{bank} has no such branch; check the last six characters of the IFSC."),
        "invalid_account_no": Code("An account number has {expected}; please check it."),
        "maybe_rounded": _warning(
            "This number ends as Excel's rounding would end it; compare it with the passbook."
        ),
        # days
        "invalid_date": Code("This is not a date; write day, month and year, such as 12/03/1990."),
        "day_and_month_swapped": Code("There is no such month; write the day first, then the month."),
        "date_in_future": Code("This date is still to come; please check the year."),
        "under_age": _warning("The applicant is younger than 18; please check the date of birth."),
        "unlikely_age": _warning("The applicant would be older than 100; please check the date of birth."),
        "document_expired": _warning("This document has expired; ask for a valid one."),
        # money and tenure
        "invalid_amount": Code("This is not an amount; write it in figures, such as 12,34,567.50."),
        "negative_amount": Code("An amount cannot be negative; please check it."),
        "too_many_decimals": Code("An amount has at most two decimals; round it to paise."),
        "amount_too_large": Code("This amount is a lakh crore or more; please check it."),
        "invalid_tenure": Code("The tenure must be a whole number from 1 to 9999."),
        "unknown_tenure_unit": Code("The tenure's unit must be DAYS, WEEKS, MONTHS or YEARS."),
        "tenure_unit_missing": _warning(
            "The tenure has no unit; say whether it is days, weeks, months or years."
        ),
        # who is here already
        "duplicate_lead": Code("{words}"),
        "possible_duplicate": _warning("{words}"),
        # files handed in
        "file_empty": Code("This file is empty; please send it again."),
        "file_too_large": Code("This file has more than {limit} MB; make it smaller or split it."),
        "file_kind": Code("This is neither a PDF nor a JPEG or PNG image, whatever its name says."),
        "file_damaged": Code("This file is damaged or was cut off; open it, save it again and send that."),
        "file_too_costly": Code("This file takes too much memory or time to open; print it into a new PDF."),
        "too_many_pixels": Code("This picture has more than {limit} pixels; make it smaller."),
        "too_many_pages": Code("This PDF has more than {limit} pages; split it."),
        "infected": Code("The virus scanner found something in this file, so it was not kept."),
        "password_missing": Code("This PDF opens with a password only; send the password with it."),
        "password_wrong": Code("This PDF does not open with the password that came with it."),
        "password_unneeded": Code("This file opens without a password; leave the password out."),
        "unknown_document_type": Code("This program takes no such document; {known}."),
        "too_many_documents": Code("This lead has {limit} documents already, and more are not kept."),
        # the rest
        "invalid_ip_address": Code("This is not an IP address; please check it."),
        "internal_error": Code("Something went wrong on our side with this row; please tell the operator."),
    }
)
