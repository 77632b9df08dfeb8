"""The many spellings of India's states and union territories."""

from __future__ import annotations

from functools import lru_cache

_OTHER_SPELLINGS = {
    "Andaman and Nicobar Islands": "AN, Andaman and Nicobar, Andaman Nicobar, Andaman & Nicobar Island",
    "Andhra Pradesh": "AP, Andhra",
    "Arunachal Pradesh": "AR, Arunachal",
    "Assam": "AS, Asom",
    "Bihar": "BR",
    "Chandigarh": "CH, Chandigarh UT",
    "Chhattisgarh": "CG, CT, Chattisgarh, Chhatisgarh",
    "Dadra and Nagar Haveli and Daman and Diu": "DN, DD, DNH, DNHDD, Dadra and Nagar Haveli, "
    "Dadra Nagar Haveli, Daman and Diu, Daman Diu, Dadra & Nagar Haveli & Daman & Diu",
    "Delhi": "DL, New Delhi, NCT, Delhi NCT, NCT Delhi, NCT of Delhi, National Capital Territory of Delhi",
    "Goa": "GA",
    "Gujarat": "GJ, Gujrat",
    "Haryana": "HR",
    "Himachal Pradesh": "HP, Himachal",
    "Jammu and Kashmir": "JK, J&K, J and K, Jammu Kashmir",
    "Jharkhand": "JH",
    "Karnataka": "KA, Mysore State",
    "Kerala": "KL, Keralam",
    "Ladakh": "LA",
    "Lakshadweep": "LD, Laccadives",
    "Madhya Pradesh": "MP",
    "Maharashtra": "MH, Maharastra",
    "Manipur": "MN",
    "Meghalaya": "ML",
    "Mizoram": "MZ",
    "Nagaland": "NL",
    "Odisha": "OD, OR, Orissa",
    "Puducherry": "PY, Pondicherry",
    "Punjab": "PB",
    "Rajasthan": "RJ",
    "Sikkim": "SK",
    "Tamil Nadu": "TN, Tamilnad",
    "Telangana": "TS, TG, Telengana",
    "Tripura": "TR",
    "Uttar Pradesh": "UP",
    "Uttarakhand": "UK, UA, Uttaranchal",
    "West Bengal": "WB, Paschim Bangal",
}
NAMES = tuple(_OTHER_SPELLINGS)
"""All of them, as the directory of pincodes spells them."""
_LONGEST = 80  # twice the longest name; a longer text is none, and not worth remembering
_SPLIT_FROM = {"Telangana": "Andhra Pradesh", "Ladakh": "Jammu and Kashmir"}


def _key(name: str) -> str:
    return "".join(letter for letter in name.casefold().replace("&", "and") if letter.isalpha())


_BY_KEY = {
    _key(spelling): state
    for state, others in _OTHER_SPELLINGS.items()
    for spelling in (state, *others.split(", "))
}


def state_named(text: str) -> str | None:
    """Give the directory's name of a state written in any usual, old or short spelling; None when unknown."""
    return _remembered(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _remembered(text: str) -> str | None:
    return _BY_KEY.get(_key(text))


def was_part_of(state: str, older: str) -> bool:
    """Say whether papers from before 2014 or 2019 rightly put a place of this state in the older one."""
    return _SPLIT_FROM.get(state) == older
