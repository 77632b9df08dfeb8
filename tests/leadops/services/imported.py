"""What an import came to, for the tests to look at."""

from __future__ import annotations

from leadops.models import ImportBatch


def counts(batch: ImportBatch) -> tuple[int, int, int, int]:
    """Rows, created, skipped, refused; with what was updated they add up."""
    batch.refresh_from_db()
    assert batch.created + batch.updated + batch.skipped + batch.failed == batch.rows
    return batch.rows, batch.created, batch.skipped, batch.failed


def codes(batch: ImportBatch) -> list[tuple[int, str, list[str]]]:
    """Each row's number, outcome and the codes of what was said of it."""
    rows = batch.import_rows.order_by("number")
    return [(row.number, row.outcome, [each["code"] for each in row.problems]) for row in rows]
