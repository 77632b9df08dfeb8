"""Which tables leave events, and which of their columns.

Every table of every app does, unless it is named here or by its own app: a new model is audited from its first row on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db import models

from leadops.fields import BlindIndexField, EncryptedTextField
from leadops.personal_data import IN_CLEAR

LEFT_OUT: dict[str, str] = {
    "sessions.session": "Sign-ins leave events of their own.",
    "contenttypes.contenttype": "Made by migrate.",
    "auth.permission": "Made by migrate; who is given one leaves an event.",
    "admin.logentry": "A log of the admin's own.",
    "leadops.callwindow": "Counts of a minute.",
    "leadops.callcount": "Counts of a day.",
    "leadops.keptanswer": "Answers kept for a day, for calls that are sent twice.",
    "axes.accessattempt": "Failed tries, each of which leaves an event of its own.",
    "axes.accessattemptexpiration": "Failed tries, each of which leaves an event of its own.",
    "axes.accessfailurelog": "Failed tries, each of which leaves an event of its own.",
    "axes.accesslog": "Sign-ins leave events of their own.",
    "leadops.newleads": "Work to be done, gone when it is.",
    "leadops.reportclock": "What the clock counts anew.",
    "leadops.reportday": "What the clock counts anew.",
    "leadops.auditact": "The audit itself.",
    "leadops.auditevent": "The audit itself.",
    "leadops.auditseal": "The audit itself.",
}
"""Models that leave no events, each with the reason."""
ENGINE_COLUMNS: dict[str, set[str]] = {
    "leadops.officer": {"last_login"},
    "leadops.apikey": {"last_used_at"},
    "leadops.authenticator": {
        *("last_step", "throttling_failure_timestamp", "throttling_failure_count"),
    },
    "leadops.task": {"reminded_at"},
    "leadops.partner": {"keeps_events"},
    "leadops.borrowertoken": {"calls", "last_used_at", "last_used_from"},
    "leadops.lead": {"sync_status", "version", "due_at", "clock_left"},
    "leadops.loanaccount": {"version"},
    "leadops.importbatch": {
        *("stage_began_at", "sheets", "left_out", "proposal", "preview", "foretold", "judged", "rows"),
        *("created", "updated", "skipped", "failed", "leased_until", "undone", "stayed"),
    },
    "leadops.importrow": {"outcome", "problems", "lead_id", "lead_row"},
    "leadops.bulkaction": {"chosen", "done", "left", "why_left", "leased_until", "attempts", "state"},
    "leadops.export": {"leads", "done", "attempts", "chosen", "size", "leased_until"},
}
"""Columns that programs keep for themselves: a change of these alone is no event."""
LIGHT: set[str] = {
    f"leadops.{name}"
    for name in (
        *("lead", "applicant", "address", "bank", "consent", "document", "duplicate", "leadnumber"),
        "statusstep",
    )
}
"""Models that come by the hundred thousand: the event of a new row names it, and the row holds its values."""
CHANGES_ALONE: set[str] = {
    *("leadops.importrow", "leadops.documentevent", "leadops.bankverification", "leadops.reveal"),
}
"""Rows of a file, and logs, whose new rows say all themselves: they leave events when they are changed or deleted."""
NOTED: set[str] = {"leadops.auditevent", "leadops.reportday"}
"""Models that leave no events by themselves, but about which some are noted."""
WATCHED: dict[str, set[str]] = {}
"""Models that leave no events by what programs of ours do, but by whatever else is done to them, each with columns
of which an event says that they changed, and no more."""
SECRET = re.compile(r"^(password|digest|key|token|secret)$")
"""Credentials: that they changed is the event."""


def leave_out(why: str, *labels: str) -> None:
    """Have these models leave no events."""
    LEFT_OUT.update(dict.fromkeys((label.lower() for label in labels), why))


def watch(label: str, *hidden: str) -> None:
    """Have this model leave events of what is done past our programs alone; `hidden` may tell of people."""
    WATCHED[label.lower()] = set(hidden)


def engine_columns(label: str, *columns: str) -> None:
    """Have changes of these columns alone leave no event."""
    ENGINE_COLUMNS.setdefault(label.lower(), set()).update(columns)


@dataclass(frozen=True, slots=True)
class Audited:
    """A table that leaves events, and how its rows are told."""

    label: str
    table: str
    pk: str
    parent: str
    """The column that names the record it belongs to, empty where it belongs to none."""
    columns: tuple[str, ...]
    """Those whose change is an event."""
    secret: tuple[str, ...]
    """Those of which an event says that they changed, and no more: credentials, and what tells of people in clear."""
    omitted: tuple[str, ...]
    light: bool
    inserts: bool


def audited() -> Iterator[Audited]:
    """All tables that leave events."""
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        if options.managed and not options.proxy and options.label_lower not in LEFT_OUT:
            yield _audited(model)


def watched() -> Iterator[Audited]:
    """All tables whose writes leave events where no program of ours made them."""
    for model in apps.get_models():
        if (hidden := WATCHED.get(model._meta.label_lower)) is not None:
            found = _audited(model)
            yield replace(found, secret=tuple(sorted({*found.secret, *hidden})))


def _audited(model: type[models.Model]) -> Audited:
    label = model._meta.label_lower
    engine = ENGINE_COLUMNS.get(label, set())
    # A binary value is a blind index or a digest: both would help to find a sealed value again.
    told = [
        field
        for field in model._meta.concrete_fields
        if not (getattr(field, "auto_now", False) or isinstance(field, BlindIndexField | models.BinaryField))
        and field.attname not in engine
    ]
    columns = tuple(str(field.column) for field in told if not field.primary_key)
    everything = [str(field.column) for field in model._meta.concrete_fields]
    return Audited(
        label=label,
        table=model._meta.db_table,
        pk=str(model._meta.pk.column),
        parent=_parent(model),
        columns=columns,
        secret=tuple(name for name in columns if _is_secret(model, name)),
        omitted=tuple(name for name in everything if name not in columns),
        light=label in LIGHT,
        inserts=label not in CHANGES_ALONE,
    )


def _is_secret(model: type[models.Model], column: str) -> bool:
    """Whether its value is never copied; a sealed one is, as it stands."""
    if isinstance(model._meta.get_field(column), EncryptedTextField):
        return False
    told_of_people = IN_CLEAR.get(model._meta.label_lower, ())
    return bool(SECRET.match(column)) or column in told_of_people


def belonging_to(model: type[models.Model]) -> list[tuple[type[models.Model], str]]:
    """The audited models whose rows belong to one of `model`, each with the field that names it."""
    found = ((each, _parent_field(each)) for each in apps.get_models(include_auto_created=True))
    return [
        (each, field.name)
        for each, field in found
        if field is not None and field.related_model is model and each._meta.label_lower not in LEFT_OUT
    ]


def _parent(model: type[models.Model]) -> str:
    field = _parent_field(model)
    return str(field.column) if field is not None else ""


def _parent_field(model: type[models.Model]) -> Any:
    """The foreign key by which its rows are deleted with another; None where there is none."""
    for field in model._meta.concrete_fields:
        remote = getattr(field, "remote_field", None)
        if remote is not None and not field.null and getattr(remote, "on_delete", None) is models.CASCADE:
            return field
    return None
