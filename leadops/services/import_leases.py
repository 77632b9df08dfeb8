"""Who has an import in hand: one worker at a time, and none for longer than its lease."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from leadops import statements
from leadops.models import ImportBatch

SECONDS = 30
"""Longer than any chunk takes; after it another worker takes over from one that died."""
READING_SECONDS_PER_MB = 4
"""The parser reads some 10 MB before it gives its first row, so reading begins with a longer lease."""


class LostLease(Exception):
    """Another worker has taken this batch over, or an officer has stopped it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A batch in our hands: what we wrote into `leased_until` is the token that proves it."""

    batch_id: UUID
    until: datetime
    written: list[datetime] = field(default_factory=list)
    """Every token of ours: after a step that failed nobody knows which of them stands."""

    def renewed(self) -> Lease:
        """Our lease made longer, and the batch's row locked until the transaction ends; raises LostLease."""
        until = _write(self.batch_id, SECONDS, "leased_until = %s", self.until)
        if until is None:
            raise LostLease
        return self.made_longer(until)

    def made_longer(self, until: datetime) -> Lease:
        """Our lease as it was written, by us or by whom we handed it to."""
        self.written.append(until)
        return replace(self, until=until)

    def lock(self) -> bool:
        """Whether the batch is still in our hands; if so, its row is locked until the transaction ends."""
        ours = [self.until, *self.written]
        held = ImportBatch.objects.select_for_update().filter(pk=self.batch_id, leased_until__in=ours)
        return held.values_list("pk").first() is not None


def take(batch_id: UUID) -> Lease | None:
    """The batch in our hands; None while another worker has it or there is nothing to do."""
    seconds = SECONDS + int(_megabytes(ImportBatch.objects.get(pk=batch_id)) * READING_SECONDS_PER_MB)
    free = "(leased_until IS NULL OR leased_until < clock_timestamp())"
    until = _write(batch_id, seconds, f"state = ANY(%s) AND {free}", list(ImportBatch.WORKING))
    return Lease(batch_id, until) if until else None


def free() -> list[UUID]:
    """Batches that nobody has in hand and in which a worker has something to do."""
    sql = (
        "SELECT id FROM leadops_importbatch WHERE state = ANY(%s)"
        " AND (leased_until IS NULL OR leased_until < clock_timestamp()) ORDER BY id"
    )
    return [batch_id for (batch_id,) in statements.rows(sql, [list(ImportBatch.WORKING)])]


def _megabytes(batch: ImportBatch) -> float:
    """The size of its file; nothing when that is gone, which is told by whoever has the lease and needs it."""
    try:
        return batch.file.size / (1024 * 1024)
    except FileNotFoundError:
        return 0


_LEASING = "UPDATE leadops_importbatch SET leased_until = clock_timestamp() + make_interval(secs => %s)"


def _write(batch_id: UUID, seconds: int, condition: str, *values: Any) -> datetime | None:
    """Lease by the database's clock, so that workers on several machines agree."""
    sql = f"{_LEASING} WHERE id = %s AND {condition} RETURNING leased_until"
    found = statements.rows(sql, [seconds, batch_id, *values])
    return found[0][0] if found else None
