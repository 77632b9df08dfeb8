"""Country codes of ISO 3166-1 alpha-2, and the names our partners write instead."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_ASSIGNED = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
CODES = frozenset(_ASSIGNED.split())

_NAMES = {
    "IN": "india, indian, ind, bharat, bhartiya, भारत",
    "RU": "russia, russian, rus, russian federation, россия, рф",
    "KZ": "kazakhstan, kazakh, kaz, казахстан",
    "UZ": "uzbekistan, uzbek, uzb, узбекистан",
    "KG": "kyrgyzstan, kyrgyz, kgz, киргизия, кыргызстан",
    "NP": "nepal, nepali, npl",
    "BD": "bangladesh, bangladeshi, bgd",
    "LK": "sri lanka, sri lankan, lka",
    "AE": "uae, united arab emirates, are",
    "US": "usa, united states, american",
    "GB": "uk, united kingdom, british, gbr",
}
_BY_NAME = {name: code for code, names in _NAMES.items() for name in names.split(", ")}


def refuse_unknown(code: str, field: str) -> None:
    """Raise a ValidationError at `field` for two letters that are no country's; none at all may be missing."""
    if code and code not in CODES:
        words = _("%(code)s is no country; write two letters of ISO 3166-1, as IN.")
        raise ValidationError({field: words % {"code": code}})


def country_code(text: str) -> str | None:
    """Give the two-letter code of a country written as its code or a usual name; None when unknown."""
    code = text.strip().upper()
    return code if code in CODES else _BY_NAME.get(text.strip().casefold())
