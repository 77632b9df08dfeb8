"""Words that stand for a choice, in the spellings of forms, partners and agents."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from leadops.reference.countries import CODES as COUNTRY_CODES
from leadops.reference.countries import country_code as named_country
from leadops.validation.findings import Checked, refused


def _spellings(choices: Mapping[str, str]) -> dict[str, str]:
    listed = {word: choice for choice, words in choices.items() for word in words.split(", ")}
    return listed | {choice.casefold(): choice for choice in choices}


_APPLICANT_TYPES = _spellings(
    {
        "person": "individual, natural person, human, borrower, vyakti, self, p",
        "business": "company, firm, organisation, organization, legal entity, non individual, corporate, b",
    }
)
_GENDERS = _spellings(
    {
        "male": "m, man, mr, boy, gents, gent, purush, purus, mard, पुरुष, м, муж, мужской",
        "female": "f, woman, mrs, ms, girl, ladies, lady, mahila, stree, stri, aurat, महिला, ж, жен, женский",
        "other": "o, others, t, tg, trans, transgender, third gender, kinnar, anya, अन्य",
    }
)
_TENURE_UNITS = _spellings(
    {
        "DAYS": "d, day, din, दिन",
        "WEEKS": "w, week, wk, wks, hafta, hafte",
        "MONTHS": "m, month, mon, mth, mths, mahina, mahine, महीने",
        "YEARS": "y, year, yr, yrs, saal, sal, varsh, वर्ष",
    }
)


def _word(text: str) -> str:
    return " ".join(
        unicodedata.normalize("NFKC", text)
        .casefold()
        .replace(".", " ")
        .replace("-", " ")
        .replace("_", " ")
        .split()
    )


def _chosen(text: str, choices: Mapping[str, str], code: str) -> Checked[str]:
    choice = choices.get(text) or choices.get(_word(text))
    if choice is None:
        return refused(text, code) if text.strip() else Checked("")
    return Checked(choice)


def applicant_type(text: str) -> Checked[str]:
    """Choose `person` or `business`."""
    return _chosen(text, _APPLICANT_TYPES, "unknown_applicant_type")


def gender(text: str) -> Checked[str]:
    """Choose `male`, `female` or `other`; Hindi and Russian words are understood."""
    return _chosen(text, _GENDERS, "unknown_gender")


def tenure_unit(text: str) -> Checked[str]:
    """Choose `DAYS`, `WEEKS`, `MONTHS` or `YEARS`."""
    return _chosen(text, _TENURE_UNITS, "unknown_tenure_unit")


def country_code(text: str) -> Checked[str]:
    """Give the ISO 3166-1 alpha-2 code of a country written as its code or a usual name."""
    if text in COUNTRY_CODES:
        return Checked(text)
    code = named_country(text)
    if code is None:
        return refused(text, "unknown_country") if text.strip() else Checked("")
    return Checked(code)
