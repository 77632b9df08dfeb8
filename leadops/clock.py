"""What the clock rings for: each task with its seconds, and how long its ring is worth hearing."""

from __future__ import annotations

from typing import Any


def schedule(sweep: int) -> dict[str, dict[str, Any]]:
    """Celery's schedule, with a sweep every so many seconds."""
    rings = {
        "crm_integrations.tasks.sweep": (sweep, 15),
        "crm_integrations.tasks.follow": (sweep, 15),
        "crm_integrations.tasks.refresh_gaps": (sweep, 15),
        "crm_integrations.tasks.prune": (86_400, 3600),
        "crm_integrations.tasks.tell_operations": (60, 60),
        "crm_integrations.tasks.watch": (60, 60),
        "crm_integrations.tasks.reconcile": (60, 60),
        "leadops.tasks.resume_imports": (2 * sweep, 30),
        "leadops.tasks.resume_exports": (2 * sweep, 30),
        "leadops.tasks.mind_the_work": (sweep, 15),
        "leadops.tasks.erase_due": (86_400, 3600),
        "leadops.tasks.prune_calls": (3600, 600),
        "leadops.tasks.prune_sign_ins": (86_400, 3600),
        "leadops.tasks.seal_audit": (60, 60),
        "leadops.tasks.count_report_days": (300, 300),
        "leadops.tasks.mail_reports": (60, 60),
    }
    return {
        task: {"task": task, "schedule": seconds, "options": {"expires": expires}}
        for task, (seconds, expires) in rings.items()
    }
