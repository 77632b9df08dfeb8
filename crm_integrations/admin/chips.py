"""A delivery's state as a small coloured label."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crm_integrations.models import NEEDS_PERSON, Delivery, State
from leadops.admin.markup import chip

TONES = {
    State.DELIVERED: "good",
    State.UNKNOWN: "warn",
    State.RETRYING: "warn",
    **dict.fromkeys((State.QUEUED, State.SENDING, State.WAITING), "busy"),
    **dict.fromkeys(NEEDS_PERSON, "bad"),
}


def tone_of(state: str) -> str:
    """Which colour a state has, as the style sheet names it."""
    return TONES.get(State(state), "calm")


def connection_chip(delivery: Delivery) -> SafeString:
    """The connection's name and the state in words."""
    return format_html(
        '<span class="lo-chip lo-{}" title="{}"><span>{}</span> <b>{}</b></span>',
        tone_of(delivery.state),
        delivery.reason,
        delivery.connection.name,
        delivery.get_state_display(),
    )


def state_chip(delivery: Delivery) -> SafeString:
    """The state alone, where the connection stands beside it."""
    return chip(tone_of(delivery.state), delivery.get_state_display())


def chips(deliveries: Iterable[Delivery]) -> SafeString:
    """A chip per connection, of the newest version sent there."""
    newest = {each.connection_id: each for each in sorted(deliveries, key=lambda each: each.version)}
    ordered = sorted(newest.values(), key=lambda each: each.connection.name)
    shown = format_html_join("", "{}", ((connection_chip(each),) for each in ordered))
    return format_html('<span class="lo-chips">{}</span>', shown)
