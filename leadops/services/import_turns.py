"""An import to its end: of many rows by two processes, which write their chunks in turns.

Half of the time goes into judging rows and writing out, sealed, what they say, which asks no database. While one
process writes a chunk, the other makes the next one ready; the lease goes from hand to hand with the turn, so that at
any moment one of them may write. Between them pass a row's number and the lease, nothing of what the rows hold. Where
the companion dies or falls silent, this process goes on alone: what the companion had not committed is as if it had
never begun, and if it had, the lease is not ours any more and the import is resumed as after any death.
"""

from __future__ import annotations

import json
import logging
import select
import subprocess
import sys
from datetime import datetime
from types import TracebackType
from typing import IO, Any, Self

from django.conf import settings
from django.db import connection

from leadops.models import ImportBatch
from leadops.services import import_chunks
from leadops.services.import_chunks import Chunk
from leadops.services.import_leases import Lease

logger = logging.getLogger(__name__)
WORTH_TWO = 5000
"""Rows: with fewer, most is done before a companion has begun."""
PATIENCE = 0
"""Seconds that are waited for it to begin: none, as that takes it one or two. Tests wait."""
SILENCE = 60
"""Seconds after which it counts as dead; a chunk takes a tenth of one, but may wait for other imports."""
PROGRAM = "leadops.services.import_companion"


def import_all(batch: ImportBatch, lease: Lease, count: int) -> None:
    """Give all waiting rows their results, `count` in each transaction, and end the import."""
    import_chunks.forget_plans()
    with Companion(batch, count) as companion:
        chunk = import_chunks.next_chunk(batch, count)
        while chunk.results:
            lease, chunk = _write_in_turns(batch, lease, count, chunk, companion)
    import_chunks.finish(batch, lease)


def _write_in_turns(
    batch: ImportBatch, lease: Lease, count: int, chunk: Chunk, companion: Companion
) -> tuple[Lease, Chunk]:
    """Write `chunk` here, the one after it there, and make the next one ready meanwhile."""
    companion.make_ready(after=chunk.last)
    lease, left = import_chunks.write(batch, lease, chunk)
    theirs = companion.ready_until()
    if theirs is None or not companion.begin_to_write(lease, anew=left):
        return lease, import_chunks.next_chunk(batch, count)
    chunk = import_chunks.next_chunk(batch, count, after=theirs)
    written = companion.written()
    if written is None:
        return lease, import_chunks.next_chunk(batch, count)
    until, left, last = written
    if left or last != theirs or not chunk.results:
        chunk = import_chunks.next_chunk(batch, count)  # what goes on waiting comes first
    return lease.made_longer(until), chunk


class Companion:
    """The other process, as far as there is one: what it is asked, and what it answers."""

    def __init__(self, batch: ImportBatch, count: int) -> None:
        self._batch, self._count = batch, count
        self._process: subprocess.Popen[str] | None = None
        self._began = self._asked = False

    def __enter__(self) -> Self:
        if self._batch.rows - self._batch.done_rows >= WORTH_TWO:
            self._process = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-m", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=settings.BASE_DIR,
                text=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def make_ready(self, after: int) -> None:
        """Have the chunk after row `after` made ready, if there is a companion by now."""
        self._asked = self._has_begun() and self._ask({"ready": after})

    def ready_until(self) -> int | None:
        """The last row of the chunk that was asked for; None where there is none, or no companion."""
        answer = self._hear() if self._asked else None
        return answer["last"] if answer else None

    def begin_to_write(self, lease: Lease, *, anew: bool) -> bool:
        """Hand over the lease; `anew`: rows before its chunk go on waiting, so that it has to take those first."""
        return self._ask({"until": lease.until.isoformat(), "anew": anew})

    def written(self) -> tuple[datetime, bool, int] | None:
        """The lease as it comes back, whether some rows go on waiting, and the last row; None where it did not."""
        answer = self._hear()
        return (datetime.fromisoformat(answer["until"]), answer["left"], answer["last"]) if answer else None

    def _has_begun(self) -> bool:
        """Whether it can be asked: until it has begun, nobody waits for it."""
        if not self._began and self._heard(PATIENCE):
            named = {"batch": str(self._batch.pk), "count": self._count}
            database = connection.settings_dict["NAME"]
            self._began = self._hear() is not None and self._ask({**named, "database": database})
        return self._began

    def _ask(self, message: dict[str, Any]) -> bool:
        if self._process is None:
            return False
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError:
            return self._gone()
        return True

    def _hear(self) -> dict[str, Any] | None:
        if (answers := self._heard(SILENCE)) and (line := answers.readline()):
            answer: dict[str, Any] = json.loads(line)
            return answer
        self._gone()
        return None

    def _heard(self, seconds: float) -> IO[str] | None:
        """What it answers, once there is something to read, or its end."""
        if self._process is None:
            return None
        assert self._process.stdout is not None
        return self._process.stdout if select.select([self._process.stdout], [], [], seconds)[0] else None

    def _gone(self) -> bool:
        if self._process is not None:
            logger.warning("Import %s goes on without its companion process, which is gone.", self._batch.pk)
            self.__exit__(None, None, None)
        self._began = False
        return False
