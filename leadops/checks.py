"""What must be right with the database's server; `check --database default` and `migrate` ask it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

QUIET: dict[str, set[str]] = {
    "log_min_error_statement": {"panic"},
    "log_error_verbosity": {"terse"},
    "log_destination": {"stderr", "syslog", "eventlog"},
    "log_statement": {"none", "ddl"},
    "log_min_duration_statement": {"-1"},
    "log_min_duration_sample": {"-1"},
    "log_transaction_sample_rate": {"0"},
    "log_parameter_max_length_on_error": {"0"},
    "auto_explain.log_min_duration": {"-1"},
    "pgaudit.log": {"none"},
}
"""What a setting may be so that the server's log has no statement, no value of one and no row in it.

Logs as CSV and JSON hold the row that was refused however terse the log is. What has no such setting is not asked.
"""


@register(Tags.database)
def the_server_logs_no_values(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Statements hold personal data as it was typed, and nobody masks what the server logs."""
    return [
        Warning(
            f"The database's server logs what it is told: {', '.join(said)}.",
            hint="docs/operations.md, 'Keep personal data out of the database's log', has the settings.",
            id="leadops.W001",
        )
        for alias in databases or ()
        if (said := _telling(alias))
    ]


def _telling(alias: str) -> list[str]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s) ORDER BY name", [list(QUIET)]
        )
        return [
            f"{name} is {setting}"
            for name, setting in cursor.fetchall()
            if not {each.strip() for each in setting.split(",")} <= QUIET[name]
        ]
