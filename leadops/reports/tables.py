"""What a report answers with: charts and tables that a page, a workbook and a mail show alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, NamedTuple

from leadops.reports.asked import Asked


class Link(NamedTuple):
    """A list of the back office and its filters; what is in `sealed` never stands in an address in clear."""

    page: str
    query: Mapping[str, str]
    sealed: Mapping[str, str] = {}


class Unit(Enum):
    """What a number is of."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"


class Cell(NamedTuple):
    """`value` is None where there is nothing to tell: no lead took that step."""

    value: Any
    unit: Unit = Unit.COUNT
    link: Link | None = None


@dataclass(frozen=True)
class Table:
    title: Any
    columns: Sequence[Any]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] = ()


@dataclass(frozen=True)
class Series:
    """One colour of a chart; a value is None where a line has a gap."""

    label: Any
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """`stacked` bars stand on each other, others side by side; `lines` is one with neither."""

    title: Any
    categories: Sequence[Any]
    series: Sequence[Series]
    unit: Unit = Unit.COUNT
    stacked: bool = False
    lines: bool = False


@dataclass(frozen=True)
class Result:
    charts: Sequence[Chart]
    tables: Sequence[Table]
    notes: Sequence[Any] = field(default=())

    @property
    def is_empty(self) -> bool:
        return not any(table.rows for table in self.tables)


class Report(ABC):
    """A question to the records. Its answer holds nothing of a borrower: counts, times, and names of the lender's."""

    slug: ClassVar[str]
    title: ClassVar[Any]
    about: ClassVar[Any]
    icon: ClassVar[str] = "bar_chart"
    needs: ClassVar[tuple[str, ...]] = ("leadops.view_reports", "leadops.view_lead")
    groups: ClassVar[Mapping[str, Any]] = {}
    """By what it can be grouped; the first is what it is unless somebody chooses."""
    of_a_period: ClassVar[bool] = True

    @abstractmethod
    def answer(self, asked: Asked) -> Result:
        """What the records say, within the reach of the officer who asks."""
