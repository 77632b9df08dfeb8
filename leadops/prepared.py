"""Statements that PostgreSQL plans once for each session: planning them anew was half of what a delivery cost there.

By PREPARE and EXECUTE rather than by the driver, so that several can go in one string: one round trip, and one
transaction even where none was begun.
"""

from __future__ import annotations

import re
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper

NAMED = re.compile(r"%\((\w+)\)s")
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""The names that each session knows."""


class Statement:
    """SQL with parameters as `%(name)s`, under a name of its own; `types` are those of the parameters."""

    def __init__(self, name: str, text: str, **types: str) -> None:
        numbers = {parameter: number for number, parameter in enumerate(types, 1)}
        body = NAMED.sub(lambda found: f"${numbers[found[1]]}", text)
        self.name, self.text = name, text
        self.prepare = f"PREPARE {name} ({', '.join(types.values())}) AS {body}"
        self.execute = f"EXECUTE {name} ({', '.join(f'%({parameter})s' for parameter in types)})"


# Planning takes six times as long as looking, and one plan suits one lead and five hundred: by the indexes, whatever
# the tables held when it was made. Left alone the server would plan anew each time, as it takes arrays for longer.
_SETTINGS = {
    "plan_cache_mode": ("force_generic_plan", "auto"),
    "enable_seqscan": ("off", "on"),
    "enable_bitmapscan": ("off", "on"),
    "enable_hashjoin": ("off", "on"),
    "enable_mergejoin": ("off", "on"),
}
BY_ONE_PLAN, AS_BEFORE = (
    "SELECT " + ", ".join(f"set_config('{name}', '{values[at]}', true)" for name, values in _SETTINGS.items())
    for at in (0, 1)
)
"""To stand before and behind statements that are to be planned once in a session, in their transaction."""

UNHURRIED = "SET LOCAL synchronous_commit TO off"
"""Before what nobody is told of, as counts of calls and chunks of an import: there is no need to wait for the disk.

A crash of the database's machine may take the last of it back, each transaction as a whole; whatever is committed after
it without this has it on the disk, too.
"""


def run(cursor: CursorWrapper, named: dict[str, Any], *statements: Statement | str) -> None:
    """Execute `statements` one after the other in one round trip; the cursor stands before the first one's result.

    One that is plain text is planned anew each time, as suits how many records it is about.
    """
    known = _known.setdefault(connection.connection, set())
    texts = []
    for statement in statements:
        if isinstance(statement, Statement):
            if statement.name not in known:
                cursor.execute(statement.prepare)
                known.add(statement.name)
            texts.append(statement.execute)
        else:
            texts.append(statement)
    cursor.execute("; ".join(texts), named)
