"""What the core announces becomes deliveries, in the announcer's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.dispatch import receiver

from crm_integrations import doorbell, outbox, snapshots
from crm_integrations.connector import Kind
from crm_integrations.models import Connection, Delivery, Route, State
from leadops.ids import uuid7
from leadops.models import Lead, LoanAccount
from leadops.signals import leads_ready, loan_accounts_ready


@receiver(leads_ready)
def enqueue_leads(
    sender: Any, leads: Sequence[Lead], connections: Sequence[UUID] | None = None, **_: Any
) -> None:
    """A delivery for each lead to each connection its program's routes name, or to `connections` alone."""
    targets = _targets({lead.program_id for lead in leads}, "lead", connections)
    made = [_lead_delivery(lead, connection) for lead in leads for connection in targets[lead.program_id]]
    doorbell.ring_on_commit(outbox.enqueue(made))


@receiver(loan_accounts_ready)
def enqueue_loan_accounts(sender: Any, loan_accounts: Sequence[LoanAccount], **_: Any) -> None:
    """A delivery for each account to each LOS its program's routes name; it waits for the lead where it must."""
    targets = _targets({account.program_id for account in loan_accounts}, "loan_account")
    made = [_account_delivery(each, to) for each in loan_accounts for to in targets[each.program_id]]
    doorbell.ring_on_commit(outbox.enqueue(made))


def _targets(
    program_ids: set[UUID], kind: Kind, connections: Sequence[UUID] | None = None
) -> dict[UUID, list[Connection]]:
    """The enabled connections that take `kind`, by program, in the order of the routes."""
    if connections is not None:
        chosen = Connection.objects.filter(enabled=True, pk__in=connections)
        able = [c for c in chosen if kind in c.connector_class.kinds()]
        return dict.fromkeys(program_ids, able)
    routes = Route.objects.filter(
        Q(program=None) | Q(program__in=program_ids), automatic=True, connection__enabled=True
    )
    targets: dict[UUID, list[Connection]] = defaultdict(list)
    for route in routes.select_related("connection"):
        if kind in route.connection.connector_class.kinds():
            for program_id in program_ids if route.program_id is None else [route.program_id]:
                if route.connection not in targets[program_id]:
                    targets[program_id].append(route.connection)
    return targets


def _lead_delivery(lead: Lead, connection: Connection) -> Delivery:
    return Delivery(
        id=uuid7(),
        connection=connection,
        kind="lead",
        lead_id=lead.pk,
        record_id=lead.pk,
        version=lead.version,
        ref=lead.pk.hex,
    )


def _account_delivery(account: LoanAccount, connection: Connection) -> Delivery:
    needs = connection.connector_class.depends_on
    known = not needs or bool(snapshots.lead_reference(account.lead_id, needs))
    return Delivery(
        id=uuid7(),
        connection=connection,
        kind="loan_account",
        lead_id=account.lead_id,
        loan_account=account,
        record_id=account.pk,
        version=account.version,
        ref=account.pk.hex,
        depends_on=needs,
        state=State.QUEUED if known else State.WAITING,
        reason="" if known else f"Waiting until {needs} knows the lead.",
    )
