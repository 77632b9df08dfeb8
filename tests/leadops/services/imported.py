"""What an import came to, for the tests to look at, and what breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from leadops.models import ImportBatch
from leadops.services import import_batches, import_chunks, import_steering


def run(batch: ImportBatch) -> ImportBatch:
    """The batch once it went as far as it goes without somebody's word."""
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    return batch


def go_on(batch: ImportBatch) -> ImportBatch:
    """The batch once somebody said that its preview is right, run to its end."""
    import_steering.go_on(batch)
    return run(batch)


def counts(batch: ImportBatch) -> tuple[int, int, int, int]:
    """Rows, created, skipped, refused; with what was updated they add up."""
    batch.refresh_from_db()
    assert batch.created + batch.updated + batch.skipped + batch.failed == batch.rows
    return batch.rows, batch.created, batch.skipped, batch.failed


@contextmanager
def breaking_after(chunks: int) -> Iterator[None]:
    """Within this block all that comes after so many chunks breaks, and not for the sake of a row."""
    real, calls = import_chunks.write, []

    def breaking(*args: Any) -> Any:
        calls.append(1)
        return real(*args) if len(calls) <= chunks else 1 / 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_chunks, "write", breaking)
        yield


def codes(batch: ImportBatch) -> list[tuple[int, str, list[str]]]:
    """Each row's number, outcome and the codes of what was said of it."""
    rows = batch.import_rows.order_by("number")
    return [(row.number, row.outcome, [each["code"] for each in row.problems]) for row in rows]
