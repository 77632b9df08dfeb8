"""What Celery runs for the core; the work itself is in the services."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from leadops.services import (
    audit,
    bulk_actions,
    call_counts,
    exports,
    import_processes,
    kept_answers,
    lead_tasks,
    new_leads,
    report_days,
    report_mails,
    retention,
    sla_clocks,
)
from leadops.sign_in import lockouts, sessions


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
def erase_due() -> None:
    """Erase the personal data that is older than its program keeps it."""
    retention.erase_due()


@shared_task
def prune_calls() -> None:
    """Let go of answers that are kept no longer, and of counts that limit nobody any more."""
    kept_answers.prune()
    call_counts.prune()


@shared_task
def prune_sign_ins() -> None:
    """Let go of failed sign-ins that count no longer, and of sessions that are over."""
    lockouts.prune()
    sessions.prune()


@shared_task
def seal_audit() -> None:
    """Close the events that are over, write the newest seal down, and let go of months that are over."""
    audit.keep_up()


@shared_task
def take_up_new_leads() -> None:
    """Give new leads an owner and a clock."""
    new_leads.take_up()


@shared_task
def mind_the_work() -> None:
    """Take up what a lost ring or a dead worker left, stop and start clocks, remind of tasks."""
    bulk_actions.resume()
    new_leads.take_up()
    sla_clocks.settle()


@shared_task
def count_report_days() -> None:
    """Count the days anew on which something changed."""
    report_days.refresh()


@shared_task
def mail_reports() -> None:
    """Send the reports that are due by mail."""
    report_mails.send_due()
    lead_tasks.remind()


@shared_task
def run_bulk_action(action_id: str) -> None:
    """Do one thing to many leads."""
    bulk_actions.run(UUID(action_id))
