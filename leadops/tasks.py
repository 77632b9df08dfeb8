"""What Celery runs for the core; the work itself is in the services."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from leadops.services import call_counts, exports, import_processes, kept_answers


@shared_task
def run_import(batch_id: str) -> None:
    """Import one workbook."""
    import_processes.run(UUID(batch_id))


@shared_task
def resume_imports() -> None:
    """Go on with the imports whose ring was lost or whose worker died."""
    import_processes.resume()


@shared_task
def run_export(export_id: str) -> None:
    """Write one export's workbook."""
    exports.run(UUID(export_id))


@shared_task
def resume_exports() -> None:
    """Begin exports anew whose ring was lost or whose worker died, and let go of old workbooks."""
    exports.resume()
    exports.prune()


@shared_task
def prune_calls() -> None:
    """Let go of answers that are kept no longer, and of counts that limit nobody any more."""
    kept_answers.prune()
    call_counts.prune()
