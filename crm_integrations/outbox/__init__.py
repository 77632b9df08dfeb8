"""The outbox: every change of a delivery's state is made here, each in one short transaction.

A claim takes a lease: a token and a moment in the database's own clock. Whatever is written for a claim names its
token, so a worker whose lease was given to another changes nothing (`LostLease`).
"""

from crm_integrations.outbox import bars, consents, documents, ended_leads, replays, telling, undone_leads
from crm_integrations.outbox.bars import Barred
from crm_integrations.outbox.claims import (
    FIRST_BATCH,
    Claim,
    LostLease,
    Outdated,
    Paused,
    TooLate,
    batch_after,
    claim,
    ensure_time,
    release,
    still_ours,
)
from crm_integrations.outbox.decisions import (
    HeldByAnother,
    cancel,
    cancel_ended,
    look_up_again,
    passed_over,
    resolve_held,
    retry,
    revive,
    send_again,
)
from crm_integrations.outbox.doubting import doubt, doubt_missing, missing_there
from crm_integrations.outbox.ended_leads import LeadEnded
from crm_integrations.outbox.enqueueing import (
    Enqueued,
    New,
    along_with,
    enqueue,
    enqueued,
    reference_at,
    reference_of,
)
from crm_integrations.outbox.exchanges import complete_exchange
from crm_integrations.outbox.leaving import left_to_others
from crm_integrations.outbox.opening import open_exchange
from crm_integrations.outbox.pausing import pause, resume
from crm_integrations.outbox.restoring import at_work, doubt_unsent
from crm_integrations.outbox.settlements import Settlement
from crm_integrations.outbox.settling import (
    accept,
    finish,
    settle,
    settle_with_next,
    write_unwritten,
)
from crm_integrations.outbox.sweeping import reap, sweep, wake_waiting
from crm_integrations.outbox.taking import can_claim, serving, tokens_in, with_work
from crm_integrations.outbox.vendor_ids import held_by_another

__all__ = [
    "FIRST_BATCH",
    "Barred",
    "Claim",
    "Enqueued",
    "HeldByAnother",
    "LeadEnded",
    "LostLease",
    "New",
    "Outdated",
    "Paused",
    "Settlement",
    "TooLate",
    "accept",
    "along_with",
    "at_work",
    "bars",
    "batch_after",
    "can_claim",
    "cancel",
    "cancel_ended",
    "claim",
    "complete_exchange",
    "consents",
    "documents",
    "doubt",
    "doubt_missing",
    "doubt_unsent",
    "ended_leads",
    "enqueue",
    "enqueued",
    "ensure_time",
    "finish",
    "held_by_another",
    "left_to_others",
    "look_up_again",
    "missing_there",
    "open_exchange",
    "passed_over",
    "pause",
    "reap",
    "reference_at",
    "reference_of",
    "release",
    "replays",
    "resolve_held",
    "resume",
    "retry",
    "revive",
    "send_again",
    "serving",
    "settle",
    "settle_with_next",
    "still_ours",
    "sweep",
    "telling",
    "tokens_in",
    "undone_leads",
    "wake_waiting",
    "with_work",
    "write_unwritten",
]
