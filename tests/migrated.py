"""One migrated database that the tests' own are copies of: to migrate takes seconds, to copy one takes less than one.

It is made by the first worker and stays for the next run, until a migration is another.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import connection

OURS = os.environ.get("LEADOPS_TEST_DB", "test") + "_migrated_"
ONE_AT_A_TIME = 20261122
"""The advisory lock of whoever looks for it, which ends with the session."""


def copy_one() -> None:
    """Have the test database made as a copy."""
    name = OURS + _digest()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [OURS])
        found = [each for (each,) in cursor.fetchall()]
        if name not in found:
            for each in found:
                cursor.execute(f'DROP DATABASE "{each}"')
            _make(f"{OURS}half")
            cursor.execute(f'ALTER DATABASE "{OURS}half" RENAME TO "{name}"')
    connection.settings_dict["TEST"]["TEMPLATE"] = name


def _make(name: str) -> None:
    before, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    own, test["NAME"] = test["NAME"], name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.creation.destroy_test_db(before, verbosity=0, keepdb=True)
        test["NAME"] = own


def _digest() -> str:
    """By what all migrations say."""
    digest = hashlib.sha256()
    for path in sorted(_migrations()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrations() -> Iterator[Path]:
    for app in apps.get_app_configs():
        yield from (Path(app.path) / "migrations").glob("*.py")
