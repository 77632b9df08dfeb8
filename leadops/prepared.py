"""Statements that PostgreSQL plans once for each session: planning them anew was half of what a delivery cost there.

By PREPARE and EXECUTE rather than by the driver, so that several can go in one string: one round trip, and one
transaction even where none was begun.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus

from leadops.literals import literal

NAMED = re.compile(r"%\((\w+)\)s")
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""The names that each session knows."""


class Statement:
    """SQL with parameters as `%(name)s`, under a name of its own; `types` are those of the parameters."""

    def __init__(self, name: str, text: str, **types: str) -> None:
        numbers = {parameter: number for number, parameter in enumerate(types, 1)}
        body = NAMED.sub(lambda found: f"${numbers[found[1]]}", text)
        self.name, self.text = name, text
        self.prepare = f"PREPARE {name}{_in_brackets(types.values())} AS {body}"
        self.parameters = list(types)

    def executed(self, named: dict[str, Any], session: Any) -> str:
        """The text that has it done with these values."""
        return (
            f"EXECUTE {self.name}{_in_brackets([literal(named[each], session) for each in self.parameters])}"
        )


def _in_brackets(parts: Collection[str]) -> str:
    return f" ({', '.join(parts)})" if parts else ""


class Along:
    """A statement that goes in one string with others; once they are sent it is `done`, and has what it answered."""

    def __init__(self, statement: Statement, **named: Any) -> None:
        self.statement, self.named = statement, named
        self.done = False
        self.rows: list[Any] = []
        self.count = 0


# Planning takes six times as long as looking, and one plan suits one lead and five hundred: by the indexes, whatever
# the tables held when it was made. Left alone the server would plan anew each time, as it takes arrays for longer.
_SETTINGS = {
    "plan_cache_mode": ("force_generic_plan", "auto"),
    "enable_seqscan": ("off", "on"),
    "enable_bitmapscan": ("off", "on"),
    "enable_hashjoin": ("off", "on"),
    "enable_mergejoin": ("off", "on"),
}


def _set(at: int) -> str:
    return ", ".join(f"set_config('{name}', '{values[at]}', true)" for name, values in _SETTINGS.items())


def _sorting(how: str) -> str:
    return f"set_config('enable_sort', '{how}', true)"


SET_ONE_PLAN = f"SELECT {_set(0)}"
BY_ONE_PLAN = Statement("by_one_plan", SET_ONE_PLAN)
AS_BEFORE = Statement("as_before", f"SELECT {_set(1)}, {_sorting('on')}")
"""To stand before and behind statements that are to be planned once in a session, in their transaction."""
IN_ORDER = Statement("in_order", f"{SET_ONE_PLAN}, {_sorting('off')}")
"""The same, for statements that ask in the order of an index to be planned by it. Never for rows that are many in their
table: to have the few that are asked for in order, all of them would be read."""

UNHURRIED = "SET LOCAL synchronous_commit TO off"
"""Before what nobody is told of, as counts of calls and chunks of an import: there is no need to wait for the disk.

A crash of the database's machine may take the last of it back, each transaction as a whole; whatever is committed after
it without this has it on the disk, too.
"""

COMMIT = "COMMIT"
"""Where nothing but counting follows: the transaction is over then, and Django's own end of it finds nothing to do."""


def is_outermost() -> bool:
    """Whether what runs is in a transaction of its own, which its last string may commit."""
    return connection.in_atomic_block and connection.commit_on_exit and not connection.savepoint_ids


def has_ended() -> bool:
    """Whether the session is in no transaction, also where Django's is not over yet."""
    return bool(connection.connection.pgconn.transaction_status == TransactionStatus.IDLE)


def run(cursor: CursorWrapper, named: dict[str, Any], *statements: Statement | Along | str) -> int:
    """Execute `statements` one after the other in one round trip; the cursor stands before the first one's result.

    Answers the place of that result, from which `go_to` counts those of the others.

    One that is plain text is planned anew each time, as suits how many records it is about. Where they are the first
    of a transaction its BEGIN goes with them.
    """
    session = connection.connection
    known = _known.setdefault(session, set())
    texts = [_written(cursor, session, known, named, each) for each in statements]
    if begins := _is_to_begin():
        _begin_with(cursor, texts)
    else:
        cursor.execute("; ".join(texts))
    along = [(at, each) for at, each in enumerate(statements, begins) if isinstance(each, Along)]
    for at, each in along:
        go_to(cursor, at)
        each.rows = cursor.cursor.fetchall() if width(cursor) else []
        each.done, each.count = True, cursor.cursor.rowcount
    if begins or along:
        go_to(cursor, int(begins))
    return int(begins)


def go_to(cursor: CursorWrapper, place: int) -> None:
    """Have the cursor stand before the result at this place: by steps each one between would be read."""
    cursor.cursor.set_result(place)


def width(cursor: CursorWrapper) -> int:
    """How many columns the result has that the cursor stands before, 0 where a statement answers nothing.

    `cursor.description` makes an object of each column.
    """
    return int(cursor.cursor.pgresult.nfields)


def _written(
    cursor: CursorWrapper,
    session: Any,
    known: set[str],
    named: dict[str, Any],
    statement: Statement | Along | str,
) -> str:
    """The text of one statement with its values; the session, which knows some, is told of it at its first use."""
    if isinstance(statement, str):
        return str(cursor.mogrify(statement, named)) if "%(" in statement else statement
    if isinstance(statement, Along):
        named = statement.named
        statement = statement.statement
    if statement.name not in known:
        cursor.execute(statement.prepare)
        known.add(statement.name)
    return statement.executed(named, session)


def _is_to_begin() -> bool:
    """Whether the next statement is the first one of Django's transaction, before which the driver would send BEGIN."""
    return connection.in_atomic_block and connection.commit_on_exit and has_ended()


def _begin_with(cursor: CursorWrapper, texts: list[str]) -> None:
    """Begin the transaction in one string with its first statements. Django ends it, as any other."""
    session = connection.connection
    session.autocommit = (
        True  # the driver sends no BEGIN of its own; a transaction ends by COMMIT all the same
    )
    try:
        cursor.execute("; ".join(["BEGIN", *texts]))
    except BaseException:
        if has_ended():  # it was not even begun
            session.autocommit = False
        raise
