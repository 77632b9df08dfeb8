"""Why a delivery stands where it stands, as partners may read it.

Neither a vendor's nor an officer's words are told, which may hold anything.
"""

from __future__ import annotations

from datetime import datetime

from crm_integrations.models import Delivery, State
from crm_integrations.why import held, stopped
from leadops.languages.said import said

SENTENCES = {
    State.WAITING: "It waits until the vendor that has to know the lead first knows it.",
    State.SENDING: "It is being sent.",
    State.REJECTED: "The vendor refused it; the lender has the vendor's words.",
    State.RETRYING: "The vendor could not take it yet; it will be tried again.",
    State.UNKNOWN: "It may be at the vendor already; the vendor is being asked.",
    State.REVIEW: "It may be at the vendor already; the lender decides.",
    State.DEAD: "It was tried too often without success; the lender has to look at it.",
    State.FAILED: "Something went wrong on our side; the lender has to look at it.",
}
OUR_WORDS = (State.SKIPPED, State.SUPERSEDED, State.CANCELLED)
"""Their reason is ours and about the partner's own data; all others may hold a vendor's or an officer's words."""


def why(delivery: Delivery, now: datetime) -> str:
    """Why it stands where it stands, without what a vendor or an officer said of it."""
    if delivery.state in OUR_WORDS:
        return said(delivery.reason)
    if delivery.state == State.WAITING and delivery.no_consent:
        return "It waits for the borrower's consent."
    if delivery.state == State.QUEUED:
        if stopped(delivery.connection, now):
            return "The connection is paused; it is sent when the lender resumes it."
        if held(delivery.connection, now):
            return "The vendor takes nothing just now; it is sent once it does."
    return SENTENCES.get(State(delivery.state), "")
