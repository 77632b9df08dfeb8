"""Numbers of reports as people read them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from leadops.reports.tables import Cell, Unit

MINUTE, HOUR, DAY = 60, 3600, 86_400


def spoken(cell: Cell) -> str:
    """`1,204`, `37 %`, `2.5 h`, or a dash where there is nothing to tell."""
    return number(cell.value, cell.unit)


def number(value: object, unit: Unit) -> str:
    if value is None:
        return "–"
    if isinstance(value, int | float) and unit is Unit.SECONDS:
        return _time(value)
    if isinstance(value, int | float) and unit is Unit.SHARE:
        return "<1 %" if 0 < value < 1 else f"{value:.0f} %"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _time(seconds: float) -> str:
    if seconds < MINUTE:
        return _("%(count)d s") % {"count": round(seconds)}
    if seconds < HOUR:
        return _("%(count)d min") % {"count": round(seconds / MINUTE)}
    if seconds < 2 * DAY:
        return _("%(count)s h") % {"count": f"{seconds / HOUR:.1f}".removesuffix(".0")}
    return _("%(count)s days") % {"count": f"{seconds / DAY:.1f}".removesuffix(".0")}
