"""The events of a partner as it reads them one after the other, and letting go of the old ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from crm_integrations import events
from crm_integrations.models import PartnerEvent
from leadops.errors import LeadopsError
from leadops.models import Partner

AT_ONCE = 1000


class UnknownEvent(LeadopsError):
    """There is no such event, or it is no longer kept."""


def listen(partner: Partner) -> None:
    """Have events of this partner written from now on; asked again it changes nothing."""
    if not partner.keeps_events:
        Partner.objects.filter(pk=partner.pk).update(keeps_events=True)
        partner.keeps_events = True


def after(partner: Partner, last: UUID | None, count: int) -> list[PartnerEvent]:
    """The next events of `partner` after the one with the id `last`, the oldest first; raises UnknownEvent.

    None is ever missed: what was written while another transaction writes an earlier one is told only after that.
    """
    known = events.last_readable()
    theirs = PartnerEvent.objects.filter(partner=partner)
    number = 0
    if last is not None:
        found = theirs.filter(id=last).values_list("number", flat=True).first()
        if found is None:
            raise UnknownEvent
        number = found
    return list(theirs.filter(number__gt=number, number__lte=known).order_by("number")[:count])


def prune() -> int:
    """Delete the events that are older than they are kept, with what was told of them; returns how many.

    A part at a time, from the oldest on: numbers grow with time.
    """
    before, deleted = timezone.now() - timedelta(days=settings.EVENT_KEEP_DAYS), 0
    while old := _oldest(before):
        PartnerEvent.objects.filter(pk__in=old).delete()
        deleted += len(old)
    return deleted


def _oldest(before: datetime) -> list[int]:
    """Those of the first events that are from before that moment."""
    first = PartnerEvent.objects.order_by("number")[:AT_ONCE].values_list("number", "created_at")
    return [number for number, made in first if made < before]
