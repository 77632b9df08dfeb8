"""What waits for a second person when the demo begins: one thing for each of two officers to approve."""

from __future__ import annotations

from leadops.models import ApiKey, Officer, Partner, PendingChange
from leadops.models.partner import default_scopes
from leadops.services import approvals
from leadops.services.approvals.api_keys import key_of
from leadops.services.approvals.partners import partner_of

NEW_PARTNER = ("Malabar Microfinance", "malabar")


def load(integrations: Officer, administrator: Officer, partner: Partner) -> None:
    """Have `integrations` and `administrator` each ask for something that the other one may approve; once."""
    if PendingChange.objects.exists():
        return
    name, code = NEW_PARTNER
    wanted = partner_of(Partner(name=name, code=code))
    approvals.ask("partner", integrations, wanted, reason="They signed on Friday and bring 40 leads a week.")
    fields = {
        "mode": ApiKey.Mode.LIVE.value,
        "label": "branch app",
        "scopes": default_scopes(),
        "networks": [],
    }
    key = key_of({**fields, "dialect": "", "calls_per_minute": None}, ApiKey.new_text(ApiKey.Mode.LIVE))
    reason = "Their new app goes live on Monday."
    approvals.ask("new_key", administrator, key, partner, reason)
