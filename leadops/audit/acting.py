"""Who does what is done just now, and why: it goes with every write to the database, as a comment before the statement.

A comment needs no statement of its own, so a delivery, an import by COPY and a page cost no round trip more. The
triggers read it; a write without one is by the database's role alone.
"""

from __future__ import annotations

import base64
import getpass
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created

LONGEST = 300
WRITES = re.compile(
    r"(?:\A|;)\s*(?:(?:INSERT|UPDATE|DELETE|WITH|MERGE|EXECUTE|TRUNCATE|CALL|DO)\b|SELECT leadops_audit_)",
    re.IGNORECASE,
)
"""What may write, also behind another statement of its string; `SELECT leadops_audit_...` notes what was done besides
writing."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody or something at work; `erasing` keeps what is being erased out of the events of it."""

    who: str
    officer_id: int | None = None
    on_behalf_of: str = ""
    reason: str = ""
    request_id: str = ""
    origin: str = ""
    erasing: bool = False


@cache
def process() -> Acting:
    """The program that runs, where no request and no task is told of: a command, a shell, a worker's own thread."""
    program, *arguments = sys.argv or [""]
    name = Path(program).name
    command = arguments[0] if name in ("manage.py", "django-admin") and arguments else name or "python"
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an operating system without a name for us
        user = "unknown"
    return Acting(who=f"command {command}", origin=f"by {user} of the operating system")


_source: ContextVar[Callable[[], Acting]] = ContextVar("leadops_acting", default=process)
_besides: ContextVar[dict[str, Any] | None] = ContextVar("leadops_acting_besides", default=None)


def current() -> Acting:
    """Who acts now."""
    acting = _source.get()()
    besides = _besides.get()
    return replace(acting, **besides) if besides else acting


@contextmanager
def doing(source: Callable[[], Acting]) -> Iterator[None]:
    """What `source` tells is who acts; it is asked at each write, as a request learns late who sent it."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


@contextmanager
def acting(**besides: Any) -> Iterator[None]:
    """Tell more of what is done inside: `reason`, `on_behalf_of`, `erasing`."""
    token = _besides.set({**(_besides.get() or {}), **besides})
    try:
        yield
    finally:
        _besides.reset(token)


@lru_cache(maxsize=512)
def _written(acting: Acting) -> str:
    told: dict[str, Any] = {
        "who": acting.who[:LONGEST],
        "officer": acting.officer_id,
        "for": acting.on_behalf_of[:LONGEST],
        "reason": acting.reason[:LONGEST],
        "request": acting.request_id[:LONGEST],
        "origin": acting.origin[:LONGEST],
        "erasing": acting.erasing,
    }
    text = json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False)
    return f"/*audit:{base64.b64encode(text.encode('utf-8', 'replace')).decode()}*/\n"


def note() -> str:
    """What is put before a statement that the connection's wrapper does not see: a COPY."""
    return _written(current())


def _tell(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    if isinstance(sql, str) and WRITES.search(sql):
        if params is not None and not many:
            # Without the note, which is never the same: the driver remembers how it took a statement apart.
            with context["connection"].wrap_database_errors:
                sql, params = context["cursor"].mogrify(sql, params), None
        sql = note() + sql
    return execute(sql, params, many, context)


def _follow(connection: Any, **_: Any) -> None:
    if _tell not in connection.execute_wrappers:
        connection.execute_wrappers.append(_tell)


def follow_connections() -> None:
    """Have every connection of this process tell who acts."""
    connection_created.connect(_follow, dispatch_uid="leadops.audit")
