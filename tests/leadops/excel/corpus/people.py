"""The rows that the dirty workbooks are made of: people who don't exist, and nothing wrong with them."""

from __future__ import annotations

from datetime import date
from typing import Any

HEADER = [
    "Partner reference", "Mobile", "Name", "Date of birth", "Pincode", "Account number", "IFSC", "Loan amount",
    "City", "Remarks",
]  # fmt: skip
BORN = date(1990, 3, 12)


def person(number: int, **given: Any) -> list[Any]:
    """A good row; `given` puts other values into columns, by their letters."""
    row: list[Any] = [
        f"R-{number}",
        str(9_800_000_000 + number),
        "Asha Verma",
        "1990-03-12",
        "411001",
        str(30_000_000_000 + number),
        "SBIN0000300",
        "50000",
        "Pune",
        "Call after six",
    ]
    for letter, value in given.items():
        row[ord(letter) - ord("A")] = value
    return row


def table(*rows: list[Any]) -> list[list[Any]]:
    return [HEADER, *rows]
