"""What is planned once in a session, and kept, reads no large table from end to end."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection as database

import crm_integrations
import leadops
from crm_integrations.outbox import taking
from leadops.prepared import AS_BEFORE, BY_ONE_PLAN, IN_ORDER, Statement

SMALL = {
    "crm_integrations_connection",
    "crm_integrations_health",
    "crm_integrations_route",
    "crm_integrations_subscription",
    "leadops_assignmentrule",
    "leadops_partner",
    "leadops_program",
    "leadops_slarule",
}
"""What a lender has few of, however many leads."""


def kept() -> dict[str, Statement]:
    """All that the modules of the product hold, by name."""
    found = {}
    for package in (leadops, crm_integrations):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name and not module.name.startswith("leadops.settings"):
                for value in vars(importlib.import_module(module.name)).values():
                    if isinstance(value, Statement):
                        found[value.name] = value
    return {name: each for name, each in found.items() if each not in (AS_BEFORE, BY_ONE_PLAN, IN_ORDER)}


@pytest.mark.django_db
def test_no_kept_statement_reads_all_rows_of_a_large_table():
    in_order = {value.name for value in vars(taking).values() if isinstance(value, Statement)}
    statements = kept()
    assert len(statements) > 15
    with (
        database.cursor() as cursor
    ):  # of tables that were once counted with three rows some plans read these three
        cursor.execute("TRUNCATE leadops_lead, crm_integrations_lease CASCADE")
    for name, statement in statements.items():
        for scan in scans_of(statement, IN_ORDER if name in in_order else BY_ONE_PLAN):
            assert scan.get("Index Cond") or scan["Relation Name"] in SMALL, (name, scan)


def scans_of(statement: Statement, how: Statement) -> Iterator[dict[str, Any]]:
    """Where `statement` reads a table, by the plan that is kept of it; of no values, which it does not look at."""
    nothing = ", ".join("NULL" for _ in statement.parameters)
    with database.cursor() as cursor:
        cursor.execute(how.text)
        cursor.execute(f"PREPARE looked_at {statement.prepare.removeprefix(f'PREPARE {statement.name}')}")
        cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE looked_at{f'({nothing})' if nothing else ''}")
        plan = cursor.fetchone()[0]
        cursor.execute("DEALLOCATE looked_at")
    yield from scans(json.loads(plan) if isinstance(plan, str) else plan)


def scans(node: Any) -> Iterator[dict[str, Any]]:
    for each in node if isinstance(node, list) else []:
        yield from scans(each)
    if isinstance(node, dict):
        if "Scan" in node.get("Node Type", "") and "Relation Name" in node:
            yield node
        for each in node.values():
            yield from scans(each)
