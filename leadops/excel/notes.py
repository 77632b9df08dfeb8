"""What reading a file has to say of single cells and rows: kept with the row, weighed once its columns are known.

A note comes from the parsing process, which does not know what a column is for. Whether a date was written month
first matters in a column of dates and nowhere else, so the row's judge weighs its notes.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from leadops.excel.sheet_header import letters, position
from leadops.models import RowProblem
from leadops.validation import tidied
from leadops.validation.codes import CODES as validation_codes
from leadops.validation.codes import Code, Severity

WHOLE_ROW = -1
_LETTERS = re.compile("[A-Z]+")
MOST_ROWS_A_LEAD = 50
"""A reference that more rows share was not meant as one."""
TOO_MANY_ROWS = "too_many_rows"
"""Found in storing, as the file does not know which of its rows are one lead."""


class Note(NamedTuple):
    """A column counted from 0, or WHOLE_ROW, a code of CODES, and further columns of which it says the same."""

    at: int
    code: str
    more: Sequence[int] = ()


def _warning(template: str) -> Code:
    return Code(template, Severity.WARNING)


CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        # rows that are left out
        "hidden_row": _warning(
            "This row is hidden in the sheet, so it was left out; if it is a lead, show it and upload it again."
        ),
        "totals_row": _warning("This row is the total of those above it and no lead; it was left out."),
        "above_header": _warning(
            "This row stands above the header, so it was left out; if it is a lead, move it below and upload it again."
        ),
        # what can't be taken
        "formula_not_calculated": Code(
            "This is a formula without a result; open the file in Excel, save it there and upload it again."
        ),
        "boolean": Code("Excel took this for a yes or no (TRUE or FALSE); write it as text."),
        "too_many_cells": Code(
            "This row has more cells than the header; put a value that holds the separator in quotation marks."
        ),
        "swallowed_rows": Code(
            "A quotation mark opens here and closes rows below; take it out and upload the file again."
        ),
        "merged_own": Code(
            "This cell is merged with one above it, but each lead needs its own; unmerge them and fill it in."
        ),
        "day_or_month": Code(
            "Dates of this column are in both orders and this may be either; write its month as a word."
        ),
        "perhaps_swapped": Code(
            "Excel may have swapped day and month in this column; compare it and write its month as a word."
        ),
        TOO_MANY_ROWS: Code(
            f"More than {MOST_ROWS_A_LEAD} rows have this reference, and one lead takes no more than that;"
            " give this row another."
        ),
        # what was read, beyond doubt or as it is shown
        "perhaps_month_first": _warning(
            "A few dates of this column are month first; this one was read day first: please check it."
        ),
        "month_first": _warning("The dates of this column are month first, and this one was read so."),
        "swapped_back": _warning(
            "Excel had swapped day and month in this column; they were put back: please check."
        ),
        "maybe_swapped": _warning(
            "Excel may have swapped day and month here; too few dates tell, so it was taken: please check."
        ),
        "merged_cell": _warning("This cell is merged with one above it; its value was taken here too."),
        "merged_across": _warning("This cell is merged with those beside it, which count as empty."),
        "hidden_column": _warning("This column is hidden in the sheet; its value was read all the same."),
        "formula": _warning("A formula stands here; the value that it had last was taken."),
        "external_formula": _warning(
            "This comes from another workbook by a formula; the last value it showed was taken."
        ),
        "text_formula": _warning("This begins with = as a formula does; it was taken as a text."),
        "guessed_letters": _warning(
            "This file does not say how its letters are written; they were read as Windows-1252: please check."
        ),
        "control_characters": validation_codes["control_characters"],
        "odd_spaces": _warning("Invisible or non-breaking spaces were taken out."),
        "other_digits": _warning("Digits or letters of another script were read as 0 to 9 and A to Z."),
        "shown_zeros": _warning("The zeros that the sheet shows before this number were read with it."),
        "shown_text": _warning(
            "The sheet shows more here than the number in the cell, and it was read as it is shown."
        ),
        "shown_otherwise": _warning(
            "The sheet shows something else here than the number in the cell, which was taken: please check it."
        ),
        "was_decimal": _warning("This had become a decimal number; it was read without the “.0”."),
        "was_power": _warning(
            "This had become a power of ten that keeps all its digits; it was written out."
        ),
        "perhaps_decimal": _warning("This looks like a number that became a decimal one; please check it."),
        "fewer_digits": _warning(
            "Account numbers of {bank} have {digits} digits, and Excel drops leading zeros; please check it."
        ),
    }
)
LEAVES_OUT = frozenset({"hidden_row", "totals_row", "above_header"})
"""Codes of rows that are no leads: they count as skipped."""


def leaves_out(notes: Sequence[Note]) -> bool:
    """Whether these are notes of a row that is no lead."""
    return any(note.code in LEAVES_OUT for note in notes)


def still_holds(code: str, before: str, now: str) -> bool:
    """Whether a note of this code holds of its cell, which was typed anew: the same reference is no other."""
    return code == TOO_MANY_ROWS and tidied(before) == tidied(now)


def kept(notes: Sequence[Note], number: int) -> list[RowProblem]:
    """The notes of row `number` as they are stored with it, before anybody knows what its columns are."""
    return [
        _of_several(note.code, number, (note.at, *note.more))
        if note.more
        else noted(note.code, number, note.at)
        for note in notes
    ]


def noted(code: str, number: int, at: int, column: str = "", **facts: object) -> RowProblem:
    """A note as a problem of row `number`; `column` is its heading."""
    letter = letters(at) if at != WHOLE_ROW else ""
    return {
        "column": column,
        "letter": letter,
        "cell": f"{letter}{number}" if letter else "",
        "code": code,
        "message": CODES[code].template.format_map(facts),
        "severity": CODES[code].severity.value,
    }


# One note of several cells ------------------------------------------------------------------------------------


def places(letter: str) -> tuple[int, ...]:
    """The columns of a stored note, counted from 0: of `B:D,F` they are 1, 2, 3 and 5."""
    return _places(letter) if letter else ()


def placed(note: RowProblem, at: Sequence[int], number: int) -> RowProblem | None:
    """A stored note of these columns of row `number`; None where there are none."""
    letter = _letters(tuple(sorted(at)))
    cell = _LETTERS.sub(rf"\g<0>{number}", letter).replace(",", ", ")
    return {**note, "letter": letter, "cell": cell} if letter else None


def without(note: RowProblem, at: Container[int], number: int) -> RowProblem | None:
    """What is left of a stored note when these columns have nothing to do with it; one of a whole row stays."""
    if not note["letter"]:
        return note
    return placed(note, [each for each in places(note["letter"]) if each not in at], number)


def _of_several(code: str, number: int, at: Sequence[int]) -> RowProblem:
    note = noted(code, number, WHOLE_ROW)
    return placed(note, at, number) or note


@lru_cache(maxsize=1024)
def _places(letter: str) -> tuple[int, ...]:
    runs = [each.split(":") for each in letter.split(",")]
    return tuple(at for run in runs for at in range(position(run[0]), position(run[-1]) + 1))


@lru_cache(maxsize=1024)
def _letters(at: tuple[int, ...]) -> str:
    """Columns that stand side by side as one run: those of a table that looks its values up are twenty."""
    runs: list[list[int]] = []
    for each in at:
        if runs and each == runs[-1][-1] + 1:
            runs[-1][1:] = [each]
        else:
            runs.append([each])
    return ",".join(":".join(map(letters, run)) for run in runs)
