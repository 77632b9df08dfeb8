"""What of the vendors' side leaves no events in the audit by our own writes: logs, and the engine's memory."""

from __future__ import annotations

from leadops.audit.scope import NOTED, engine_columns, leave_out, watch

APP = "crm_integrations"
WATCHED = {
    "Delivery": ("reason", "cause"),
    "Exchange": ("url", "request_headers", "request_body", "response_headers", "response_body", "error"),
    "StatusChange": (),
    "Inbound": ("body",),
    "PartnerEvent": ("data",),
    "ReplayItem": (),
}
"""Logs and the outbox, by what of them may hold words about people: whoever alters them past our programs is told."""


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
    for model, hidden in WATCHED.items():
        watch(f"{APP}.{model}", *hidden)
    NOTED.add(f"{APP}.delivery")
    engine_columns(f"{APP}.connection", "version")
    engine_columns(f"{APP}.subscription", "failing_since")
    engine_columns(f"{APP}.notice", "seen", "last_seen_at", "told_at")
    engine_columns(f"{APP}.reconciliation", "ours", "theirs", "matched")


def _leave(why: str, *models: str) -> None:
    leave_out(why, *(f"{APP}.{model}" for model in models))
