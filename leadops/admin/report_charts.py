"""Charts of reports as numbers that an SVG draws; the table beside each has the same."""

from __future__ import annotations

import math
from typing import Any

from leadops.reports.spoken import number
from leadops.reports.tables import Chart

WIDTH, HEIGHT = 720, 180
SHARE = 0.72
"""Of a category's width that its bars take."""
WIDEST = 90
MOST_LABELS = 12
LONGEST = 16


def drawn(chart: Chart) -> dict[str, Any]:
    """Bars or lines, the labels below them, and what the highest of them stands for."""
    step = WIDTH / max(1, len(chart.categories))
    top = _top(chart)
    every = math.ceil(len(chart.categories) / MOST_LABELS)
    return {
        "title": chart.title,
        "width": WIDTH,
        "height": HEIGHT,
        "most": number(_whole(top), chart.unit),
        "keys": list(enumerate(series.label for series in chart.series)),
        "labels": [
            {"x": _short((at + 0.5) * step), "text": _cut(str(label))}
            for at, label in enumerate(chart.categories)
            if at % every == 0
        ],
        "bars": [] if chart.lines else _bars(chart, step, top),
        "lines": _lines(chart, step, top) if chart.lines else [],
    }


def _top(chart: Chart) -> float:
    columns = list(zip(*(series.values for series in chart.series), strict=True))
    totals = (sum(value or 0 for value in column) for column in columns)
    highest = (max((value or 0 for value in column), default=0) for column in columns)
    return max(totals if chart.stacked else highest, default=0) or 1


def _bars(chart: Chart, step: float, top: float) -> list[dict[str, Any]]:
    bars = []
    beside = 1 if chart.stacked else len(chart.series)
    width = min(step * SHARE, WIDEST * beside) / beside
    for at, category in enumerate(chart.categories):
        ground = float(HEIGHT)
        for place, series in enumerate(chart.series):
            value = series.values[at] or 0
            height = HEIGHT * value / top
            ground = ground - height if chart.stacked else HEIGHT - height
            x = at * step + (step - width * beside) / 2 + (0 if chart.stacked else place * width)
            bars.append({"x": _short(x), "y": _short(ground), "width": _short(width * 0.94),
                         "height": _short(height), "key": place,
                         "text": f"{category}, {series.label}: {number(value, chart.unit)}"})  # fmt: skip
    return [bar for bar in bars if bar["height"] != "0.0"]


def _lines(chart: Chart, step: float, top: float) -> list[dict[str, Any]]:
    return [_line(place, series, chart, step, top) for place, series in enumerate(chart.series)]


def _line(place: int, series: Any, chart: Chart, step: float, top: float) -> dict[str, Any]:
    """A path with a gap where there is no value, and a dot for each value."""
    path, dots, before = [], [], False
    for at, value in enumerate(series.values):
        if value is None:
            before = False
            continue
        x, y = _short((at + 0.5) * step), _short(HEIGHT * (1 - value / top))
        path.append(f"{'L' if before else 'M'}{x} {y}")
        text = f"{chart.categories[at]}, {series.label}: {number(value, chart.unit)}"
        dots.append({"x": x, "y": y, "text": text})
        before = True
    return {"key": place, "path": "".join(path), "dots": dots}


def _short(value: float) -> str:
    """A number as SVG writes it, whatever the language."""
    return f"{value:.1f}"


def _whole(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
