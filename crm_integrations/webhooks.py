"""What vendors tell by themselves: checked, kept, answered at once, and read by a task afterwards."""

from __future__ import annotations

import hashlib
import logging
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crm_integrations import errors, following, notices, redaction
from crm_integrations.connector import Event, Outcome
from crm_integrations.models import Connection, Delivery, Inbound, Notice, State
from leadops.api.problems import Problem, Type, not_found, page
from leadops.faults import place_of

logger = logging.getLogger(__name__)
LONGEST_BODY = 256 * 1024
UNREADABLE = "Signed by the vendor, but not readable."
UNSIGNED = "A webhook without a valid signature was refused. Compare the webhook secret with the vendor's."
ABOUT_NOTHING_OF_OURS = "About nothing that we sent: kept for reading."


@csrf_exempt
@require_POST
def receive(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Take one webhook. What it means is found out later, so that the vendor never waits for it."""
    connection = Connection.objects.filter(pk=connection_id, enabled=True).first()
    if connection is None or not connection.connector_class.takes_webhooks:
        return page(not_found())
    try:
        body = request.read(LONGEST_BODY + 1)
    except (UnreadablePostError, OSError):
        return page(Problem(Type.MALFORMED, "The body did not arrive whole."))
    if len(body) > LONGEST_BODY:
        return page(Problem(Type.TOO_LARGE, f"A webhook has at most {LONGEST_BODY} bytes."))
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not connection.connector.verify(headers, body):
        notices.raise_notice(connection, Notice.Kind.WEBHOOK, UNSIGNED)
        return page(Problem(Type.UNAUTHENTICATED, "The signature is missing or wrong."))
    keep(connection, body)
    return HttpResponse(b"{}", content_type="application/json")


def keep(connection: Connection, body: bytes) -> None:
    """Store a verified webhook; the same bytes again are counted, and change nothing else."""
    same = {"connection": connection, "digest": hashlib.sha256(body).hexdigest()}
    if _count(**same):
        return
    secrets = connection.credentials
    event, outcome = _event(connection, body)
    told = {
        "event": redaction.storable(event.name, 100, secrets),
        "reference": redaction.storable(event.reference, 200, secrets),
        "status": redaction.storable(event.status, 100, secrets),
    }
    shown = redaction.body(body, "application/json", secrets)
    try:
        with transaction.atomic():
            Inbound.objects.create(**same, **told, body=shown, outcome=outcome)
    except IntegrityError:  # the same bytes came twice at once
        _count(**same)


def _count(**same: object) -> int:
    return Inbound.objects.filter(**same).update(times=F("times") + 1, updated_at=Now())


def _event(connection: Connection, body: bytes) -> tuple[Event, str]:
    """What the webhook tells, read while the bytes are whole: what is stored is redacted."""
    try:
        return connection.connector.read_event(body), ""
    except errors.DeliveryError:
        return Event(""), UNREADABLE
    except Exception as error:
        logger.error("A webhook of %s can't be read: %s.", connection, place_of(error))
        return Event(""), UNREADABLE


def read_new() -> int:
    """Find out what the stored webhooks mean, each once; returns how many were read."""
    read = 0
    while _read_one():
        read += 1
    return read


def _read_one() -> bool:
    with transaction.atomic():
        new = Inbound.objects.filter(processed_at=None).select_for_update(skip_locked=True, of=("self",))
        inbound = new.select_related("connection").order_by("id").first()
        if inbound is None:
            return False
        inbound.outcome = _heeded(inbound)[:200]
        inbound.processed_at = Now()
        # The vendor signs as we expect again, unless another was refused since.
        notices.close(inbound.connection, Notice.Kind.WEBHOOK, seen_until=inbound.created_at)
        inbound.save(update_fields=["outcome", "processed_at", "updated_at"])
    return True


def _heeded(inbound: Inbound) -> str:
    """What came of it, in words; a fault of ours is said and never stops the others."""
    if not inbound.reference or not inbound.status:
        return inbound.outcome or ABOUT_NOTHING_OF_OURS
    ours = Delivery.objects.filter(connection_id=inbound.connection_id, reference=inbound.reference)
    delivery_id = ours.filter(state=State.DELIVERED).order_by("-id").values_list("pk", flat=True).first()
    if delivery_id is None:
        return ABOUT_NOTHING_OF_OURS
    try:
        with transaction.atomic():
            return following.take_webhook(delivery_id, Outcome(inbound.reference, inbound.status))
    except Exception as error:
        logger.error("The webhook %s could not be heeded: %s.", inbound.pk, place_of(error))
        return f"A fault in leadops: {type(error).__name__}."
