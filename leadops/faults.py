"""Telling a fault of ours without the values in it: an exception's text may hold a person's data."""

from __future__ import annotations

from logging import Filter, LogRecord
from traceback import walk_tb
from types import FrameType


def place_of(error: BaseException) -> str:
    """The kind of `error` and where in the code it came from: `ValueError at leadops.sealing:71 in parse_keys`."""
    return f"{type(error).__name__} at {(_places(error) or ['an unknown place'])[-1]}"


def trace_of(error: BaseException) -> str:
    """The kind of `error` and every place it came through, a line each, where it was raised at the end."""
    return "\n  ".join([f"{type(error).__module__}.{type(error).__qualname__}", *_places(error)])


class TraceWithoutValues(Filter):
    """On the logger of a library that logs exceptions with their text: their trace takes its place."""

    def filter(self, record: LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            told = record.args if isinstance(record.args, dict) else {}
            what = f"{told['name']} failed" if "name" in told else record.getMessage()
            record.msg = f"{what}: {trace_of(error)}"
            record.args = record.exc_info = record.exc_text = None
            record.__dict__.pop("data", None)  # Celery's own copy of it all
        return True


def _places(error: BaseException) -> list[str]:
    return [_place(frame, line) for frame, line in walk_tb(error.__traceback__)]


def _place(frame: FrameType, line: int) -> str:
    # The module and not its file: where on the machine the code stands is nobody's business.
    return f"{frame.f_globals.get('__name__')}:{line} in {frame.f_code.co_name}"
