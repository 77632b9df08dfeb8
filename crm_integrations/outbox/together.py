"""One commit for what several threads of this process have to write at the same moment.

Who finds nobody writing writes at once. Who comes meanwhile waits, and one of them then writes for all that wait: a
busy process makes few commits, and an idle one keeps nobody waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

from leadops.faults import place_of

Given = TypeVar("Given")
Result = TypeVar("Result")


class NotWritten(Exception):
    """What was to be written with others could not be, whosesoever fault that is; nothing of it was."""


class _Turn(Generic[Given, Result]):
    """What one thread brings, and a lock that opens when it is done, or when it is the thread's turn to write."""

    def __init__(self, given: Given) -> None:
        self.given, self.leads = given, False
        self.result: Result | None = None
        self.failed = ""
        self.called = threading.Lock()
        self.called.acquire()

    def outcome(self) -> Result:
        if self.failed:
            raise NotWritten(self.failed)
        return cast(Result, self.result)


class Together(Generic[Given, Result]):
    """Collects what threads give, and has one of them `write` it all: in order, a result for each, all or nothing.

    At most `writers` write at the same moment, each at most so many.
    """

    def __init__(self, write: Callable[[Sequence[Given]], Sequence[Result]], writers: int, most: int) -> None:
        self._write, self._free, self._most = write, writers, most
        self._lock = threading.Lock()
        self._waiting: list[_Turn[Given, Result]] = []

    def write(self, given: Given) -> Result:
        """What became of `given`, once it is written; NotWritten when it was not."""
        turn: _Turn[Given, Result] = _Turn(given)
        with self._lock:
            turn.leads = self._free > 0
            if turn.leads:
                self._free -= 1
            else:
                self._waiting.append(turn)
        if not turn.leads:
            turn.called.acquire()
        if turn.leads:
            self._write_with_others(turn)
        return turn.outcome()

    def _write_with_others(self, first: _Turn[Given, Result]) -> None:
        with self._lock:
            turns = [first, *self._waiting[: self._most - 1]]
            del self._waiting[: self._most - 1]
        try:
            for turn, result in zip(turns, self._write([each.given for each in turns]), strict=True):
                turn.result = result
        except BaseException as error:
            for turn in turns:
                turn.failed = place_of(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._call_next()
            for turn in turns[1:]:
                turn.called.release()

    def _call_next(self) -> None:
        """Have who waits longest write, or nobody."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            turn = self._waiting.pop(0)
            turn.leads = True
            turn.called.release()
