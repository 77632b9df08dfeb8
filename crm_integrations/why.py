"""Why does it stand where it stands? One sentence for every delivery and every lead, for officers.

Pure: what is told is in the moment `now` and in the rows that are given; a delivery comes with its connection, and that
with its health. Officers read times in their own zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext

from crm_integrations import registry
from crm_integrations.models import CLAIMABLE, Connection, Delivery, State
from crm_integrations.models.delivery import newest_versions
from crm_integrations.records import MAIN_KINDS, Kind
from leadops.languages.kept import gettext as _
from leadops.languages.said import said
from leadops.models import Lead

PRESSING = (
    State.REVIEW,
    State.REJECTED,
    State.FAILED,
    State.DEAD,
    State.UNKNOWN,
    State.RETRYING,
    State.WAITING,
    State.QUEUED,
    State.SENDING,
    State.SKIPPED,
)
"""States a person should hear of first, most pressing first; all others ask for nothing."""


# Officers -----------------------------------------------------------------------------------------------------------


def of_delivery(delivery: Delivery, now: datetime) -> str:
    """Why `delivery` stands where it stands, in one sentence or two, and what happens next."""
    if delivery.state == State.WAITING:
        return _waiting(delivery, now)
    if delivery.state in CLAIMABLE:
        return _on_its_way(delivery, now)
    reason = said(delivery.reason)
    match State(delivery.state):
        case State.SENDING:
            return _in_hand(delivery, now)
        case State.DELIVERED:
            return _delivered(delivery, now)
        case State.REJECTED:
            return _sentence(
                _("Refused: %(reason)s") % {"reason": reason} if reason else _("The vendor refused it")
            )
        case State.REVIEW:
            return _told(_("Needs your decision: %(reason)s"), reason)
        case State.DEAD:
            return _told(_("Given up: %(reason)s"), reason)
        case State.FAILED:
            if delivery.attempts or delivery.may_be_there:
                return _told(_("It failed here: %(reason)s"), reason)
            return _told(_("It failed here, and nothing was sent: %(reason)s"), reason)
        case State.SKIPPED:
            return _told(_("Not sent: %(reason)s"), reason)
        case State.SUPERSEDED:
            return _sentence(reason or _("A newer version took its place"))
    return _sentence(reason or _("It was cancelled"))


def _on_its_way(delivery: Delivery, now: datetime) -> str:
    """What the engine acts on next: what it stands for, and what holds it or when its turn comes."""
    stays = held_up(delivery.connection, now)
    if delivery.state == State.UNKNOWN:
        again = _("It is looked up again") if delivery.lookups else _("It is looked up")
        return f"{_asked(delivery)} {stays or _turn(delivery, again, now)}"
    if delivery.state == State.RETRYING:
        numbers = {"number": delivery.attempts + 1, "all": len(settings.DELIVERY_RETRIES) + 1}
        tries = _("try %(number)s of %(all)s") % numbers
        # Where nothing was sent yet, as signing in fails or a file is away, there is no number to tell.
        more = f" ({tries})" if delivery.attempts else ""
        turn = _turn(delivery, _("It will be tried again"), now, more)
        return " ".join(filter(None, [_sentence(said(delivery.reason)), stays or turn]))
    if stays:
        return stays
    return " ".join(filter(None, [_sentence(said(delivery.reason)), _turn(delivery, _("It is sent"), now)]))


def held_up(connection: Connection, now: datetime) -> str:
    """What stops or holds the whole connection, a person or its vendor; empty while it works."""
    return stopped(connection, now) or held(connection, now)


def stopped(connection: Connection, now: datetime) -> str:
    """Who or what stopped the whole connection, and until when; empty unless a person or a refused credential did."""
    if not connection.enabled:
        return _("The connection is switched off: nothing is sent until it is switched on.")
    until = connection.paused_until
    if until is None or until <= now:
        return ""
    end = _("an officer resumes it") if until >= Connection.UNTIL_RESUMED else _at(until, now)
    told = {"who": connection.paused_by, "end": end, "reason": said(connection.pause_reason)}
    if connection.paused_by:
        words = _("The connection was paused by %(who)s until %(end)s: %(reason)s")
    else:
        words = _("The connection is paused until %(end)s: %(reason)s")
    return _sentence((words % told).rstrip(": "))


def held(connection: Connection, now: datetime) -> str:
    """Empty unless the vendor does not answer, or asked for less."""
    if (health := connection.known_health) is None:
        return ""
    until = health.held_until(now)
    if health.opened_at is not None:
        if until is None:
            return _(
                "The vendor does not answer: one call is tried now, and all others follow once it works."
            )
        words = _(
            "The vendor does not answer: one call is tried after %(when)s, and all others follow once it works."
        )
        return words % {"when": _at(until, now)}
    return _("The vendor asked for less: held until %(when)s.") % {"when": _at(until, now)} if until else ""


def next_turn(delivery: Delivery, now: datetime) -> datetime | None:
    """When the engine next acts on it; None where it does not, or nobody knows when."""
    if delivery.state not in CLAIMABLE or stopped(delivery.connection, now):
        return None
    health = delivery.connection.known_health
    until = health.hold_until if health is not None else None
    return max(delivery.due_at, until) if until else delivery.due_at


def _asked(delivery: Delivery) -> str:
    """What is known of an unknown outcome."""
    if not delivery.accepted:
        unknown = _("Unknown whether it arrived")
    elif delivery.delivered_at is None:
        unknown = _("The vendor accepted it but gave no id yet")
    elif delivery.reference:
        unknown = _("Delivered as %(id)s, and in doubt since") % {"id": delivery.reference}
    else:
        unknown = _("Delivered, and in doubt since")
    if not delivery.lookups:
        return _sentence(f"{unknown}: {said(delivery.reason)}".rstrip(": "))
    looked_up = _("looked up %(times)s") % {"times": _times(delivery.lookups)}
    return f"{unknown}: {looked_up}, {_found(delivery)}."


def _found(delivery: Delivery) -> str:
    """What its look-ups told; a certain yes ends them."""
    if not delivery.absences:
        return _("no certain answer")
    if delivery.absences >= delivery.lookups:
        return _("not found")
    return _("not found %(times)s, otherwise no certain answer") % {"times": _times(delivery.absences)}


def _turn(delivery: Delivery, what: str, now: datetime, more: str = "") -> str:
    if delivery.leased_until is not None and delivery.leased_until > now:
        return _("It is at work just now.")
    next_one = _when(delivery.due_at, now) if delivery.due_at > now else _("next")
    return f"{what} {next_one}{more}."


def _waiting(delivery: Delivery, now: datetime) -> str:
    vendors = registry.vendors()
    first = vendors[delivery.depends_on].label if delivery.depends_on in vendors else _("another delivery")
    waits = _sentence(said(delivery.reason) or _("Waiting until %(name)s knows the lead") % {"name": first})
    return " ".join(filter(None, [waits, stopped(delivery.connection, now)]))


def _in_hand(delivery: Delivery, now: datetime) -> str:
    if delivery.leased_until is not None and delivery.leased_until <= now:
        return _("The worker that had it in hand is gone: what became of it is found out within seconds.")
    return _("It is being sent just now.")


def _delivered(delivery: Delivery, now: datetime) -> str:
    when = f" {_when(delivery.delivered_at, now)}" if delivery.delivered_at else ""
    known = _("; the vendor's id is %(id)s") % {"id": delivery.reference} if delivery.reference else ""
    word = _(", its status “%(word)s”") % {"word": delivery.vendor_status} if delivery.vendor_status else ""
    return " ".join(filter(None, [f"{_('Delivered')}{when}{known}{word}.", _sentence(said(delivery.reason))]))


def of_lead(
    lead: Lead, deliveries: Iterable[Delivery], gaps: Mapping[str, Sequence[str]], now: datetime
) -> str:
    """Why `lead` stands where it stands: its most pressing delivery, or why it has none.

    `gaps` is what is still missing, by the names of the connections that were not sent it.
    """
    newest = sorted(newest_versions(deliveries), key=lambda each: each.connection.name)
    for state in PRESSING:
        if alike := [each for each in newest if each.state == state]:
            return _first_of(alike, now)
    if lead.erased_at is not None:
        return _("Its personal data was erased: nothing of it is sent.")
    if lead.is_stopped:
        return _("The lead is %(status)s: nothing of it is sent.") % {
            "status": lead.get_status_display().lower()
        }
    main = [each for each in newest if each.kind in MAIN_KINDS]
    if held := [each.connection.name for each in main if each.state == State.DELIVERED]:
        return _("Delivered to %(names)s.") % {"names": ", ".join(held)}
    if gaps:
        name, missing = next(iter(gaps.items()))
        others = _others(len(gaps) - 1)
        return _("Not ready for %(name)s: %(missing)s.") % {
            "name": f"{name}{others}",
            "missing": ", ".join(missing),
        }
    if lead.sync_status == Lead.SyncStatus.IN_PROGRESS:
        return _("It came with an import, and is about to be queued.")
    if lead.status == Lead.Status.DRAFT:
        return _("Not sent yet: submit it.")
    if cancelled := [each for each in main if each.state == State.CANCELLED]:
        return _first_of(cancelled, now)
    return _("No route sends it anywhere.")


def _first_of(alike: Sequence[Delivery], now: datetime) -> str:
    """What is told of the first of deliveries that stand alike, and how many more there are."""
    return f"{_named(alike[0])}{_others(len(alike) - 1)}: {of_delivery(alike[0], now)}"


def _named(delivery: Delivery) -> str:
    """The connection, and of what of the lead it is told where that is a document."""
    of = _(", a document") if delivery.kind == Kind.DOCUMENT else ""
    return f"{delivery.connection.name}{of}"


def _others(count: int) -> str:
    return (
        " " + ngettext("(and %(count)s more)", "(and %(count)s more)", count) % {"count": count}
        if count
        else ""
    )


# Words --------------------------------------------------------------------------------------------------------------

TIMES = ("never", "once", "twice", "three times", "four times", "five times", "six times")


def _times(count: int) -> str:
    return _(TIMES[count]) if count < len(TIMES) else _("%(count)s times") % {"count": count}


def _told(words: str, reason: str) -> str:
    return _sentence((words % {"reason": reason}).rstrip(": "))


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?।" else f"{text}."


def _when(moment: datetime, now: datetime) -> str:
    when = _at(moment, now)
    return (_("on %(when)s") if "," in when else _("at %(when)s")) % {"when": when}


def _at(moment: datetime, now: datetime) -> str:
    """`14:30` today, else `21 Nov 2026, 14:30`, in the officer's time zone; with seconds where it is a minute away."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    soon = abs((moment - now).total_seconds()) < 60
    clock = f"{local:%H:%M:%S}" if soon else f"{local:%H:%M}"
    if local.date() == today.date():
        return clock
    return f"{date_format(local, 'j M Y')}, {clock}"
