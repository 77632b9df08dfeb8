"""Telling a fault of ours without the values in it: an exception's text may hold a person's data."""

from __future__ import annotations


def place_of(error: BaseException) -> str:
    """The kind of `error` and where in the code it came from: `ValueError at sealing.py:71`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "an unknown place"
    return f"{type(error).__name__} at {where}"
