"""What must be right before leadops starts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def a_lease_outlives_a_call(**_: Any) -> list[CheckMessage]:
    """A worker must be able to end its call before its lease ends."""
    if settings.DELIVERY_LEASE_SECONDS <= settings.DELIVERY_DEADLINE_SECONDS:
        message = "DELIVERY_LEASE_SECONDS must be greater than DELIVERY_DEADLINE_SECONDS."
        return [Error(message, id="crm_integrations.E001")]
    return []
