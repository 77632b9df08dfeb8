"""A delivery's state as a small coloured label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from crm_integrations import why
from crm_integrations.models import NEEDS_PERSON, Connection, Delivery, Gap, State
from leadops.admin.field_names import spoken
from leadops.admin.markup import chip
from leadops.languages.kept import gettext as _
from leadops.languages.said import said
from leadops.models import Lead

TONES = {
    State.DELIVERED: "good",
    State.UNKNOWN: "warn",
    State.RETRYING: "warn",
    **dict.fromkeys((State.QUEUED, State.SENDING, State.WAITING), "busy"),
    **dict.fromkeys(NEEDS_PERSON, "bad"),
}
SAID = (
    "state",
    "reason",
    "accepted",
    "attempts",
    "lookups",
    "absences",
    "once_unknown",
    "due_at",
    "leased_until",
    "depends_on",
)
ANSWERED = ("reference", "vendor_status", "delivered_at")
TOLD_OF_DELIVERIES = ("lead_id", "connection_id", "record_id", "kind", "version", *SAID, *ANSWERED)
PAUSE, HEALTH = ("paused_until", "paused_by", "pause_reason"), ("health__hold_until", "health__opened_at")
TOLD_OF_CONNECTIONS = ("name", "enabled", *PAUSE, *HEALTH)
"""What chips and their sentences tell of a delivery and its connection: the list of leads reads no more."""


def tone_of(state: str) -> str:
    """Which colour a state has, as the style sheet names it."""
    return TONES.get(State(state), "calm")


def word_of(state: str) -> str:
    """The state's label; Django's own look-up would put all of them into words for each chip."""
    return str(State(state).label)


def why_of(delivery: Delivery) -> str:
    """The one sentence; the delivery comes with its connection, and that with its health."""
    return why.of_delivery(delivery, timezone.now())


def connection_chip(delivery: Delivery) -> SafeString:
    """The connection's name and the state in words, the reason beside the pointer."""
    name = delivery.connection.name
    return named_chip(tone_of(delivery.state), name, word_of(delivery.state), why_of(delivery))


@lru_cache(maxsize=4_000, typed=True)  # typed: safe text and the same text that is not safe are two
def named_chip(tone: str, name: str, word: str, title: str) -> SafeString:
    """A connection's name and a word for how a record stands there, more of it beside the pointer."""
    shown = '<span class="lo-chip lo-{}" title="{}"><span>{}</span> <b>{}</b></span>'
    return format_html(shown, tone, title, name, word)


def state_chip(delivery: Delivery) -> SafeString:
    """The state alone, where the connection stands beside it."""
    return chip(tone_of(delivery.state), word_of(delivery.state))


def chips(deliveries: Iterable[Delivery]) -> SafeString:
    """A chip per connection, of the newest version sent there."""
    newest = {each.connection_id: each for each in sorted(deliveries, key=lambda each: each.version)}
    ordered = sorted(newest.values(), key=lambda each: each.connection.name)
    return _together(connection_chip(each) for each in ordered)


def lead_chips(lead: Lead, deliveries: list[Delivery], missing: Iterable[Gap]) -> SafeString:
    """The chips of a lead, also for connections it is not ready for yet; below them why it stands where it stands."""
    reached = {each.connection_id for each in deliveries}
    fields: dict[str, list[str]] = defaultdict(list)
    for gap in missing:
        if gap.connection_id not in reached:
            fields[gap.connection.name].append(spoken(gap.field) or said(gap.message))
    unready = [named_chip("warn", name, misses(len(each)), ", ".join(each)) for name, each in fields.items()]
    shown = mark_safe(chips(deliveries) + (_together(unready) if unready else ""))  # noqa: S308  both are HTML
    if all(each.state == State.DELIVERED for each in deliveries) and deliveries:
        return shown
    sentence = why.of_lead(lead, deliveries, fields, timezone.now())
    told = '<div class="lo-stand">{}<p class="lo-why" title="{}">{}</p></div>'
    return format_html(told, shown, sentence, sentence)


def connection_state(connection: Connection) -> SafeString:
    """How the engine treats a connection just now, its breaker included."""
    now, health = timezone.now(), connection.known_health
    if not connection.enabled:
        return chip("calm", _("Off"))
    if connection.paused:
        return chip("bad", _("Paused"))
    if health is not None and health.opened_at is not None:
        return chip("bad", _("Breaker open"))
    held = health is not None and health.held_until(now)
    return chip("warn", _("Slowed")) if held else chip("good", _("Working"))


def misses(count: int) -> str:
    """How much is missing, as a chip says it."""
    return _("Misses %(count)s") % {"count": count}


def _together(shown: Iterable[SafeString]) -> SafeString:
    return mark_safe(f'<span class="lo-chips">{"".join(shown)}</span>')  # noqa: S308  chips are HTML already
