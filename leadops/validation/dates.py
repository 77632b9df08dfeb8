"""Days as Indian offices write them: the day first, then the month."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from leadops.drafts import Day
from leadops.validation.damage import FORMULA_ERROR, is_formula_error
from leadops.validation.findings import Checked, problem, refused
from leadops.validation.plain_text import plain

_YEAR_FIRST = re.compile(r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})")
_WITH_WORD = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th)?[ ,/.-]{0,3}([a-z]{3,9})[ ,/.-]{0,3}([0-9]{4}|[0-9]{2})"
)
_USUAL = re.compile(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}")
_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0{1,9})?)?(?:Z|\+00:00)?\Z")
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]{1,12})?")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_YEARS = range(1850, 2151)
_ADULT = 18
_OLDEST = 100


def day(value: Day, *, latest: date | None = None) -> Checked[Day]:
    """Turn a written day into a date; `12/03/1990` is the twelfth of March.

    A day after `latest` is refused, and a year of two digits is the last one not after it; without `latest`
    it is one of this century. Excel's day counts (`32944`) are named as damage, never counted.
    """
    if isinstance(value, date):
        found = _without_time(value)
    elif value and _USUAL.fullmatch(value):
        found = _read(value, latest)
    else:
        written = plain(value or "")
        if not written:
            return Checked(None)
        if how := _damage(written):
            return refused(value, "excel_damage", what="date", how=how)
        found = _read(_MIDNIGHT.sub("", written), latest)
    if isinstance(found, str):
        return refused(value, found)
    if found.year not in _YEARS:
        return refused(value, "invalid_date")
    if latest is not None and found > latest:
        return refused(value, "date_in_future")
    return Checked(found)


def birth_date(value: Day, today: date, *, is_person: bool = True) -> Checked[Day]:
    """Read a date of birth and wonder at a person under 18 or over 100; a firm may be of any age."""
    checked = day(value, latest=today)
    born = checked.value
    if checked.problems or not is_person or not isinstance(born, date):
        return checked
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if age < _ADULT:
        return Checked(born, (problem("under_age"),))
    if age > _OLDEST:
        return Checked(born, (problem("unlikely_age"),))
    return checked


def expiry_date(value: Day, today: date) -> Checked[Day]:
    """Read the day a document expires and warn when it has passed."""
    checked = day(value)
    if isinstance(checked.value, date) and not checked.problems and checked.value < today:
        return Checked(checked.value, (problem("document_expired"),))
    return checked


def _without_time(moment: date) -> date | str:
    """Excel hands out a day as a moment at midnight; any other hour says that the cell is not a day."""
    if not isinstance(moment, datetime):
        return moment
    return moment.date() if moment.time() == time.min else "invalid_date"


def _damage(written: str) -> str | None:
    if _SERIAL.fullmatch(written):
        return "Excel made a count of days of it"
    if is_formula_error(written):
        return FORMULA_ERROR
    return None


def _read(written: str, latest: date | None) -> date | str:
    """Give the day, or the code of what is wrong."""
    if parts := _YEAR_FIRST.fullmatch(written):
        return _calendar_day(int(parts[1]), int(parts[2]), int(parts[3]))
    if parts := _DAY_FIRST.fullmatch(written):
        month = int(parts[2])
        if month > len(_MONTHS) >= int(parts[1]) and month <= 31:
            return "day_and_month_swapped"
        return _in_century(parts[3], month, int(parts[1]), latest)
    if parts := _WITH_WORD.fullmatch(written.casefold()):
        return _in_century(parts[3], _month_named(parts[2]), int(parts[1]), latest)
    return "invalid_date"


def _month_named(word: str) -> int:
    """Number a month written in full or by its first letters; 0 when there is none of that name."""
    for number, month in enumerate(_MONTHS, start=1):
        if month.startswith(word):
            return number
    return 0


def _in_century(year: str, month: int, of_month: int, latest: date | None) -> date | str:
    if len(year) == 4:
        return _calendar_day(int(year), month, of_month)
    found = _calendar_day(2000 + int(year), month, of_month)
    if latest is not None and (isinstance(found, str) or found > latest):
        return _calendar_day(1900 + int(year), month, of_month)
    return found


def _calendar_day(year: int, month: int, of_month: int) -> date | str:
    try:
        return date(year, month, of_month)
    except ValueError:
        return "invalid_date"
