"""What Celery runs for the core; the work itself is in the services."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from leadops.services import import_batches


@shared_task
def run_import(batch_id: str) -> None:
    """Import one workbook."""
    import_batches.run(UUID(batch_id))


@shared_task
def resume_imports() -> None:
    """Go on with the imports whose ring was lost or whose worker died."""
    import_batches.resume()
