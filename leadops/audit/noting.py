"""Noting what is done without writing a record: it was looked at, taken out, or somebody signed in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest
from psycopg.types.json import Jsonb

from leadops import statements
from leadops.audit.acting import acting, doing
from leadops.audit.requests import acting_in


def note(
    action: str,
    subject: Model | type[Model],
    /,
    reason: str = "",
    request: HttpRequest | None = None,
    of: Model | UUID | None = None,
    **details: Any,
) -> None:
    """Keep that this was done with `subject`, in the caller's transaction.

    Who did it is known wherever a request or a task is under way; give `request` only where a thread of its own works
    for it. `of` is the lead that it belongs to: the event is then told on its page too. `details` are shown with the
    event: no personal data belongs there.
    """
    label = subject._meta.label_lower
    record = str(subject.pk) if isinstance(subject, Model) else ""
    parent = str(of.pk if isinstance(of, Model) else of) if of is not None else None
    values: list[Any] = [str(action), label, record, parent, Jsonb(details) if details else None]
    source = doing(lambda: acting_in(request)) if request is not None else nullcontext()
    told = acting(reason=reason) if reason else nullcontext()
    with source, told:
        statements.run("SELECT leadops_audit_note(%s, %s, %s, %s, %s)", values)


def note_all(action: str, model: type[Model], leads: Mapping[UUID, UUID | None], /, **details: Any) -> None:
    """`note` for many records of one model at once; `leads` has their ids, each with that of its lead."""
    sql = "SELECT leadops_audit_note(%s, %s, pk, of, %s) FROM unnest(%s::text[], %s::text[]) AS each (pk, of)"
    keys, owners = [str(key) for key in leads], [lead and str(lead) for lead in leads.values()]
    values: list[Any] = [str(action), model._meta.label_lower, Jsonb(details), keys, owners]
    statements.run(sql, values)
