"""Can this lead be said to that vendor? Asked of the same connector that sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from crm_integrations import snapshots
from crm_integrations.connector import Connector, Kind, Missing
from crm_integrations.models import Connection
from crm_integrations.records import LeadRecord
from leadops.models import Lead


@dataclass(frozen=True, slots=True)
class Readiness:
    """`missing` is empty when the lead is ready; `not_carried` are fields this vendor has no place for."""

    connection: Connection
    missing: tuple[Missing, ...]
    not_carried: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return not self.missing


def of_lead(lead: Lead, enabled: Sequence[Connection] | None = None) -> list[Readiness]:
    """The readiness of `lead` for every enabled connection that takes such leads."""
    return of_leads([lead], enabled)[lead.pk]


def of_leads(
    leads: Sequence[Lead], enabled: Sequence[Connection] | None = None
) -> dict[UUID, list[Readiness]]:
    """The readiness of each of `leads`, by its id, in a fixed number of queries; `enabled` are known already.

    Of an erased one nothing is asked: it is sent nowhere.
    """
    taking = [(connection, connection.connector) for connection in taking_leads(enabled)]
    records = snapshots.of_leads(leads, {connection.vendor for connection, _ in taking})
    return {
        lead.pk: [
            _of(records[lead.pk][connection.vendor], connection, its)
            for connection, its in taking
            if connection.test_space == lead.partner.is_test_space and lead.erased_at is None
        ]
        for lead in leads
    }


def taking_leads(enabled: Sequence[Connection] | None = None) -> list[Connection]:
    """The enabled connections to vendors that take leads."""
    known = Connection.objects.filter(enabled=True) if enabled is None else enabled
    return [each for each in known if Kind.LEAD in each.connector_class.kinds()]


def _of(record: LeadRecord, connection: Connection, connector: Connector) -> Readiness:
    return Readiness(connection, tuple(connector.missing(Kind.LEAD, record)), tuple(connector.not_carried))
