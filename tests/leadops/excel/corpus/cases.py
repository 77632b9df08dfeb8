"""Every dirty workbook with what is to become of each of its rows, or the words it is refused with.

`2: "created"`, or an outcome and its problems with their cells: `"failed B2 invalid_mobile"`. Rows that are not named
do not exist; `_good(2, 5)` are rows 2 to 5, with nothing to say of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tests.leadops.excel import hostile
from tests.leadops.excel.corpus import by_libraries as lib
from tests.leadops.excel.corpus import by_xml as xml
from tests.leadops.excel.corpus import text_files as txt
from tests.leadops.excel.corpus.people import HEADER
from tests.leadops.excel.corpus.text_files import two, written

Build = Callable[[Path], Path]
STORED = Path(__file__).with_name("libreoffice")


@dataclass(frozen=True)
class Case:
    """One file; `refused` is how its sentence begins, `columns` what an officer said they are who was asked."""

    build: Build
    rows: dict[int, str] = field(default_factory=dict)
    refused: str = ""
    columns: tuple[str, ...] = ()


def _good(first: int, last: int) -> dict[int, str]:
    return dict.fromkeys(range(first, last + 1), "created")


def _swapped(first: int, last: int, outcome: str = "created D{} swapped_back") -> dict[int, str]:
    return {n: outcome.format(n) for n in range(first, last + 1)}


def _stored(name: str) -> Build:
    return lambda path: Path(shutil.copy(STORED / name, path))


def _dirty(hidden_column: str, *, name: str = "C9 boolean") -> dict[int, str]:
    """What becomes of LibreOffice's file in each of its formats."""
    also = f" {hidden_column}" if hidden_column else ""
    return {
        4: f"created D4 maybe_swapped{also.format(4)}",
        5: f"failed C5 excel_damage{also.format(5)}",
        6: "skipped hidden_row",
        7: f"created{also.format(7)}",
        8: f"created{also.format(8)} J8 merged_cell",
        9: f"failed {name}{also.format(9)}",
        10: f"failed C10 formula D10 day_and_month_swapped{also.format(10)}",
        11: f"failed F11 excel_damage{also.format(11)}",
        12: "skipped totals_row",
    }


_LETTERS = "The letters of this text file can't be told"

