"""An event as people read it: who did what, why, and each field before and after, personal data unread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import DecimalField, Field, ForeignKey, ManyToManyField, Model
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leadops.fields import EncryptedTextField
from leadops.languages.said import said
from leadops.models import AuditEvent

LONGEST = 200
NOTHING = "—"
Names = Mapping[tuple[type[Model], str], str]


@dataclass(frozen=True, slots=True)
class Change:
    """One field; `before` and `after` are empty where only that it changed is known."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """One event in words."""

    id: int
    act: int
    at: datetime
    who: str
    on_behalf_of: str
    reason: str
    request_id: str
    origin: str
    action: str
    deed: str
    """What was done, as a word: Changed."""
    model: str
    what: str
    """What it was done to: applicant."""
    record: str
    changes: tuple[Change, ...]


def told(events: Iterable[AuditEvent]) -> list[Told]:
    """The events in words; what foreign keys name is looked up for all of them at once."""
    events = list(events)
    names = _names(events)
    return [_told(event, names) for event in events]


def _told(event: AuditEvent, names: Names) -> Told:
    model = model_of(event.model)
    act = event.act
    return Told(
        id=event.pk,
        act=event.act_id,
        at=event.at,
        who=act.who,
        on_behalf_of=act.on_behalf_of,
        reason=act.reason,
        request_id=act.request_id,
        origin=act.origin,
        action=event.action,
        deed=deed(event.action),
        model=event.model,
        what=what(event.model),
        record=event.record,
        changes=tuple(_change(event.action, model, *each, names) for each in _pairs(event)),
    )


def deed(action: str) -> str:
    """What was done, in a word; another app's own word as it is."""
    known = dict(AuditEvent.Action.choices)
    return str(known.get(action) or capfirst(action))


def what(label: str) -> str:
    """What the records of a model are called."""
    model = model_of(label)
    if model is None:
        return label
    if (link := _link(model)) is None:
        return str(model._meta.verbose_name)
    told = {"many": link.verbose_name, "record": link.model._meta.verbose_name}
    return _("%(many)s of %(record)s") % told


def _link(model: type[Model]) -> ManyToManyField[Any, Any] | None:
    """What the rows of `model` link with what, where they do nothing else: Django's word is "a-b relationship"."""
    source = model._meta.auto_created
    if not (isinstance(source, type) and issubclass(source, Model)):
        return None
    return next(
        (each for each in source._meta.local_many_to_many if each.remote_field.through is model), None
    )


def model_of(label: str) -> type[Model] | None:
    """The model, None when there is none of this name any more."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def _pairs(event: AuditEvent) -> list[tuple[str, Any]]:
    return sorted((event.changes or {}).items())


def _change(action: str, model: type[Model] | None, name: str, value: Any, names: Names) -> Change:
    field = _field(model, name)
    label = _label(field) if field else capfirst(name.replace("_", " "))
    if isinstance(field, EncryptedTextField) or (value is None and action == AuditEvent.Action.UPDATE):
        return Change(label, "", "")
    if action == AuditEvent.Action.UPDATE and isinstance(value, list) and len(value) == 2:
        before, after = (_shown(field, each, names) for each in value)
        return Change(label, before, after)
    gone = action == AuditEvent.Action.DELETE
    shown = _shown(field, value, names)
    return Change(label, shown if gone else NOTHING, NOTHING if gone else shown)


def _label(field: Field[Any, Any]) -> str:
    """What the field is called; a link's own names are those of the classes, run together."""
    if isinstance(field, ForeignKey) and field.model._meta.auto_created:
        return capfirst(str(field.related_model._meta.verbose_name))
    return capfirst(str(field.verbose_name))


def _field(model: type[Model] | None, column: str) -> Field[Any, Any] | None:
    try:
        found = model._meta.get_field(column) if model else None
    except FieldDoesNotExist:  # a column of former days
        return None
    return found if isinstance(found, Field) else None


def _shown(field: Field[Any, Any] | None, value: Any, names: Names) -> str:
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, ForeignKey):
        return names.get((field.related_model, str(value)), str(value))
    if isinstance(field, DecimalField) and isinstance(value, int | float):
        return f"{value:,.{field.decimal_places}f}"
    if isinstance(value, list):
        return ", ".join(map(str, value))[:LONGEST]
    text = str(value)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field is not None and field.get_internal_type() == "DateTimeField" and (at := parse_datetime(text)):
        return date_format(localtime(at), "DATETIME_FORMAT")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _is_key(field: ForeignKey[Any, Any], value: Any) -> bool:
    """Whether it can name a record at all: an event of any other must be readable too."""
    try:
        return value is not None and field.target_field.to_python(value) is not None
    except ValidationError:
        return False


def _names(events: Iterable[AuditEvent]) -> Names:
    """What the foreign keys in the events name, by one query a model."""
    keys: dict[type[Model], set[str]] = defaultdict(set)
    for event in events:
        model = model_of(event.model)
        for name, value in _pairs(event):
            field = _field(model, name)
            if isinstance(field, ForeignKey):
                values = value if isinstance(value, list) else [value]
                keys[field.related_model].update(str(each) for each in values if _is_key(field, each))
    return {
        (model, str(row.pk)): said(row) if model is Permission else str(row)
        for model, found in keys.items()
        for row in model._base_manager.filter(pk__in=found)
    }
