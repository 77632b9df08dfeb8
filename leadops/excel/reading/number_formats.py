"""How a sheet shows a whole number where it shows more than its digits: `"LN-"0000` shows LN-0001.

A template is such a format with its places for digits; all else in it is text that is shown as it stands.
"""

from __future__ import annotations

import re

ZERO, DIGIT = "\0", "\1"
"""A place that is shown as 0 where the number has no digit for it, and one that is not."""
UNTOLD = ""
"""The template of powers, and of a format whose own text has digits: nobody can tell those from the number's."""
OF_EVERY_BOOK = {11: UNTOLD, 48: UNTOLD}
"""The two formats of powers that every workbook of Excel has without saying so."""
_MOST_STYLES = 100_000
"""Of a workbook; Excel takes 65,490."""
_LONGEST = 255
_PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<unseen>_.|\*.|\[(?:[A-Za-z]+ ?[0-9]*|\$-[0-9A-Fa-f]+)\])'
    r"|(?P<place>[0#]|General)|(?P<plain>[ ()+-])|(?P<end>;)|(?P<other>.)",
    re.DOTALL,
)
"""`other` is what shows no whole number: dates, decimals, powers, thousands and conditions."""
_PLACES = {"0": ZERO, "#": DIGIT, "General": ZERO}
_AMOUNT = re.compile(r"[.,%]")
_POWER_FORMAT = re.compile(r"[0#.]+E[+-][0#]+")
_POWER = re.compile(r"[0-9.,]+[eE][+-]?[0-9]+")
"""`12E5` that somebody typed is a power to Excel, which gives its cell such a format; a reference is then 1200000."""


class Formats:
    """How a workbook shows numbers, as its formats and the styles that name them say one after the other."""

    def __init__(self) -> None:
        self._templates = dict(OF_EVERY_BOOK)
        self._of_styles: list[int] = []

    def define(self, number: int, code: str) -> None:
        if (template := of_format(code)) is not None:
            self._templates[number] = template

    def style(self, number: int) -> None:
        """The next style, which shows numbers in the format of this number."""
        if len(self._of_styles) < _MOST_STYLES:
            self._of_styles.append(number)

    def shown(self) -> dict[int, str]:
        """The templates by the styles that have one; a style that only shows a number's digits is not among them."""
        return {
            at: self._templates[each] for at, each in enumerate(self._of_styles) if each in self._templates
        }


def of_format(code: str) -> str | None:
    """The template of a format; None where it shows a number's digits and nothing else, or no whole number."""
    if _POWER_FORMAT.fullmatch(code):
        return UNTOLD
    made = ""
    for piece in _PIECE.finditer(code if len(code) <= _LONGEST else ""):
        if piece["other"]:
            return None
        if piece["end"]:
            break
        made += _PLACES.get(piece["place"] or "", "")
        made += piece["quoted"] or piece["escaped"] or piece["plain"] or ""
    return _template(made)


def of_shown(shown: str, digits: str) -> str | None:
    """The template of a number that is shown so; None where it shows nothing but these digits."""
    if _POWER.fullmatch(shown):
        return UNTOLD
    if _AMOUNT.search(shown) or not shown.isprintable():
        return None
    inside = re.sub("[^0-9]", "", shown)
    if inside == digits.zfill(len(inside)):
        return _template(re.sub("[0-9]", ZERO, shown), least=len(digits))
    return UNTOLD if shown.endswith(digits) and any(map(str.isalpha, shown)) else None


def _template(made: str, least: int = 1) -> str | None:
    places = made.count(ZERO) + made.count(DIGIT)
    text = made.replace(ZERO, "").replace(DIGIT, "")
    if not text.strip():  # groups of digits are for the eye
        return ZERO * made.count(ZERO) if made.count(ZERO) > least else None
    if not places:
        return None
    return UNTOLD if any(map(str.isdigit, text)) else made.strip()


def written(template: str, digits: str) -> str:
    """A whole number as its template shows it; digits beyond its places stand in the first."""
    left, places = digits.lstrip("0"), template.count(ZERO) + template.count(DIGIT)
    made: list[str] = []
    for piece in reversed(template):
        if piece not in (ZERO, DIGIT):
            made.append(piece)
            continue
        places -= 1
        shown, left = (left[-1:], left[:-1]) if places else (left, "")
        made.append(shown or ("0" if piece == ZERO else ""))
    return "".join(reversed(made))
