"""Two officers at one record: what one of them typed on an older page, beside what is stored now, to choose from.

A page carries a short digest of every value it was opened with, so that what an officer changed is told from what they
merely had before them. What they typed comes back sealed: nothing that is masked elsewhere stands in the page.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.http import HttpRequest, QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from leadops.admin.form_values import (
    OF_THE_PAGE,
    Texts,
    digest,
    fields_of,
    forms_of,
    in_words,
    seen,
    sent,
    stored,
)
from leadops.sealing import CannotOpen, open_sealed, seal

if TYPE_CHECKING:
    from django.http.request import _ImmutableQueryDict

SEEN, KEPT, TAKE = "seen_values", "_conflict", "take"
LATELY = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that the officer changed, and that may have been changed by somebody else as well."""

    name: str
    label: str
    typed: str
    now: str
    who: str
    both: bool


# What differs --------------------------------------------------------------------------------------------------------


def differences(
    request: HttpRequest, context: Mapping[str, Any], record: Model
) -> tuple[list[Difference], list[str]]:
    """The fields that the officer changed, and the labels of those that only somebody else changed."""
    opened = _seen_by(request)
    log = _log_of(record)
    mine, theirs = [], []
    for form in forms_of(context):
        if form.instance._state.adding:  # a new row is theirs alone: it is simply kept
            continue
        for name in form.changed_data:
            if name not in dict(fields_of(form)):
                continue
            was = opened.get(form.add_prefix(name))
            typed, now = sent(form, name, request.POST), stored(form, name)
            if was == digest(typed):
                theirs.append(_label(form, name))
                continue
            both = was is None or was != digest(now)
            who = _who(log, form, name) if both else ""
            told = in_words(form, name, typed), in_words(form, name, now)
            mine.append(Difference(form.add_prefix(name), _label(form, name), *told, who, both))
    return mine, theirs


def _seen_by(request: HttpRequest) -> dict[str, str]:
    try:
        found = json.loads(request.POST.get(SEEN, "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _label(form: Any, name: str) -> str:
    field = str(form.fields[name].label or form[name].label)
    whose = form.instance._meta.verbose_name if "-" in (form.prefix or "") else ""
    number = int(form.prefix.rsplit("-", 1)[1]) + 1 if whose else 0
    return f"{capfirst(str(whose))} {number}: {field}" if whose else capfirst(field)


def _log_of(record: Model) -> Sequence[LogEntry]:
    logged = LogEntry.objects.filter(object_id=str(record.pk)).select_related("user")
    return list(logged.order_by("-action_time")[:LATELY])


def _who(log: Sequence[LogEntry], form: Any, name: str) -> str:
    """Who changed the field last, as far as the history tells; calls, imports and workers do not stand in it."""
    label = str(form.fields[name].label or form[name].label).lower()
    for entry in log:
        if any(label in (field.lower() for field in fields) for fields in _fields_in(entry)):
            return str(entry.user)
    return _("not at the desk")


def _fields_in(entry: LogEntry) -> Iterator[list[str]]:
    try:
        parts = json.loads(entry.change_message)
    except ValueError:
        return
    for part in parts if isinstance(parts, list) else []:
        for told in part.values() if isinstance(part, dict) else []:
            yield list(map(str, told.get("fields", [])))


# What is carried to the choice and back ------------------------------------------------------------------------------


def kept(request: HttpRequest, context: Mapping[str, Any], record: Model) -> str:
    """All that was typed and what stands there now, sealed: the choice is made between these."""
    post = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
    now: dict[str, Texts] = {}
    for form in forms_of(context):
        if form.instance._state.adding:
            if _is_gone(form, request.POST):
                post[form.add_prefix("DELETE")] = ["on"]
            continue
        now |= {form.add_prefix(name): stored(form, name) for name, _field in fields_of(form)}
    form = context["adminform"].form
    post[SEEN] = [seen(context)]
    for name in OF_THE_PAGE & set(form.fields):
        post[form.add_prefix(name)] = [str(form.fields[name].initial)]
    text = json.dumps({"post": post, "now": now})
    return base64.urlsafe_b64encode(seal(text, _place(request, record))).decode()


def _is_gone(form: Any, data: QueryDict) -> bool:
    """Whether the row had an id when the page was opened, and is there no more."""
    key = form.instance._meta.pk.name
    return key in form.fields and bool(data.get(form.add_prefix(key)))


def chosen(request: HttpRequest, record_id: str, model: type[Model]) -> _ImmutableQueryDict | None:
    """The form as the officer means it now: what they take of theirs, all else as it stands; None if unreadable."""
    try:
        sealed = base64.urlsafe_b64decode(request.POST[KEPT])
        carried = json.loads(open_sealed(sealed, _place(request, model(pk=record_id))))
    except (CannotOpen, ValueError):
        return None
    taken = set(request.POST.getlist(TAKE))
    data = QueryDict(mutable=True)
    for name, texts in carried["post"].items():
        data.setlist(name, texts)
    for name, now in carried["now"].items():
        for part, texts in now.items() if name not in taken else ():
            data.pop(part, None)
            if texts:
                data.setlist(part, texts)
    return QueryDict(data.urlencode())  # as a browser would have sent it


def _place(request: HttpRequest, record: Model) -> str:
    return f"admin.conflict:{record._meta.label_lower}:{record.pk}:{request.user.pk}"
