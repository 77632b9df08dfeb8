"""Have the database ready for `make run`: reachable, migrated, with demo data.

The launcher runs it in `.venv`. Prints one JSON object: what the demo command says, or {"trouble": one line}.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = "5"
"""Seconds to wait for a database server that does not answer."""
HOW = "docs/decisions/0048-one-history-to-begin-with.md"
"""How data are kept whose migrations were half done when all were made anew."""


def prepare(sandbox_url: str) -> dict[str, object]:
    """Migrate what is unapplied and load the demo data unless it is there."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0, stdout=sys.stderr)
    out = io.StringIO()
    call_command("demo", sandbox_url=sandbox_url, json=True, stdout=out)
    shown: dict[str, object] = json.loads(out.getvalue())
    return shown


def main(sandbox_url: str) -> dict[str, object]:
    """What `prepare` says, or the trouble that a person can mend."""
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management.base import CommandError
    from django.db.migrations.exceptions import NodeNotFoundError
    from django.db.utils import Error

    named = bool(os.environ.get("DATABASE_URL"))
    where = "DATABASE_URL names a database that" if named else "The embedded PostgreSQL"
    try:
        django.setup()
        if trouble := broker_trouble():
            return {"trouble": trouble}
        return prepare(sandbox_url)
    except (ImproperlyConfigured, CommandError) as error:
        return {"trouble": one_line(error)}
    except NodeNotFoundError:
        anew = "name an empty one" if named else "make reset"
        return {"trouble": f"{where} holds data of an earlier leadops. To keep them, see {HOW}; else {anew}."}
    except Error as error:
        traceback.print_exc()  # for the log: it may be ours, and not the server's
        return {"trouble": f"{where} can't be used: {one_line(error)}"}


def broker_trouble() -> str:
    """Why the broker that is named can't be used at all, in one line; nothing is sent to it."""
    from leadops.celery import app

    try:
        with app.connection_for_write() as broker:
            _ = broker.transport  # made only now, with the library that it needs
    except Exception as error:  # where that is not installed, kombu fails in ways of its own
        scheme = str(app.conf.broker_url).rpartition("://")[0].partition(":")[0]
        if isinstance(error, LookupError):
            return f"CELERY_BROKER_URL must begin with redis:// or amqp://, not with {scheme}://"
        needed = "pip install -r deploy/requirements.txt installs what redis:// needs"
        return f"CELERY_BROKER_URL names a broker whose library is not installed: {needed}."
    return ""


def one_line(error: Exception) -> str:
    """The message of `error` on one line: PostgreSQL likes several."""
    return "; ".join(line.strip() for line in str(error).splitlines() if line.strip())


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("PGCONNECT_TIMEOUT", PATIENCE)
    print(json.dumps(main(sys.argv[1])))
