"""What all tests share: the people and records they speak of, by role, and the vendor sandbox, one a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, TransactionTestCase, override_settings
from pytest_django import DjangoDbBlocker

from crm_integrations import partitions
from crm_integrations.models import Connection
from leadops import collector, doorbell, embedded_broker
from leadops.models import ApiKey, Officer, Partner, Program
from tests import migrated, people, vendors
from tests.vendors import Sandbox

EMPTY = r"""
DO $$
DECLARE
    found regclass;
    large boolean;
    filled boolean;
    any_large boolean := false;
    names text[] := '{}';
BEGIN
    -- Emptying is no write that the audit should tell of, and the audit itself refuses it.
    IF current_setting('is_superuser') = 'on' THEN
        PERFORM set_config('session_replication_role', 'replica', true);
    END IF;
    FOR found, large IN SELECT oid, pg_relation_size(oid) > 256 * 1024 FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('auth_permission', 'django_content_type', 'django_migrations')
        AND (relname NOT LIKE 'leadops_audit%' OR current_setting('is_superuser') = 'on')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', found) INTO filled;
        IF filled OR large THEN
            names := names || found::text;
            any_large := any_large OR large;
        END IF;
    END LOOP;
    IF any_large THEN
        EXECUTE format('TRUNCATE %s CASCADE', array_to_string(names, ', '));
    ELSE
        FOR at IN 1 .. cardinality(names) LOOP
            EXECUTE format('DELETE FROM %s', names[at]);
        END LOOP;
    END IF;
END $$
"""
"""Foreign keys are checked at the end, so that the order is no matter. What was deleted takes room until a truncate."""


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector need not look at it again and again."""
    collector.look_rarely()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Before the database of this worker is made: a copy is enough, and the server need not wait for the disk."""
    with django_db_blocker.unblock():
        _trust_the_disk()
        migrated.copy_one()


def _trust_the_disk() -> None:
    """Of a server of our own nothing outlives a power cut."""
    if settings.DATABASES["default"]["ENGINE"] == "leadops.embedded_postgres":
        with connection._nodb_cursor() as cursor:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                cursor.execute(f"ALTER SYSTEM SET {name} = off")
            cursor.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Iterator[None]:
    """After a test that commits Django truncates every table and makes all permissions anew: far slower."""

    def empty(_: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            cursor.execute(EMPTY)
        partitions.make_ahead()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture
def officer(db) -> Officer:
    """A superuser who may do all in the back office."""
    return people.officer("asha")


@pytest.fixture
def partner(db) -> Partner:
    return people.partner("Sunrise Finserv", "sunrise")


@pytest.fixture
def other_partner(db) -> Partner:
    """A stranger, who must see nothing of `partner`."""
    return people.partner("Moonlight Credit", "moonlight")


@pytest.fixture
def program(db) -> Program:
    return people.program("scf-north", "Supply chain finance")


@pytest.fixture
def rule(program: Program) -> Callable[..., None]:
    """Sets the rule for duplicates of `program`."""

    def of(policy: str, **fields: object) -> None:
        for name, value in {"duplicate_policy": policy, **fields}.items():
            setattr(program, name, value)
        program.save()

    return of


@pytest.fixture
def key(partner) -> str:
    """The text of a live API key of `partner` with the default scopes."""
    return ApiKey.issue(partner)[1]


@pytest.fixture
def other_key(other_partner) -> str:
    return ApiKey.issue(other_partner)[1]


@pytest.fixture
def desk(client: Client, officer: Officer) -> Client:
    """A browser-like client signed in as `officer`."""
    client.force_login(officer)
    return client


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with vendors.running(tmp_path_factory.mktemp("sandbox") / "ledger.jsonl") as sandbox:
        yield sandbox


@pytest.fixture
def vendor_sandbox(sandbox_process: Sandbox) -> Sandbox:
    """The sandbox, empty and without faults."""
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture
def connections(db: None, vendor_sandbox: Sandbox) -> dict[str, Connection]:
    """All five vendors connected and routed for every program."""
    return vendors.connect(vendor_sandbox.url, *vendors.LEAD_VENDORS, "crego_los")


@pytest.fixture
def _approvals(settings) -> None:
    """Two people do what matters, and few are many."""
    settings.APPROVALS = True
    settings.APPROVE_OVER = {"push": 2, "import": 3, "replay": 2}


@pytest.fixture(autouse=True)
def no_bell_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test rang, and nobody heard, keeps no bell of this one from being rung."""
    monkeypatch.setattr(embedded_broker, "last_sent", {})
    monkeypatch.setitem(doorbell.hushed, "until", 0.0)
