"""Data by the migrations of before the first release: those that had them all go on, half of them are refused."""

from __future__ import annotations

import prepare
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.exceptions import NodeNotFoundError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

Name = tuple[str, str]
APPS = ("leadops", "crm_integrations")
MADE_ANEW = {"0001_tables", "0002_beyond_models", "0003_audit"}

pytestmark = pytest.mark.django_db


def names() -> list[Name]:
    """What is applied of our own, as the database says."""
    return sorted(each for each in MigrationRecorder(connection).applied_migrations() if each[0] in APPS)


def earlier(app: str) -> list[Name]:
    """The earlier history of an app."""
    kept = MigrationLoader(None).disk_migrations
    return sorted(name for each in kept.values() if each.app_label == app for name in each.replaces)


def were_applied(*applied: Name) -> None:
    """Have the database say so, and nothing else of our own."""
    recorder = MigrationRecorder(connection)
    recorder.migration_qs.filter(app__in=APPS).delete()
    for app, name in applied:
        recorder.record_applied(app, name)


def plan() -> list[str]:
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    assert {app for app, _ in leaves} >= {*APPS}
    return [str(migration) for migration, _ in executor.migration_plan(leaves)]


def is_refused(*applied: Name) -> bool:
    were_applied(*applied)
    try:
        plan()
    except NodeNotFoundError:
        return True
    return False


def test_who_had_all_of_them_has_nothing_to_do():
    now = names()
    before = [name for app in APPS for name in earlier(app)]
    assert len(before) == 55
    since = [each for each in now if each[1] not in MADE_ANEW]
    were_applied(*before, *since)
    assert plan() == []
    call_command("migrate", verbosity=0)
    assert {*now, *before} == {*names()}


@pytest.mark.parametrize("app", APPS)
def test_half_of_them_is_refused_wherever_it_ended(app):
    before, others = earlier(app), [name for each in APPS if each != app for name in earlier(each)]
    not_refused = [until for until in range(1, len(before)) if not is_refused(*others, *before[:until])]
    assert not_refused == []


@pytest.mark.parametrize(("url", "anew"), [("", "make reset"), ("postgresql://here", "name an empty one")])
def test_make_run_says_in_one_line_what_to_do(monkeypatch, url, anew):
    monkeypatch.setenv("DATABASE_URL", url)
    were_applied(*earlier("leadops")[:-1])
    [said] = prepare.main("http://127.0.0.1:9").values()
    assert said.endswith(f"see docs/decisions/0048-one-history-to-begin-with.md; else {anew}.")
