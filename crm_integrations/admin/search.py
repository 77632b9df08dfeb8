"""Finding by what vendors call a record: their own ids, and our reference as they were told it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from crm_integrations.admin.chips import state_chip
from crm_integrations.admin.steering import MAY_SEE, record_url
from crm_integrations.models import Connection, Delivery
from leadops.admin.listed import rows_of
from leadops.admin.search_page import SHOWN, Group, Hit, finder
from leadops.models import Lead


@finder(MAY_SEE)
def vendor_ids(request: HttpRequest, text: str) -> Group:
    """Deliveries by the vendor's id, whole; the indexes begin with the connection."""
    vendors = list(Connection.objects.of_vendors().values_list("pk", flat=True))
    called = Q(reference=text) | Q(ref=text)
    held = rows_of(request, Delivery).filter(called, connection__in=vendors)
    hits = [_hit(each) for each in _seen(request, held)[:SHOWN]]
    # A lead is found by its own reference already: here once more, and only where a vendor calls it so.
    return Group(gettext_lazy("At vendors"), [hit for hit in hits if hit is not None])


def _seen(request: HttpRequest, deliveries: QuerySet[Any]) -> QuerySet[Any]:
    """Those of leads that the officer sees."""
    return deliveries.filter(lead__in=rows_of(request, Lead)).order_by("-pk")


def _hit(delivery: Delivery) -> Hit:
    title = f"{delivery.connection}: {delivery.reference or delivery.ref}"
    return Hit(title, record_url(delivery), str(delivery.record), state_chip(delivery))
