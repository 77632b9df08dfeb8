"""Events and subscriptions to them as they are asked for and told of over REST."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework import serializers

from crm_integrations.models import EventType, PartnerEvent, Subscription
from leadops.api.shapes import Lean, Many, Moment, Shape, Text, Unreadable, YesNo, error

STATES = [(each, each) for each in ("enabled", "failing", "paused", "disabled")]


class Event(Lean, serializers.ChoiceField):
    """One of the events there are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=EventType.choices, **options)

    def read(self, data: Any) -> EventType:
        if data not in EventType.values:
            raise Unreadable([error("", "unknown_choice", known=", ".join(EventType.values))])
        return EventType(data)


def _events(*, required: bool) -> Many:
    return Many(child=Event(), most=len(EventType), required=required)


@dataclass(frozen=True, slots=True)
class SubscriptionDraft:
    """What is asked of a subscription; None is what was not said."""

    url: str | None = None
    events: list[EventType] | None = None
    enabled: bool | None = None


class NewSubscriptionShape(Shape):
    draft = SubscriptionDraft

    url = Text(max_length=300, help_text="https, without ? and #.")
    events = _events(required=True)


class SubscriptionChangeShape(Shape):
    draft = SubscriptionDraft

    url = Text(required=False, max_length=300, help_text="https, without ? and #.")
    events = _events(required=False)
    enabled = YesNo(required=False)


@dataclass(frozen=True, slots=True)
class ReplayDraft:
    """`since` is missing in what could not be read alone."""

    since: datetime | None = None


class ReplayShape(Shape):
    draft = ReplayDraft

    since = Moment(help_text="Seconds since 1970, or ISO 8601.")


class SubscriptionAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(EventType.choices))
    state = serializers.ChoiceField(STATES)
    failing_since = serializers.FloatField(allow_null=True, help_text="No event was taken since then.")
    disabled_reason = serializers.CharField(help_text="Why we disabled it; empty when we did not.")
    former_secret_until = serializers.FloatField(
        allow_null=True, help_text="Until then the secret before the present one signs too."
    )
    created_at = serializers.FloatField()


class SubscriptionMadeAnswer(SubscriptionAnswer):
    secret = serializers.CharField(help_text="Shown this once: whsec_ and 32 bytes in base64.")


class EventAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The same as webhook-id.")
    type = serializers.CharField(help_text="One of those in docs/api.md; more may be added.")
    timestamp = serializers.DateTimeField()
    data = serializers.DictField(help_text="Ids and states.")  # type: ignore[assignment]  # hides what only an instance has


class EventListAnswer(serializers.Serializer[Any]):
    page_size = serializers.IntegerField()
    next_cursor = serializers.CharField(
        allow_null=True, help_text="Where the next call goes on, also at the end."
    )
    results = EventAnswer(many=True)


class ReplayAnswer(serializers.Serializer[Any]):
    events = serializers.IntegerField(help_text="How many are sent again.")


def subscription_answer(subscription: Subscription) -> dict[str, Any]:
    """A subscription as its partner sees it; never its secret."""
    return {
        "id": str(subscription.pk),
        "url": subscription.url,
        "events": list(subscription.events),
        "state": subscription.state,
        "failing_since": _seconds(subscription.failing_since),
        "disabled_reason": subscription.disabled_reason,
        "former_secret_until": _seconds(subscription.former_secret_until),
        "created_at": subscription.created_at.timestamp(),
    }


def event_answer(event: PartnerEvent) -> dict[str, Any]:
    """An event as it is read; what is sent has its id in a header."""
    return {
        "id": str(event.id),
        "type": event.type,
        "timestamp": event.created_at.isoformat(),
        "data": event.data,
    }


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
