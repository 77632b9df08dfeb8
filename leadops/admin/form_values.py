"""What the fields of a page are sent with, and were: as texts, as a digest of them, and as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from leadops import masking
from leadops.admin.masked import MaskedField

OF_THE_PAGE = {"seen", "seen_version"}
Texts = dict[str, list[str]]
"""A field as a form sends it: mostly one name with one text."""


def forms_of(context: Mapping[str, Any]) -> list[Any]:
    """The form of a page, and those of its parts, further empty ones left out."""
    found = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        found += _of_formset(inline.formset)
    return found


def _of_formset(formset: Any) -> Iterator[Any]:
    for form in formset.forms:
        yield form
        for part in getattr(form, "nested_formsets", []):
            yield from _of_formset(part.formset)


def fields_of(form: Any) -> Iterator[tuple[str, forms.Field]]:
    """Those that somebody fills in."""
    for name, field in form.fields.items():
        fixed = field.disabled or isinstance(field, forms.FileField)
        if not (fixed or field.widget.is_hidden or name in OF_THE_PAGE):
            yield name, field


def stored(form: Any, name: str) -> Texts:
    """What the field would be sent with from a page that is opened now."""
    field, html_name = form.fields[name], form.add_prefix(name)
    value = field.prepare_value(form.get_initial_for_field(field, name))
    widget = field.widget
    if isinstance(widget, forms.CheckboxInput):
        return {html_name: ["on"] if widget.check_test(value) else []}
    if isinstance(widget, forms.MultiWidget):
        parts = widget.get_context(html_name, value, {})["widget"]["subwidgets"]
        return {part["name"]: _texts(part["value"]) for part in parts}
    return {html_name: _texts(getattr(widget, "widget", widget).format_value(value))}


def sent(form: Any, name: str, data: QueryDict) -> Texts:
    """What the field was sent with."""
    return {each: _texts(data.getlist(each)) for each in stored(form, name)}


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    plain = ["" if each is None else str(each).replace("\r\n", "\n").strip() for each in values]
    return [each for each in plain if each]


def seen(context: Mapping[str, Any]) -> str:
    """A digest of each value that the page is opened with."""
    shown = {
        form.add_prefix(name): digest(stored(form, name))
        for form in forms_of(context)
        for name, _field in fields_of(form)
    }
    return json.dumps(shown, separators=(",", ":"))


def digest(texts: Texts) -> str:
    """What tells these texts from others without telling them."""
    return salted_hmac("leadops.admin.conflicts", json.dumps(texts, sort_keys=True)).hexdigest()[:8]


def in_words(form: Any, name: str, texts: Texts) -> str:
    """The value as people read it; what a form masks is masked here too, also what was typed."""
    field = form.fields[name]
    given = [text for each in texts.values() for text in each]
    if getattr(field.widget, "input_type", "") == "password":
        return masking.DOT * 4 if given else _("as it was")
    if isinstance(field, forms.BooleanField):
        return _("yes") if given else _("no")
    if isinstance(field, MaskedField):
        return " ".join(each if masking.DOT in each else field.mask_typed(each) for each in given) or "–"
    if isinstance(field, forms.ModelChoiceField):
        assert field.queryset is not None
        chosen = field.queryset.filter(pk__in=given) if given else []
        return ", ".join(map(field.label_from_instance, chosen)) or "–"
    choices = dict(_flat(getattr(field, "choices", [])))
    return ", ".join(str(choices.get(each, each)) for each in given) or "–"


def _flat(choices: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), label
