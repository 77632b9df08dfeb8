"""Subscribing to events: where they go, with which secret, and sending them anew."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from crm_integrations import doorbell, egress, event_log, outbox
from crm_integrations.models import TEST, Connection, EventType, PartnerEvent, Subscription, Untold
from crm_integrations.partner_webhook import PartnerWebhook
from leadops.errors import LeadopsError
from leadops.ids import uuid7
from leadops.models import AuditEvent, Partner
from leadops.services import audit

MOST = 10
LONGEST_URL, LONGEST_HOST = 300, 200
PARALLEL = 4
OVERLAP = timedelta(hours=24)
"""So long the secret before signs too, after another has taken its place."""


class WrongAddress(LeadopsError):
    """Events can't be sent to this address."""


class TooMany(LeadopsError):
    """A partner has at most 10 subscriptions."""


class Disabled(LeadopsError):
    """The subscription is disabled: enable it first."""


def create(
    partner: Partner, url: str, wanted: Sequence[EventType], secret: str = ""
) -> tuple[Subscription, str]:
    """Subscribe `partner` to these events; returns also the secret, which can't be read again; made unless given.

    Raises WrongAddress, TooMany.
    """
    base_url, path = place_of(url)
    secret, key = secret or new_secret(), uuid7()
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=partner.pk)
        if Subscription.objects.of_partner(partner).count() >= MOST:
            raise TooMany
        connection = Connection(
            vendor=PartnerWebhook.slug,
            name=f"{partner.code[:30]} webhook {key.hex[-8:]}",
            base_url=base_url,
            settings={"path": path},
            parallel=PARALLEL,
        )
        connection.secrets = {"secret": secret}
        connection.save()
        subscription = Subscription.objects.create(
            pk=key, partner=partner, connection=connection, events=list(wanted)
        )
        event_log.listen(partner)
    return subscription, secret


def change(
    subscription: Subscription,
    url: str | None = None,
    wanted: Sequence[EventType] | None = None,
    enabled: bool | None = None,
) -> Subscription:
    """Change what is told, and nothing else. Enabling it, or another address, ends what was said of its troubles.

    Raises WrongAddress.
    """
    place = None if url is None else place_of(url)
    with transaction.atomic():
        subscription = _locked(subscription)
        connection = subscription.connection
        if place is not None:
            connection.base_url, connection.settings["path"] = place
        if wanted is not None:
            subscription.events = list(wanted)
        if enabled is not None:
            connection.enabled = enabled
        if enabled or place is not None:
            _forget_troubles(subscription)
        connection.save()
        subscription.save()
    return subscription


def _forget_troubles(subscription: Subscription) -> None:
    connection = subscription.connection
    subscription.failing_since = subscription.disabled_at = None
    subscription.disabled_reason = ""
    connection.paused_until, connection.pause_reason, connection.paused_by = None, "", ""
    outbox.resume(connection)
    outbox.telling.enabled_again(subscription)


def delete(subscription: Subscription) -> None:
    """Send nothing there any more; what was sent stays on record."""
    with transaction.atomic():
        subscription = _locked(subscription)
        subscription.connection.enabled = False
        subscription.connection.secrets = {}
        subscription.connection.save()
        subscription.deleted_at = timezone.now()
        subscription.save()
        outbox.telling.withdraw(subscription)


def rotate_secret(subscription: Subscription, secret: str = "") -> str:
    """A new secret, which can't be read again; the one before signs too for a day, so that nothing is refused."""
    secret = secret or new_secret()
    with transaction.atomic():
        connection = _locked(subscription).connection
        connection.secrets = {"secret": secret, "former_secret": connection.secrets.get("secret", "")}
        connection.settings["former_until"] = int((timezone.now() + OVERLAP).timestamp())
        connection.save()
    subscription.connection = connection
    return secret


def send_test(subscription: Subscription) -> PartnerEvent:
    """Send an event that tells nothing; raises Disabled."""
    with transaction.atomic():
        subscription = _locked(subscription)
        if not subscription.connection.enabled:
            raise Disabled
        data = {"subscription_id": str(subscription.pk)}
        event = PartnerEvent.objects.create(partner=subscription.partner, type=TEST, data=data)
        outbox.telling.send_test(subscription, event)
    return event


def replay(subscription: Subscription, since: datetime, reason: str = "") -> int:
    """Send all events since that moment again, also those that were taken; returns how many. Raises Disabled.

    An officer gives the `reason`, which the audit keeps; a partner asks for its own events without one.
    """
    with transaction.atomic():
        subscription = _locked(subscription)
        if not subscription.connection.enabled:
            raise Disabled
        theirs = PartnerEvent.objects.filter(
            partner=subscription.partner_id, created_at__gte=since, type__in=subscription.events
        )
        first = theirs.order_by("number").values_list("number", flat=True).first()
        if first is None:
            return 0
        last = theirs.order_by("-number").values_list("number", flat=True)[0]
        Untold.objects.create(
            partner_id=subscription.partner_id, connection=subscription.connection, first=first, last=last
        )
        doorbell.ring_on_commit()
        count = theirs.count()
        if reason:
            audit.note(
                AuditEvent.Action.REPLAYED, subscription, reason, since=since.isoformat(), events=count
            )
    return count


def _locked(subscription: Subscription) -> Subscription:
    found = Subscription.objects.select_for_update(of=("self", "connection"))
    return found.select_related("connection", "partner").get(pk=subscription.pk)


def place_of(url: str) -> tuple[str, str]:
    """Base URL and path of `url`; raises WrongAddress, in words, where events can't be sent there."""
    if len(url) > LONGEST_URL:
        raise WrongAddress(f"An address has at most {LONGEST_URL} characters.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise WrongAddress("This is not a URL.") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise WrongAddress("Give a URL like https://hooks.partner.example/leadops.")
    if parts.query or parts.fragment:
        raise WrongAddress(
            "Give the address without ? and #: it is kept in logs, and the signature is the proof."
        )
    base_url, path = f"{parts.scheme}://{parts.netloc}", parts.path or "/"
    if len(base_url) > LONGEST_HOST:
        raise WrongAddress(f"Scheme, host and port have at most {LONGEST_HOST} characters.")
    if problems := egress.check_base_url(base_url) or egress.check_path(path):
        raise WrongAddress(problems[0])
    return base_url, path


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
