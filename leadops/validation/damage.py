"""Signs that a spreadsheet has changed a number on its way: they are named, never guessed around.

Excel keeps fifteen digits, shows long numbers as `9.8E+09`, and a column read as decimals turns `9800000001`
into `9800000001.0`. The digits that are lost cannot be won back here, only from the sender.
"""

from __future__ import annotations

import re

EXCEL_DIGITS = 15
_SCIENTIFIC = re.compile(r"[+-]?[0-9]{1,20}(?:[.,][0-9]{1,20})?[eE][+-]?[0-9]{1,3}")
_DECIMAL = re.compile(r"[0-9]{1,20}\.[0-9]{1,20}")
# As only a spreadsheet writes a number: `1.23457E+11`, `5E+15`. People's own numbers may be `12E5` or `2024E+01`.
_SURELY_SCIENTIFIC = re.compile(r"[+-]?(?:[0-9]{1,20}[.,][0-9]{1,20}[eE][+-]|[1-9][eE]\+)[0-9]{2,3}")
# As it shows a long number in a cell. A house number may be `3,4E-12`: flats 3 and 4 of block E, twelfth floor.
_SHOWN_SCIENTIFIC = re.compile(r"[1-9][.,][0-9]{1,14}[eE]\+[0-9]{2,3}")
_FORMULA_ERROR = re.compile(r"#(?:N/A|REF!|NAME\?|DIV/0!|NULL!|NUM!|VALUE!|SPILL!|CALC!|#+)")

FORMULA_ERROR = "a formula of the sheet ended in an error"
_POWER = "Excel made a power of ten of its last digits"


def reference_damage(text: str) -> str | None:
    """Say in words how Excel has damaged this reference; unlike a number, it may have letters and points."""
    return _POWER if _SURELY_SCIENTIFIC.fullmatch(text) else None


def house_number_damage(text: str) -> str | None:
    """Say in words how Excel has damaged this number of a house; it may look like much else."""
    return _POWER if _SHOWN_SCIENTIFIC.fullmatch(text) else None


def number_damage(text: str) -> str | None:
    """Say in words how Excel has damaged this number or code, or None when it shows no damage."""
    if _SCIENTIFIC.fullmatch(text):
        return _POWER
    if _DECIMAL.fullmatch(text):
        return "Excel made a decimal number of it"
    if is_formula_error(text):
        return FORMULA_ERROR
    return None


def amount_damage(text: str) -> str | None:
    """Say in words how Excel has damaged this amount; unlike a code, an amount may have decimals."""
    return None if _DECIMAL.fullmatch(text) else number_damage(text)


def is_formula_error(text: str) -> bool:
    return _FORMULA_ERROR.fullmatch(text) is not None


def zeros_after_rounding(digits: str) -> int:
    """Count the digits beyond Excel's fifteen when every one of them is 0, else give 0."""
    beyond = digits[EXCEL_DIGITS:]
    return len(beyond) if beyond and not beyond.strip("0") else 0
