"""The reports there are; other apps add theirs when they start."""

from __future__ import annotations

from leadops.models import Officer
from leadops.reports.ageing import Ageing
from leadops.reports.conversion import Conversion
from leadops.reports.tables import Report
from leadops.reports.turnaround import Turnaround

REPORTS: dict[str, Report] = {each.slug: each for each in (Turnaround(), Conversion(), Ageing())}
COUNTED = frozenset([Turnaround.slug, Conversion.slug])
"""Those that are read from the lines that the clock keeps."""


def add(report: Report) -> None:
    """Offer `report` too."""
    REPORTS[report.slug] = report


def may_read(officer: Officer, report: Report) -> bool:
    return officer.is_active and officer.has_perms(report.needs)


def offered(officer: Officer) -> list[Report]:
    """Those that `officer` may read."""
    return [report for report in REPORTS.values() if may_read(officer, report)]
