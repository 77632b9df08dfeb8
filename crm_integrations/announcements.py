"""Ready leads become deliveries: a few at once, those of an import after it.

For each lead of an import with five connections, making the deliveries takes as long as making the lead. So an import
only notes whom it brought, in its own transaction; whoever is free makes the deliveries, and deletes the note in that
same transaction. Whoever dies in between, nothing is missed and nothing is made twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from crm_integrations import doorbell, gaps, outbox, registry, routing, summary
from crm_integrations.connector import Kind
from crm_integrations.models import Announcement
from leadops.faults import place_of
from leadops.ids import uuid7
from leadops.models import Lead
from leadops.prepared import Along

logger = logging.getLogger(__name__)
PART = 500
"""Leads of one note: some 0.1 s of work with five connections."""
NEEDED = ("partner_id", "program_id", "version", "partner_ref_id")
"""Of a lead, to make its deliveries."""
TRIES = 2
"""Together with others and alone: what breaks more often is our fault, and only the sweep tries it again."""


def along_with(leads: Sequence[Lead], along: Sequence[Along]) -> list[Along]:
    """What goes in one string with the rows of a new lead, for `enqueue`: the mark for its gaps, and its deliveries.

    They can go there if the routes were asked by then, which is `along`.
    """
    mark = Along(gaps.MARK, **gaps.told([lead.pk for lead in leads]))
    if not all(each.done for each in along):
        return [mark]
    return [mark, *outbox.along_with(*_deliveries(leads, None, along))]


def enqueue(
    leads: Sequence[Lead], connections: Sequence[UUID] | None = None, along: Sequence[Along] = ()
) -> outbox.Enqueued:
    """Make the deliveries of `leads` in the caller's transaction, along the routes or to `connections`.

    What goes with one that the lender ended, and brought back, goes on too.
    `along`: what `along_with` gave, done by now.
    """
    if not along:
        gaps.mark(lead.pk for lead in leads)
    elif enqueued := outbox.enqueued(along):
        return enqueued
    revived = _revive(leads)
    deliveries, guarded = _deliveries(leads, connections, along)
    enqueued = outbox.enqueue(deliveries, guarded=guarded)
    return enqueued._replace(made=enqueued.made + revived)


def _revive(leads: Sequence[Lead]) -> int:
    """Have what goes with those go on that the lender ended and brought back; returns how many."""
    if all(lead.version == 1 for lead in leads):  # none of them was ended before
        return 0
    ids = [lead.pk for lead in leads]
    summary.lock(ids)  # all of them, as their deliveries are made, so that nobody deadlocks
    return outbox.revive(ids)


def _deliveries(
    leads: Sequence[Lead], connections: Sequence[UUID] | None, along: Sequence[Along]
) -> tuple[list[outbox.New], bool]:
    """The deliveries of `leads`, and whether anything may bar one of them."""
    found = list(routing.of_leads(leads, connections, along))
    return [_delivery(lead, to) for lead, to in found], any(to.guarded for _, to in found)


def _delivery(lead: Lead, to: routing.Target) -> outbox.New:
    ref = outbox.reference_of(lead, registry.get(to.vendor))
    return outbox.New(uuid7(), to.connection_id, Kind.LEAD, lead.pk, None, lead.pk, lead.version, ref)


def note(leads: Sequence[Lead]) -> None:
    """Have the deliveries of `leads` made once the caller's transaction is committed."""
    ids = [lead.pk for lead in leads]
    parts = [ids[start : start + PART] for start in range(0, len(ids), PART)]
    Announcement.objects.bulk_create([Announcement(leads=part) for part in parts])
    doorbell.ring_on_commit()


def waiting() -> bool:
    """Whether deliveries are to be made that did not break alone."""
    return Announcement.objects.filter(tries__lt=TRIES).exists()


def unfold(stop: Callable[[], bool] = lambda: False) -> int:
    """Make the deliveries of all that was noted, or until `stop` says so; returns of how many leads."""
    done = 0
    while not stop() and (count := unfold_next()):
        done += count
    return done


def unfold_next() -> int:
    """Make the deliveries of the next note; returns of how many leads, 0 when there is none, or it broke again."""
    with transaction.atomic():
        noted = Announcement.objects.select_for_update(skip_locked=True).first()
        if noted is None:
            return 0
        try:
            with transaction.atomic():
                _make_deliveries(noted.leads)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.error("The deliveries of %s can't be made: %s.", noted, place_of(error))
            _set_aside(noted)
            return len(noted.leads) if noted.tries < TRIES else 0
        noted.delete()
    return len(noted.leads)


def _make_deliveries(lead_ids: Collection[UUID]) -> None:
    """Of those that are still there and wanted; the others' summary is put right."""
    wanted = Lead.objects.filter(pk__in=lead_ids).exclude(status__in=Lead.STOPPED)
    leads = list(wanted.only(*NEEDED).order_by("pk"))
    enqueued = enqueue(leads)
    summary.derive(summary.lock(set(lead_ids) - enqueued.words.keys()))


def _set_aside(noted: Announcement) -> None:
    """Each lead alone, and behind all others: one that breaks must not keep the others from their way."""
    apart = [Announcement(leads=[lead_id], tries=min(noted.tries + 1, 1000)) for lead_id in noted.leads]
    Announcement.objects.bulk_create(apart)
    noted.delete()
