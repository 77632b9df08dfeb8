"""What the core announces becomes deliveries, in the announcer's transaction."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.dispatch import receiver

from crm_integrations import gaps, outbox, registry
from crm_integrations.connector import Kind
from leadops import statements
from leadops.ids import uuid7
from leadops.models import Lead, LoanAccount
from leadops.signals import (
    leads_changed,
    leads_ready,
    leads_stopped,
    leads_to_be_deleted,
    loan_accounts_ready,
)

logger = logging.getLogger(__name__)


class Target(NamedTuple):
    """A connection that records are to go to."""

    connection_id: UUID
    vendor: str


@receiver(leads_ready)
def enqueue_leads(
    sender: Any, leads: Sequence[Lead], connections: Sequence[UUID] | None = None, **_: Any
) -> int:
    """A delivery for each lead to each connection its program's routes name, or to `connections` alone."""
    program_ids = {lead.program_id for lead in leads}
    targets = (
        _routed(program_ids, Kind.LEAD)
        if connections is None
        else _chosen(program_ids, Kind.LEAD, connections)
    )
    enqueued = outbox.enqueue([_lead(each, to) for each in leads for to in targets[each.program_id]])
    for lead in leads:
        lead.sync_status = enqueued.words.get(lead.pk, lead.sync_status)
    gaps.mark(lead.pk for lead in leads)
    return enqueued.made


@receiver(leads_changed)
def mark_changed(sender: Any, leads: Sequence[Lead], **_: Any) -> None:
    """What changed leads miss is found anew."""
    gaps.mark(lead.pk for lead in leads)


@receiver(leads_stopped)
def cancel_unsent(sender: Any, leads: Sequence[Lead], **_: Any) -> None:
    """Nothing of a lead that the lender has ended is sent any more."""
    outbox.cancel_ended(leads)


@receiver(leads_to_be_deleted)
def hold_what_was_sent(sender: Any, leads: Sequence[Lead], lock: bool, **_: Any) -> dict[UUID, str]:
    """Which of these leads a vendor has, or may have, in words."""
    return outbox.undone_leads.begun([lead.pk for lead in leads], lock=lock)


@receiver(loan_accounts_ready)
def enqueue_loan_accounts(sender: Any, loan_accounts: Sequence[LoanAccount], **_: Any) -> None:
    """A delivery for each account to each LOS its program's routes name; it waits for the lead where it must."""
    targets = _routed({account.program_id for account in loan_accounts}, Kind.LOAN_ACCOUNT)
    outbox.enqueue([_account(each, to) for each in loan_accounts for to in targets[each.program_id]])


# Asked at every new lead: written out, because the ORM takes ten times as long to make it as the database to answer.
ROUTED = """
SELECT r.program_id, c.id, c.vendor FROM crm_integrations_route r
JOIN crm_integrations_connection c ON c.id = r.connection_id
WHERE r.automatic AND c.enabled AND (r.program_id IS NULL OR r.program_id = ANY(%s)) ORDER BY r."order", r.id
"""
CHOSEN = "SELECT NULL, id, vendor FROM crm_integrations_connection WHERE enabled AND id = ANY(%s)"


def _routed(program_ids: Collection[UUID], kind: Kind) -> Mapping[UUID, list[Target]]:
    """Where the routes send records of `kind` automatically, by program, in the order of the routes."""
    return _by_program(statements.rows(ROUTED, [list(program_ids)]), program_ids, kind)


def _chosen(
    program_ids: Collection[UUID], kind: Kind, connections: Sequence[UUID]
) -> Mapping[UUID, list[Target]]:
    """The connections an officer chose, whatever the program."""
    return _by_program(statements.rows(CHOSEN, [list(connections)]), program_ids, kind)


def _by_program(
    rows: Iterable[tuple[UUID | None, UUID, str]], program_ids: Collection[UUID], kind: Kind
) -> Mapping[UUID, list[Target]]:
    targets: dict[UUID, list[Target]] = defaultdict(list)
    for only, connection_id, vendor in rows:
        if vendor not in registry.vendors():
            # The lead is kept all the same: with the connector back, an officer sends it there.
            logger.error(
                "Nothing goes to connection %s: connectors/ holds no %s any more.", connection_id, vendor
            )
            continue
        target = Target(connection_id, vendor)
        for program_id in [only] if only else program_ids:
            if kind in registry.get(vendor).kinds() and target not in targets[program_id]:
                targets[program_id].append(target)
    return targets


def _lead(lead: Lead, to: Target) -> outbox.New:
    ref = outbox.reference_of(lead, registry.get(to.vendor))
    return outbox.New(uuid7(), to.connection_id, Kind.LEAD, lead.pk, None, lead.pk, lead.version, ref)


def _account(account: LoanAccount, to: Target) -> outbox.New:
    vendor = registry.get(to.vendor)
    needs = vendor.depends_on
    return outbox.New(
        id=uuid7(),
        connection_id=to.connection_id,
        kind=Kind.LOAN_ACCOUNT,
        lead_id=account.lead_id,
        loan_account_id=account.pk,
        record_id=account.pk,
        version=account.version,
        ref=outbox.reference_of(account, vendor),
        depends_on=needs,
        waiting_for=f"Waiting until {registry.get(needs).label} knows the lead." if needs else "",
    )
