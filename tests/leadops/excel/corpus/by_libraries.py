"""Workbooks that openpyxl and XlsxWriter write, which write as Excel does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

from tests.leadops.excel.corpus.people import BORN, HEADER, person, table

Build = Callable[[Path], Path]


def by_openpyxl(rows: Sequence[Sequence[Any]], change: Callable[[Worksheet], None] | None = None) -> Build:
    def build(path: Path) -> Path:
        book = openpyxl.Workbook()
        book.active.title = "Leads"
        for row in rows:
            book.active.append(list(row))
        if change:
            change(book.active)
        book.save(path)
        return path

    return build


def by_xlsxwriter(fill: Callable[[Any, Any], None], **options: Any) -> Build:
    def build(path: Path) -> Path:
        with xlsxwriter.Workbook(path, options) as book:
            fill(book, book.add_worksheet("Leads"))
        return path

    return build


# openpyxl ----------------------------------------------------------------------------------------------------------

NATIVE = by_openpyxl(
    table(
        person(1, B=9_800_000_001, D=BORN, E=411001, F=30_000_000_001, H=50000),
        person(2, B=9_800_000_002.0, D=datetime(1990, 3, 12), H=50000.5),
        person(3, D=datetime(1990, 3, 12, 10, 30)),
    )
)
DAMAGED_TEXTS = by_openpyxl(
    table(
        person(1, B="9800000001.0"),
        person(2, B="9.800000002E+09"),
        person(3, B="9.8E+09"),
        person(4, E="411001.0"),
        person(5, F="30000000005.0"),
        person(6, A="1006.0"),
    )
)
ROUNDED = by_openpyxl(
    table(
        person(1, F=12345678901234567),
        person(2, F="12345678901234500"),
        person(3, F="1234567890123450", G="PUNB0100200"),
        person(4, F=1.5e17),
    )
)
LOST_ZEROS = by_openpyxl(
    table(
        person(1, F=1_234_567_890_123, G="HDFC0000001"),
        person(2, F="01234567890123", G="HDFC0000001"),
        person(3, F=401234567, G="ICIC0000001"),
        person(4, E=11001),
        person(5, B=980000005),
    )
)
FORMULAS = by_openpyxl(
    table(person(1, C='="Asha"&" Verma"'), person(2, H="=25000*2"), person(3, C="#N/A"), person(4, B="#REF!"))
)
TRUTHS = by_openpyxl(table(person(1, C=True), person(2, J=False), person(3)))
SERIALS = by_openpyxl(table(person(1, D=32944), person(2, D=BORN), person(3, D=32944.0)))
ODD_LETTERS = by_openpyxl(
    table(
        person(1, B="\u00a09800000001", C="Asha\u00a0Verma"),
        person(2, B="98000\u200b00002"),
        person(3, B="９８０００００００３"),
        person(4, B="९८०००००००४"),
        person(5, C="आशा वर्मा", J="फ्लैट १२"),
        person(6, E="४११००१"),
        person(7, G="ＳＢＩＮ００００３００"),
        person(8, A="Ｒ－８", H="５०，０００", J="१२"),
    )
)
TEXT_DATES = by_openpyxl(
    table(
        person(1, D="12/03/1990"),
        person(2, D="12 March 1990"),
        person(3, D="12-Mar-90"),
        person(4, D="31/02/1990"),
        person(5, D="yesterday"),
        person(6, D="#########"),
    )
)
MONTH_FIRST = by_openpyxl(
    table(
        person(1, D="03/25/1990"),
        person(2, D="04/26/1991"),
        person(3, D="05/27/1992"),
        person(4, D="03/04/1990"),
        person(5, D="06/06/1993"),
        person(6, D=BORN),
    )
)
MIXED_DATES = by_openpyxl(
    table(
        person(1, D="25/03/1990"),
        person(2, D="03/25/1990"),
        person(3, D="03/04/1990"),
        person(4, D="1990-04-03"),
        person(5, D="05/05/1990"),
        person(6, D="3 April 1990"),
    )
)
ONE_SLIP = by_openpyxl(
    table(
        *(person(n, D=f"{12 + n % 16:02d}/03/1990") for n in range(1, 31)),
        person(31, D="03/25/1990"),
        person(32, D="03/04/1990"),
    )
)
SWAPPED = by_openpyxl(
    table(
        *(person(n, D=f"{12 + n}/03/1990") for n in range(1, 13)),
        *(person(n + 12, D=date(1990, n, 3 if n != 3 else 4)) for n in range(1, 13)),
    )
)
PERHAPS_SWAPPED = by_openpyxl(
    table(
        *(person(n, D=f"{12 + n}/03/1990") for n in range(1, 5)),
        *(person(n, D=date(1990, n, 2)) for n in range(5, 9)),
        person(9, D=date(1990, 7, 7)),
    )
)
MAYBE_SWAPPED = by_openpyxl(
    table(
        *(person(n, D=f"{12 + n}/03/1990") for n in range(1, 4)),
        *(person(n, D=date(1990, n, 2)) for n in range(4, 6)),
    )
)
SWAPPED_IN_INDIA = by_openpyxl(
    table(
        *(person(n, D=f"03/{12 + n}/1990") for n in range(1, 13)),
        *(person(n + 12, D=date(1990, 3 if n != 3 else 4, n)) for n in range(1, 13)),
    )
)
PERHAPS_SWAPPED_IN_INDIA = by_openpyxl(
    table(
        *(person(n, D=f"03/{12 + n}/1990") for n in range(1, 5)),
        *(person(n, D=date(1990, 2, n)) for n in range(5, 9)),
        person(9, D=date(1990, 7, 7)),
    )
)
MAYBE_SWAPPED_IN_INDIA = by_openpyxl(
    table(
        *(person(n, D=f"03/{12 + n}/1990") for n in range(1, 4)),
        *(person(n, D=date(1990, 2, n)) for n in range(4, 6)),
    )
)


def swapped_but(*odd: Any, text: str = "{day}/03/1990") -> Build:
    """Twenty-two texts that only one order can read and twenty-two real dates, then cells that do not fit."""
    texts = [text.format(day=13 + n % 16) for n in range(22)]
    dates = [date(1990 + n // 11, 1, 2 + n % 11) for n in range(22)]
    return by_openpyxl(table(*(person(n, D=born) for n, born in enumerate([*texts, *dates, *odd], start=1))))


DAYS_OF_BOTH_KINDS = by_openpyxl(
    table(person(1, D="13/03/1990"), person(2, D=date(1990, 4, 2)), person(3, D=date(1990, 4, 22)))
)
DOOR_NUMBERS = by_openpyxl(
    [
        [*HEADER, "House no"],
        *([*person(n), f"{n}-2{n}-15"] for n in range(1, 5)),
        [*person(5), date(2026, 12, 3)],
    ]
)


def _merge_down(sheet: Worksheet) -> None:
    sheet.merge_cells("I2:I4")
    sheet.merge_cells("B5:B6")


MERGED_DOWN = by_openpyxl(
    table(person(1, I="Nashik"), person(2, I=None), person(3, I=None), person(4), person(5, B=None)),
    _merge_down,
)
MERGED_ACROSS = by_openpyxl(
    table(person(1), person(2, J=None), person(3)), lambda sheet: sheet.merge_cells("I3:J3")
)


def _hide(sheet: Worksheet) -> None:
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["E"].hidden = True


HIDDEN = by_openpyxl(table(person(1), person(2), person(3, E=None)), _hide)


def _two_lines(sheet: Worksheet) -> None:
    for place in ("A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:E4", "F3:G3", "H3:H4", "I3:I4", "J3:J4"):
        sheet.merge_cells(place)


TWO_LINES = by_openpyxl(
    [
        ["Leads of March"],
        [],
        [*HEADER[:5], "Bank", None, *HEADER[7:]],
        [None, None, None, None, None, "A/c No", "IFSC", None, None, None],
        person(1),
        person(2, B="98"),
    ],
    _two_lines,
)
GROUPED_WORDS = by_openpyxl(
    [
        [
            "Partner reference",
            "Applicant",
            None,
            None,
            "Pincode",
            "Bank account",
            None,
            "Loan amount",
            "City",
            "Remarks",
        ],
        [None, "Mobile", "Name", "Date of birth", None, "Number", "IFSC", None, None, None],
        person(1),
        person(2, F="12"),
    ]
)
TEN_TITLES = by_openpyxl([*([f"Title {n}"] for n in range(10)), *table(person(1), person(2, E="99"))])
LEADS_ABOVE = by_openpyxl([["Leads of March"], person(1), person(2), *table(person(3), person(4))])
NO_HEADER = by_openpyxl([person(1), person(2), person(3)])
CONTACT_TITLES = by_openpyxl(
    [
        ["Agency", "Sunrise"],
        ["Contact", "9800011111"],
        ["Sent on", "12/03/2026"],
        *table(person(1), person(2)),
    ]
)


def _zeros(sheet: Worksheet) -> None:
    for cell, zeros in {"A2": 6, "B2": 13, "F2": 14, "H2": 8, "A3": 6, "F3": 14, "F4": 14}.items():
        sheet[cell].number_format = "0" * zeros
    sheet["F5"].number_format = "#,##0"


SHOWN_ZEROS = by_openpyxl(
    table(
        person(1, A=123, B=9_800_000_001, F=12345678, G="HDFC0000240", H=50_000),
        person(2, A="124", F="12345678", G="HDFC0000240"),  # text is shown as it is
        person(3, F=12345678901234, G="HDFC0000240"),
        person(4, F=12345679, G="HDFC0000240"),
    ),
    _zeros,
)


def _shown(sheet: Worksheet) -> None:
    formats = {
        "A2": '"LN-"0000',
        "B2": '"+"000000000000',
        "E2": r"000\ 000",
        "F2": r"0000\ 0000\ 000",
        "G2": '"SBIN"0000000',
        "H2": '"Rs. "0',
        "J2": '"Flat "General',
        "A3": '"LN24-"0000',
        "B3": '"+91 "0000000000',
        "H3": '"Rs. "#,##0.00',
        "A4": "[Red]0000;-0000",
        "H4": "0.00E+00",
        "J4": "0.00E+00",
    }
    for cell, number_format in formats.items():
        sheet[cell].number_format = number_format


SHOWN_TEXTS = by_openpyxl(
    table(
        person(1, A=1, B=919_800_000_001, E=411_001, F=1_234_567, G=300, H=50_000, J=12),
        person(2, A=7, B=9_800_000_002, H=50_000),
        person(3, A=9, H=1_200_000, J=1_200_000),
    ),
    _shown,
)
LIKE_FORMULAS = by_xlsxwriter(
    lambda _, sheet: _rows(
        sheet, table(person(1, J="=1+2"), person(2, J="@x"), person(3, J="-", B="+919800000003"))
    ),
    strings_to_formulas=False,
)


def _zeros_by_xlsxwriter(book: Any, sheet: Any) -> None:
    fourteen = book.add_format({"num_format": "00000000000000;@"})
    for at, row in enumerate(table(person(1, G="HDFC0000240"), person(2, G="HDFC0000240"))):
        sheet.write_row(at, 0, row)
    sheet.write_number("F2", 12345678, fourteen)
    sheet.write_formula("F3", "=12345678+1", fourteen, 12345679)


ZEROS_BY_XLSXWRITER = by_xlsxwriter(_zeros_by_xlsxwriter)
TOTALS = by_openpyxl(
    [
        *table(person(1), person(2)),
        ["Total", None, None, None, None, None, None, "=SUM(H2:H3)"],
        ["Grand Total", 2],
    ]
)
SINGLE_COLUMN_GAP = by_openpyxl([["", *HEADER], ["", *person(1)], [], ["", *person(2, C=None)]])


def _old_epoch(sheet: Worksheet) -> None:
    sheet.parent.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904


OLD_EPOCH = by_openpyxl(table(person(1, D=BORN)), _old_epoch)


# XlsxWriter --------------------------------------------------------------------------------------------------------


def _rows(sheet: Any, rows: Sequence[Sequence[Any]], first: int = 0, column: int = 0) -> None:
    for at, row in enumerate(rows, start=first):
        sheet.write_row(at, column, row)


def _plain(book: Any, sheet: Any) -> None:
    _rows(sheet, table(person(1, B=9_800_000_001), person(2)))
    sheet.write_datetime(1, 3, datetime(1990, 3, 12), book.add_format({"num_format": "dd/mm/yyyy"}))
    sheet.write_rich_string(2, 2, book.add_format({"bold": True}), "Asha ", "Verma")


def _computed(book: Any, sheet: Any) -> None:
    _rows(sheet, table(person(1), person(2), person(3), person(4)))
    sheet.write_formula("C2", '="Asha"&" Verma"', None, "Asha Verma")
    sheet.write_formula("H3", "=[1]Rates!$A$1", None, 50000)
    sheet.write_formula("B4", "=VLOOKUP(A4,X:Y,2,0)", None, "#N/A")
    sheet.write_formula("B5", "=B4+1")


def _filtered(book: Any, sheet: Any) -> None:
    _rows(sheet, table(person(1), person(2, I="Nashik"), person(3)))
    sheet.autofilter("A1:J4")
    sheet.filter_column("I", "x == Pune")
    sheet.set_row(2, options={"hidden": True})


def _table_with_totals(book: Any, sheet: Any) -> None:
    headings: list[dict[str, Any]] = [{"header": name} for name in HEADER]
    headings[0]["total_string"] = "Total"
    headings[7] |= {"total_function": "sum", "total_value": 100000}
    sheet.add_table("A1:J4", {"data": [person(1), person(2)], "total_row": True, "columns": headings})


def _decorated(book: Any, sheet: Any) -> None:
    _rows(sheet, table(person(1), person(2)))
    sheet.data_validation("I2:I9", {"validate": "list", "source": ["Pune", "Nashik"]})
    sheet.write_comment("B2", "Calls only after six")
    sheet.write_url("J2", "https://example.com/", string="Call after six")
    sheet.conditional_format("H2:H9", {"type": "data_bar"})
    sheet.set_column("K:XFD", 4, book.add_format({"bg_color": "#EEEEEE"}))
    sheet.write_blank("K2", None, book.add_format({"bg_color": "#EEEEEE"}))


def _merged(book: Any, sheet: Any) -> None:
    bold = book.add_format({"bold": True})
    sheet.merge_range("A1:J1", "Leads of March", bold)
    _rows(sheet, table(person(1), person(2, I=None)), first=1)
    sheet.merge_range("I3:I4", "Nashik", bold)


PLAIN = by_xlsxwriter(_plain)
INLINE = by_xlsxwriter(_plain, constant_memory=True)
COMPUTED = by_xlsxwriter(_computed)
FILTERED = by_xlsxwriter(_filtered)
TABLE = by_xlsxwriter(_table_with_totals)
DECORATED = by_xlsxwriter(_decorated)
MERGED = by_xlsxwriter(_merged)
FAR_FROM_THE_CORNER = by_xlsxwriter(
    lambda book, sheet: _rows(sheet, table(person(1), person(2, B="x")), 4, 2)
)
