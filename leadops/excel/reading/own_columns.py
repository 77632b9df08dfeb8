"""The two columns that the workbook of refused rows adds to those of the file that it is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from .heading_keys import key

ROW_HEADER = "Row"
REASON_HEADER = "Why refused"
MOST = 2
_ROW, _REASON = key(ROW_HEADER), key(REASON_HEADER)
_ROW_OF_IMPORT = f"{_ROW}ofimport"
_LOOKED_AT = 12
"""A title may have been put above the header."""


def count(rows: Iterable[Sequence[Any]]) -> int:
    """How many of the two the first rows name; another column of these names is not read either."""
    return max((len(set(filter(None, map(_own, row)))) for row in islice(rows, _LOOKED_AT)), default=0)


def _own(value: Any) -> str:
    name = key(value) if value.__class__ is str else ""
    if name.startswith(_ROW_OF_IMPORT):
        return _ROW
    return name if name in (_ROW, _REASON) else ""