CASES: dict[str, Case] = {
    # openpyxl
    "numbers and dates as Excel keeps them": Case(lib.NATIVE, _good(2, 3) | {4: "failed D4 invalid_date"}),
    "numbers that became decimals and powers": Case(
        lib.DAMAGED_TEXTS,
        {
            2: "created B2 was_decimal",
            3: "created B3 was_power",
            4: "failed B4 excel_damage",
            5: "created E5 was_decimal",
            6: "failed F6 excel_damage",
            7: "created A7 perhaps_decimal",
        },
    ),
    "account numbers rounded after fifteen digits": Case(
        lib.ROUNDED,
        {
            2: "failed F2 excel_damage",
            3: "failed F3 excel_damage",
            4: "created F4 maybe_rounded",
            5: "failed F5 excel_damage",
        },
    ),
    "lost leading zeros": Case(
        lib.LOST_ZEROS,
        {
            2: "created F2 fewer_digits",
            3: "created",
            4: "created F4 fewer_digits",
            5: "failed E5 invalid_pincode",
            6: "failed B6 invalid_mobile",
        },
    ),
    "zeros that are only shown": Case(
        lib.SHOWN_ZEROS,
        {
            2: "created A2 shown_zeros F2 shown_zeros H2 shown_zeros",
            3: "created F3 fewer_digits",
            4: "created",
            5: "created F5 fewer_digits",
        },
    ),
    "texts that are only shown": Case(
        lib.SHOWN_TEXTS,
        {
            2: "created A2 shown_text F2 shown_zeros G2 shown_text J2 shown_text",
            3: "created A3 shown_otherwise",
            4: "created A4 shown_zeros J4 shown_otherwise",
        },
    ),
    "zeros that XlsxWriter shows": Case(
        lib.ZEROS_BY_XLSXWRITER, {2: "created F2 shown_zeros", 3: "created F3 formula F3 shown_zeros"}
    ),
    "formulas that were never calculated, and errors": Case(
        lib.FORMULAS,
        {
            2: "failed C2 formula_not_calculated",
            3: "failed H3 formula_not_calculated",
            4: "failed C4 excel_damage",
            5: "failed B5 excel_damage",
        },
    ),
    "truths in place of text": Case(lib.TRUTHS, {2: "failed C2 boolean", 3: "failed J3 boolean", 4: "created"}),
    "counts of days in a column of dates": Case(
        lib.SERIALS, {2: "failed D2 excel_damage", 3: "created", 4: "failed D4 excel_damage"}
    ),
    "odd spaces and digits of other scripts": Case(
        lib.ODD_LETTERS,
        {
            2: "created B2 odd_spaces C2 odd_spaces",
            3: "created B3 odd_spaces",
            4: "created B4 other_digits",
            5: "created B5 other_digits",
            6: "created",
            7: "created E7 other_digits",
            8: "created G8 other_digits",
            9: "created H9 other_digits",
        },
    ),
    "dates as text": Case(
        lib.TEXT_DATES,
        _good(2, 4) | {5: "failed D5 invalid_date", 6: "failed D6 invalid_date", 7: "failed D7 excel_damage"},
    ),
    "dates that are all month first": Case(
        lib.MONTH_FIRST, {n: f"created D{n} month_first" for n in range(2, 6)} | _good(6, 7)
    ),
    "dates in both orders": Case(
        lib.MIXED_DATES,
        {2: "created", 3: "failed D3 day_and_month_swapped", 4: "failed D4 day_or_month"} | _good(5, 7),
    ),
    "one date month first among thirty": Case(
        lib.ONE_SLIP,
        _good(2, 31)
        | {17: "created D17 perhaps_month_first"}
        | {32: "failed D32 day_and_month_swapped", 33: "created D33 perhaps_month_first"},
    ),
    "dates that Excel swapped": Case(
        lib.SWAPPED, _good(2, 13) | _swapped(14, 25)
    ),
    "a few dates that Excel may have swapped": Case(
        lib.PERHAPS_SWAPPED, _good(2, 5) | {n: f"failed D{n} perhaps_swapped" for n in range(6, 10)} | _good(10, 10)
    ),
    "two dates that Excel may have swapped": Case(
        lib.MAYBE_SWAPPED, _good(2, 4) | {n: f"created D{n} maybe_swapped" for n in (5, 6)}
    ),
    "month first dates that an Indian Excel swapped": Case(
        lib.SWAPPED_IN_INDIA,
        {n: f"created D{n} month_first" for n in range(2, 14)}
        | _swapped(14, 25),
    ),
    "month first dates that an Indian Excel may have swapped": Case(
        lib.PERHAPS_SWAPPED_IN_INDIA,
        {n: f"created D{n} month_first" for n in range(2, 6)}
        | {n: f"failed D{n} perhaps_swapped" for n in range(6, 10)}
        | _good(10, 10),
    ),
    "two dates that an Indian Excel may have swapped": Case(
        lib.MAYBE_SWAPPED_IN_INDIA,
        {n: f"created D{n} month_first" for n in range(2, 5)}
        | {n: f"created D{n} maybe_swapped" for n in (5, 6)},
    ),
    "swapped dates and one of the 25th": Case(
        lib.swapped_but(date(1990, 3, 25)), _good(2, 23) | _swapped(24, 45) | _good(46, 46)
    ),
    "swapped dates and a text in either order": Case(
        lib.swapped_but("03/04/1990"), _good(2, 23) | _swapped(24, 45) | _good(46, 46)
    ),
    "swapped dates and a text in the other order": Case(
        lib.swapped_but("03/25/1990"),
        _good(2, 23) | _swapped(24, 45, "failed D{} perhaps_swapped") | {46: "failed D46 day_and_month_swapped"},
    ),
    "dates swapped in India, one of the 25th and a text in either order": Case(
        lib.swapped_but(date(1990, 3, 25), "03/04/1990", text="03/{day}/1990"),
        _swapped(2, 23, "created D{} month_first")
        | _swapped(24, 45)
        | {46: "created", 47: "created D47 month_first"},
    ),
    "dates that may be swapped and more than a slip against it": Case(
        lib.swapped_but(date(1990, 3, 25), date(1990, 3, 26)), _good(2, 47)
    ),
    "real dates that were not swapped": Case(lib.DAYS_OF_BOTH_KINDS, _good(2, 4)),
    "door numbers that look like dates": Case(lib.DOOR_NUMBERS, _good(2, 5) | {6: "failed K6 excel_damage"}),
    "cells merged downwards": Case(
        lib.MERGED_DOWN,
        {
            2: "created",
            3: "created I3 merged_cell",
            4: "created I4 merged_cell",
            5: "created",
            6: "failed B6 merged_own",
        },
    ),
    "cells merged across": Case(lib.MERGED_ACROSS, {2: "created", 3: "created I3 merged_across", 4: "created"}),
    "a hidden row and a hidden column": Case(
        lib.HIDDEN, {2: "created E2 hidden_column", 3: "skipped hidden_row", 4: "created"}
    ),
    "a header of two lines, merged": Case(lib.TWO_LINES, {5: "created", 6: "failed B6 invalid_mobile"}),
    "a header of two lines, in words": Case(
        lib.GROUPED_WORDS, {3: "created", 4: "failed F4 fewer_digits F4 invalid_account_no"}
    ),
    "ten titles above the header": Case(lib.TEN_TITLES, {12: "created", 13: "failed E13 invalid_pincode"}),
    "leads above the header": Case(lib.LEADS_ABOVE, refused="Row 4 names the columns, but rows 2 and 3 above it"),
    "leads above the header, and an officer": Case(
        lib.LEADS_ABOVE, dict.fromkeys((2, 3), "skipped above_header") | _good(5, 6), columns=tuple(HEADER)
    ),
    "no header": Case(lib.NO_HEADER, refused="No row names the columns, and row 1 looks like a lead"),
    "no header, and an officer": Case(lib.NO_HEADER, _good(1, 3), columns=tuple(HEADER)),
    "titles that have a contact": Case(lib.CONTACT_TITLES, _good(5, 6)),
    "totals below the leads": Case(
        lib.TOTALS, _good(2, 3) | {4: "skipped totals_row", 5: "skipped totals_row"}
    ),
    "an empty first column and an empty row": Case(
        lib.SINGLE_COLUMN_GAP, {2: "created", 4: "failed D4 required"}
    ),
    "dates counted from 1904": Case(lib.OLD_EPOCH, _good(2, 2)),
    # XlsxWriter
    "written by XlsxWriter": Case(lib.PLAIN, _good(2, 3)),
    "written by XlsxWriter in constant memory": Case(lib.INLINE, _good(2, 3)),
    "formulas with their results": Case(
        lib.COMPUTED,
        {
            2: "created C2 formula",
            3: "created H3 external_formula",
            4: "failed B4 excel_damage",
            5: "failed B5 formula_not_calculated",
        },
    ),
    "texts that look like formulas": Case(
        lib.LIKE_FORMULAS, {2: "created J2 text_formula"} | _good(3, 4)
    ),
    "rows that a filter hides": Case(lib.FILTERED, {2: "created", 3: "skipped hidden_row", 4: "created"}),
    "a table with its row of totals": Case(lib.TABLE, _good(2, 3) | {4: "skipped totals_row"}),
    "drop-downs, comments, links and colours": Case(lib.DECORATED, _good(2, 3)),
    "a merged title and merged cities": Case(lib.MERGED, {3: "created", 4: "created I4 merged_cell"}),
    "a table far from the corner": Case(lib.FAR_FROM_THE_CORNER, {6: "created", 7: "failed D7 invalid_mobile"}),
    # by hand
    "the least that is a workbook": Case(xml.MINIMAL, {2: "created", 3: "failed B3 invalid_mobile"}),
    "cells without addresses": Case(xml.WITHOUT_ADDRESSES, _good(2, 2)),
    "an error without an address": Case(xml.ERROR_WITHOUT_ADDRESS, refused="The cells of this workbook do not say"),
    "tags with a prefix": Case(xml.PREFIXED, {2: "created", 3: "failed C3 formula_not_calculated"}),
    "values in single quotes": Case(xml.SINGLE_QUOTES, {2: "created", 3: "skipped hidden_row"}),
    "XML on many lines": Case(xml.PRETTY, {2: "created C2 formula", 3: "created"}),
    "shared formulas of another workbook": Case(
        xml.FORMULAS,
        {
            2: "created C2 external_formula",
            3: "created C3 external_formula",
            4: "created",
            5: "failed H5 formula_not_calculated",
            6: "failed H6 excel_damage",
        },
    ),
    "an error that nobody knows": Case(xml.UNKNOWN_ERROR, refused="Cell C3 holds #SPILL!, an error that keeps"),
    "numbers as powers, truths and ISO dates": Case(
        xml.NUMBERS, {2: "created", 3: "failed F3 excel_damage", 4: "failed C4 boolean", 5: "created"}
    ),
    "a dimension that is not true": Case(xml.LYING_DIMENSION, _good(2, 2)),
    "all columns from the ninth on hidden": Case(
        xml.HIDDEN_COLUMNS, {n: f"created I{n} hidden_column J{n} hidden_column" for n in (2, 3)}
    ),
    "all cells merged": Case(
        xml.HUGE_MERGE,
        {2: "created", 3: "created A3 merged_across", 4: "skipped A4 duplicate_reference A4 merged_cell"},
    ),
    "a hundred thousand merges": Case(xml.MANY_MERGES, refused="This sheet has too many merged cells"),
    "escaped letters": Case(xml.ESCAPES, {2: "created", 3: "created C3 control_characters"}),
    "the strict standard": Case(xml.STRICT, _good(2, 2)),
    "one long text in every cell": Case(xml.TEXT_BOMB, refused="This workbook needs more memory"),
    "a cell of another document": Case(hostile.linked_document, refused="This workbook takes values from other"),
    "an .xlsb": Case(
        xml.binary,
        {
            2: "created H2 hidden_column",
            3: "failed C3 excel_damage H3 hidden_column",
            4: "skipped hidden_row",
            5: "failed C5 boolean H5 hidden_column",
            6: "created C6 formula H6 hidden_column J6 merged_cell",
            7: "created A7 shown_text F7 shown_zeros H7 hidden_column",
        },
    ),
    "an .ods by hand": Case(
        xml.open_document,
        {
            2: "created A2 shown_text F2 shown_zeros J2 formula",
            3: "failed C3 formula_not_calculated",
            4: "failed H4 formula_not_calculated",
            5: "created A5 shown_otherwise",
        },
    ),
    # LibreOffice
    "an .xlsx of LibreOffice": Case(_stored("dirty.xlsx"), _dirty("G{} hidden_column")),
    "an .xls of LibreOffice": Case(_stored("dirty.xls"), _dirty("G{} hidden_column")),
    "numbers that an .xls of LibreOffice shows otherwise": Case(
        _stored("shown.xls"),
        {
            2: "created A2 shown_text F2 shown_zeros",
            3: "created A3 formula A3 shown_text",
            4: "failed A4 shown_text B4 invalid_mobile",
        },
    ),
    "an .ods of LibreOffice": Case(_stored("dirty.ods"), _dirty("G{} hidden_column")),
    "a .csv of LibreOffice": Case(
        _stored("dirty.csv"),
        _good(4, 8)
        | {5: "failed C5 excel_damage", 9: "failed C9 boolean", 10: "failed D10 day_and_month_swapped"}
        | {11: "created", 12: "skipped totals_row"},
    ),
    # text files
    "UTF-8 and commas": Case(written(two()), _good(2, 3)),
    "UTF-8 with a mark and semicolons": Case(written(two(";", "\n", "Zoë"), "utf-8-sig"), _good(2, 3)),
    "UTF-16 with a mark and tabs": Case(written(two("\t", name="आशा"), "utf-16"), _good(2, 3)),
    "UTF-16 without a mark": Case(written(two("\t"), "utf-16-le"), _good(2, 3)),
    "UTF-16 the other way round": Case(written(two(","), "utf-16-be"), _good(2, 3)),
    "Windows-1252 and bars": Case(
        written(two("|", name="Zoë Müller"), "cp1252"), {2: "created C2 guessed_letters", 3: "created"}
    ),
    "lines that end as on old Macs": Case(written(two(end="\r")), _good(2, 3)),
    "a line that names the separator": Case(written(txt.SEPARATOR_LINE), _good(2, 3)),
    "Cyrillic in one byte a letter": Case(written(two(name="Анна Петрова"), "cp1251"), refused=_LETTERS),
    "short words in Cyrillic": Case(written(two(name="Ян Ли"), "cp1251"), refused=_LETTERS),
    "bytes that are no letters": Case(written(two(name="Ren\x81"), "latin-1"), refused=_LETTERS),
    "a contact above the header of a text file": Case(written(txt.CONTACT_TITLES), _good(5, 6)),
    "names of columns in Hindi": Case(
        written(txt.HINDI), {2: "created", 3: "failed F3 fewer_digits F3 invalid_account_no"}
    ),
    "names of columns in Devanagari": Case(written(txt.IN_DEVANAGARI), _good(2, 2)),
    "a husband, who is no address": Case(
        written(txt.FATHER_OR_HUSBAND), refused="These columns are filled but not known: C (पति"
    ),
    "line breaks in quotation marks": Case(written(txt.WITH_BREAKS), _good(2, 3)),
    "a comma without quotation marks": Case(
        written(txt.UNQUOTED_COMMA), {2: "created", 3: "failed too_many_cells", 4: "created"}
    ),
    "rows swallowed by a quotation mark": Case(
        written(txt.SWALLOWED), {2: "failed C2 swallowed_rows", 3: "created"}
    ),
    "a quotation mark that never closes": Case(
        written(txt.OPEN_QUOTE), refused="A quotation mark in row 3 opens and is never closed"
    ),
    "formulas in a text file": Case(
        written(txt.WRAPPED),
        {n: f"failed {column}{n} formula_not_calculated" for n, column in enumerate("CJJHC", start=3)}
        | {2: "created", 8: "created B8 formula", 9: "created J9 text_formula"}
        | _good(10, 11),
    ),
    "damage that a text file carries on": Case(
        written(txt.DAMAGED),
        {
            2: "failed B2 excel_damage",
            3: "created B3 was_decimal",
            4: "created B4 was_power",
            5: "created E5 was_decimal",
            6: "failed F6 excel_damage",
            7: "failed F7 excel_damage",
            8: "created A8 perhaps_decimal",
            9: "failed E9 invalid_pincode",
            10: "failed D10 excel_damage",
            11: "failed C11 excel_damage",
        },
    ),
    "month first in a text file": Case(
        written(txt.MONTH_FIRST), {n: f"created D{n} month_first" for n in range(2, 7)} | _good(7, 7)
    ),
    "totals in a text file": Case(
        written(txt.TOTALS),
        {2: "created", 3: "skipped totals_row", 4: "created", 5: "skipped totals_row", 6: "created"},
    ),
    "lines of different lengths": Case(written(txt.RAGGED), _good(4, 5) | _good(7, 7)),
}  # fmt: skip
