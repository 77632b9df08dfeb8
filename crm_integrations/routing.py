"""Where records go: what the routes say, or an officer."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast
from uuid import UUID

from django.db import connection as database

from crm_integrations import registry
from crm_integrations.connector import Kind
from leadops import statements
from leadops.models import Lead, LoanAccount, Partner
from leadops.prepared import Along, Statement, run

logger = logging.getLogger(__name__)


class Target(NamedTuple):
    """A connection that records are to go to."""

    connection_id: UUID
    vendor: str
    test_space: bool
    """Whether it takes the leads of test keys, and no others."""
    guarded: bool
    """Whether a missing consent or a border may bar records from it; what was withdrawn is seen before it is sent."""


_Row = tuple[UUID | None, UUID, str, bool, bool]

# Asked at every new lead: written out, because the ORM takes ten times as long to make it as the database to answer.
GUARDED = """
c.jurisdiction <> '' OR EXISTS (
    SELECT 1 FROM leadops_program p WHERE p.id = ANY(%(programs)s) AND p.consent_required
)
"""
ROUTED = Statement(
    "routed",
    f"""
SELECT r.program_id, c.id, c.vendor, c.test_space, {GUARDED} FROM crm_integrations_route r
JOIN crm_integrations_connection c ON c.id = r.connection_id
WHERE r.automatic AND c.enabled AND (r.program_id IS NULL OR r.program_id = ANY(%(programs)s))
ORDER BY r."order", r.id
""",  # noqa: S608 (our own words only)
    programs="uuid[]",
)
CHOSEN = f"""
SELECT NULL, c.id, c.vendor, c.test_space, {GUARDED} FROM crm_integrations_connection c
WHERE c.enabled AND c.id = ANY(%(chosen)s)
"""  # noqa: S608 (our own words only)


def asked(program_ids: Collection[UUID]) -> Along:
    """The routes of these programs, to be asked in one string with something else."""
    return Along(ROUTED, programs=list(program_ids))


def of_leads(
    leads: Sequence[Lead], connections: Sequence[UUID] | None = None, along: Sequence[Along] = ()
) -> Iterator[tuple[Lead, Target]]:
    """Each lead with each connection that its program's routes name, or with each of `connections`.

    Those of a test space go to connections that are for test leads, and no others do. `along`: where the routes were
    asked, if they were by now.
    """
    programs = {lead.program_id for lead in leads}
    rows = (
        _routed(programs, along)
        if connections is None
        else statements.rows(CHOSEN, {"programs": list(programs), "chosen": list(connections)})
    )
    targets = _by_program(rows, programs, Kind.LEAD)
    tests = _of_test_spaces(leads)
    return (
        (lead, to)
        for lead in leads
        for to in targets[lead.program_id]
        if to.test_space == (lead.partner_id in tests)
    )


def of_accounts(accounts: Sequence[LoanAccount]) -> Iterator[tuple[LoanAccount, Target]]:
    """Each account with each connection that its program's routes name."""
    programs = {account.program_id for account in accounts}
    targets = _by_program(_routed(programs), programs, Kind.LOAN_ACCOUNT)
    return (
        (account, to)
        for account in accounts
        for to in targets[account.program_id]
        if to.test_space == account.in_test_space
    )


def _of_test_spaces(leads: Sequence[Lead]) -> set[UUID]:
    """The partners of `leads` that are test spaces; asked of the database only where they were not read along."""
    unread = {lead.partner_id for lead in leads if not Lead.partner.is_cached(lead)}
    found = {lead.partner_id for lead in leads if Lead.partner.is_cached(lead) and lead.partner.is_test_space}
    if unread:
        found.update(Partner.objects.test_spaces().filter(pk__in=unread).values_list("pk", flat=True))
    return found


def _routed(program_ids: Collection[UUID], along: Sequence[Along] = ()) -> list[_Row]:
    if answered := [each for each in along if each.statement is ROUTED]:
        return answered[0].rows
    with database.cursor() as cursor:
        run(cursor, {"programs": list(program_ids)}, ROUTED)
        return cast(list[_Row], cursor.fetchall())


def _by_program(
    rows: Iterable[_Row], program_ids: Collection[UUID], kind: Kind
) -> Mapping[UUID, list[Target]]:
    """The connections that take records of `kind`, by program, in the order of the routes."""
    targets: dict[UUID, list[Target]] = defaultdict(list)
    for only, connection_id, vendor, test_space, guarded in rows:
        if vendor not in registry.vendors():
            # The lead is kept all the same: with the connector back, an officer sends it there.
            logger.error(
                "Nothing goes to connection %s: connectors/ holds no %s any more.", connection_id, vendor
            )
            continue
        target = Target(connection_id, vendor, test_space, guarded)
        for program_id in [only] if only else program_ids:
            if kind in registry.get(vendor).kinds() and target not in targets[program_id]:
                targets[program_id].append(target)
    return targets
