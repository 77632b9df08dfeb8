"""Who has an import in hand: one worker at a time, and none for longer than its lease."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from leadops import doorbell, statements
from leadops.models import ImportBatch
from leadops.services import leases
from leadops.services.leases import FREE, LostLease

RUN = "leadops.tasks.run_import"
SECONDS = 30
"""Longer than any chunk takes; after it another worker takes over from one that died."""
READING_SECONDS_PER_MB = 4
"""The parser reads some 10 MB before it gives its first row, so reading begins with a longer lease."""


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
    until = _write(batch_id, seconds, f"state = ANY(%s) AND {FREE}", list(ImportBatch.WORKING))
    return Lease(batch_id, until) if until else None


def ring(batch_id: UUID) -> None:
    """Have a worker take the batch in hand once the caller's transaction is over."""
    transaction.on_commit(lambda: doorbell.ring(RUN, args=[str(batch_id)]))


def free() -> list[UUID]:
    """Batches that nobody has in hand and in which a worker has something to do."""
    sql = f"SELECT id FROM leadops_importbatch WHERE state = ANY(%s) AND {FREE} ORDER BY id"  # noqa: S608
    return [batch_id for (batch_id,) in statements.rows(sql, [list(ImportBatch.WORKING)])]


def _megabytes(batch: ImportBatch) -> float:
    """The size of its file; nothing when that is gone, which is told by whoever has the lease and needs it."""
    try:
        return batch.file.size / (1024 * 1024)
    except FileNotFoundError:
        return 0


def _write(batch_id: UUID, seconds: int, condition: str, *values: Any) -> datetime | None:
    found = leases.write(ImportBatch, batch_id, seconds, condition, *values)
    return found[0] if found else None
