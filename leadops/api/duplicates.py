"""What a partner is told of the earlier leads that one of its leads repeats: its own ones, and no others."""

from __future__ import annotations

from typing import Any

from leadops.models import Partner
from leadops.services.duplicates import Known, words
from leadops.services.leads import Received


def duplicates_answer(received: Received, partner: Partner) -> dict[str, Any]:
    """The members that stand in the answer to a POST beside the lead, none where it was the first."""
    if received.filled is not None:
        return {"filled": received.filled}
    own = words.own(received.repeats, partner.pk)
    told = [_told(match.known) | {"common": match.common, "only_mobile": match.only_mobile} for match in own]
    first = [each["lead_id"] for each in told if not each["only_mobile"]]
    return ({"duplicates": told} if told else {}) | ({"duplicate_of": first[0]} if first else {})


def _told(known: Known | None) -> dict[str, Any]:
    assert known is not None
    return {
        "lead_id": str(known.lead_id),
        "partner_ref_id": known.partner_ref_id or None,
        "created_at": known.created_at.timestamp(),
        "status": known.status,
    }
