"""What of the vendors' side leaves no events in the audit: logs of their own, and the engine's memory."""

from __future__ import annotations

from leadops.audit.scope import NOTED, engine_columns, leave_out

APP = "crm_integrations"


def declare() -> None:
    """Tell the audit."""
    _leave(
        "Every state of it is told by its calls, and what an officer decides is noted.",
        "Delivery",
        "ReplayItem",
    )
    _leave("A log itself.", "Exchange", "StatusChange", "Inbound", "PartnerEvent", "Difference")
    _leave("Work to be done, gone when it is.", "Announcement", "Recheck", "GapWalk", "Untold", "Lease")
    _leave(
        "What the engine found or counted, and finds anew.",
        "Gap",
        "Health",
        "Tally",
        "AnswerShape",
        "Lookout",
    )
    NOTED.add(f"{APP}.delivery")
    engine_columns(f"{APP}.connection", "version")
    engine_columns(f"{APP}.subscription", "failing_since")
    engine_columns(f"{APP}.notice", "seen", "last_seen_at", "told_at")
    engine_columns(f"{APP}.reconciliation", "ours", "theirs", "matched")


def _leave(why: str, *models: str) -> None:
    leave_out(why, *(f"{APP}.{model}" for model in models))
