"""Text files of leads, in the letters and with the delimiters of many programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.leadops.excel.corpus.people import HEADER, person

Build = Callable[[Path], Path]


def lines(rows: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    """Rows as a program that never quotes anything writes them."""
    return "".join(delimiter.join(row) + end for row in rows)


def written(text: str, encoding: str = "utf-8") -> Build:
    def build(path: Path) -> Path:
        path.write_bytes(text.encode(encoding))
        return path

    return build


def two(delimiter: str = ",", end: str = "\r\n", name: str = "Asha Verma") -> str:
    return lines([HEADER, person(1, C=name), person(2)], delimiter, end)


LATIN_HINDI = [
    "Avedan No", "Mobile Nambar", "Naam", "Janm Tithi", "Pin Kod", "Khata No", "IFSC Kod", "Rakam", "Sheher", "Tippani",
]  # fmt: skip
DEVANAGARI = [
    "आवेदन संख्या", "मोबाइल नंबर", "आवेदक का नाम", "जन्म तिथि", "पिन कोड", "खाता संख्या", "आईएफएससी कोड", "ऋण राशि",
    "ज़िला", "टिप्पणी",
]  # fmt: skip
HINDI = lines([LATIN_HINDI, person(1), person(2, F="12")])
IN_DEVANAGARI = lines([["क्र.", *DEVANAGARI, "पिता का नाम"], ["१", *person(1, C="आशा वर्मा"), "रमेश वर्मा"]])
FATHER_OR_HUSBAND = lines([["मोबाइल", "नाम", "पति"], ["9800000001", "Asha Verma", "Ramesh Verma"]])
CONTACT_TITLES = "Agency,Sunrise\r\nContact,9800011111\r\n\r\n" + lines(
    [row[:3] for row in (HEADER, person(1), person(2))]
)
WITH_BREAKS = lines([HEADER, person(1, J='"First line\r\nsecond, ""quoted"" line"'), person(2)])
UNQUOTED_COMMA = lines([HEADER, person(1), person(2, I="Pune, Kothrud"), person(3)])
SWALLOWED = lines([HEADER, person(1, C='"Asha'), person(2), person(3, C='Verma"'), person(4)])
OPEN_QUOTE = lines([HEADER, person(1), person(2, C='"Asha'), person(3)])
WRAPPED = lines(
    [
        HEADER,
        person(1, B='="9800000001"', F='="30000000001"'),
        person(2, C="=cmd|' /C calc'!A0"),
        person(3, J="=1+2"),
        person(4, J="= B5"),
        person(5, H="=10*5"),
        person(6, C='="Asha"&" Verma"'),
        person(7, B="=9800000007"),
        person(8, J="=> see below"),
        person(9, J="@x"),
        person(10, B="+919800000010", J="-"),
    ]
)
SEPARATOR_LINE = "sep=;\r\n" + two(";")
MONTH_FIRST = lines(
    [
        HEADER,
        *(person(n, D=f"{n}/2{n}/1990") for n in range(1, 5)),
        person(5, D="3/4/90"),
        person(6, D="5/5/1990"),
    ]
)
DAMAGED = lines(
    [
        HEADER,
        person(1, B="9.8E+09"),
        person(2, B="9800000002.0"),
        person(3, B="9.800000003E+09"),
        person(4, E="411001.0"),
        person(5, F="3.00E+10"),
        person(6, F="300000005.0"),
        person(7, A="1007.0"),
        person(8, E="41100"),
        person(9, D="32944"),
        person(10, C="#NAME?"),
    ]
)
TOTALS = lines(
    [
        HEADER,
        person(1),
        ["Sub total", "", "", "", "", "", "", "50,000"],
        person(2, C="Total Kumar"),
        ["", "", "TOTAL:", "", "", "", "", "₹ 1,00,000.00"],
        ["", "98000 00004", "Total", "", "", "", "", "50000"],
    ]
)
RAGGED = lines([["Leads of March"], [], HEADER, person(1)[:8], person(2), ["", "", ""], person(3)])
