"""Erasing what calls and deliveries told of people, once their lead is erased; that they happened stays."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from crm_integrations.models import Delivery, Difference, Exchange, Gap, Inbound
from leadops.errors import LeadopsError
from leadops.models import Lead


class InHand(LeadopsError):
    """A call about this lead is under way just now: try again in a minute."""


def erase(leads: Sequence[Lead]) -> dict[str, int]:
    """Empty what was kept of `leads` and may name a person, in the caller's transaction; returns how many of what.

    The vendors' ids and states stay: by them the vendors are asked to erase too, and are asked nothing else. Raises
    InHand while a worker has one of them, whose answer would be written afterwards.
    """
    deliveries = Delivery.objects.filter(lead__in=leads)
    if deliveries.exclude(leased_until=None).exists():
        raise InHand
    deliveries.update(
        reason="", cause="", ask_at=None
    )  # before the calls: who asks now finds it taken from him
    calls = Exchange.objects.filter(delivery__in=deliveries).exclude(request_body="", response_body="")
    emptied = {"request_body": "", "response_body": "", "error": "", "updated_at": Now()}
    done = {"HTTP calls": calls.update(**emptied), "webhooks": _webhooks(deliveries)}
    Difference.objects.filter(delivery__in=deliveries).update(ours="", theirs="")
    Gap.objects.filter(lead__in=leads).delete()
    return done


def forget_answers(delivery: Delivery) -> None:
    """Empty what came back about `delivery` while its lead was being erased."""
    calls = Exchange.objects.filter(delivery=delivery, delivery__lead__erased_at__isnull=False)
    calls.update(response_body="", updated_at=Now())


def _webhooks(deliveries: QuerySet[Delivery]) -> int:
    """Empty the calls that vendors made about what `deliveries` brought them."""
    known = Delivery.objects.filter(pk__in=deliveries).exclude(reference="")
    about = [Q(connection=at, reference=ref) for at, ref in known.values_list("connection", "reference")]
    if not about:
        return 0
    found = Inbound.objects.filter(Q(*about, _connector=Q.OR))
    return found.exclude(body="").update(body="", updated_at=Now())
