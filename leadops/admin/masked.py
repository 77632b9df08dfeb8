"""Personal data in the admin: masked where it is read, and masked in the form until a new value is typed.

To those who may only read, money is shown in its country's figures by the same road.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django import forms
from django.contrib.admin import display
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import DateField, DecimalField, Field, Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.mixins import BaseModelAdminMixin
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from leadops import masking
from leadops.admin.amounts import shown_grouped
from leadops.languages.said import said
from leadops.personal_data import mask_of
from leadops.services.reveals import RECORDS
from leadops.validation import findings_at, problem

CLEAR = "-"
MAY_REVEAL = "leadops.reveal_personal_data"
HELP = gettext_lazy("Shown masked. Type a new value to change it, - to clear it.")


class _Typed(str):
    """Text that the officer typed, to tell it from the stored value when a refused form is shown again."""


class MaskedField(forms.CharField):
    """A text that is shown masked; the mask sent back, or nothing, leaves it as it was."""

    def __init__(self, *, mask: Callable[[str], str], may_reveal: bool = False, **kwargs: Any) -> None:
        self.mask, self.may_reveal = mask, may_reveal
        widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(**{"required": False, "widget": widget, **kwargs})

    def bound_data(self, data: Any, initial: Any) -> Any:
        return _Typed(data or "")

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, _Typed) else self.mask(value or "")

    def mask_typed(self, typed: str) -> str:
        """What was typed, as a page may show it to others."""
        return self.mask(typed)

    def validate(self, value: Any) -> None:
        """Whether a value is missing shows in the form, which knows what is stored."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.new_value(initial or "", data or "") != (initial or "")

    def new_value(self, stored: Any, typed: str) -> Any:
        """What the field holds once `typed` was sent for `stored`."""
        typed = typed.strip()
        if typed in ("", self.mask(stored)):
            return stored
        return "" if typed == CLEAR else typed


class MaskedDay(MaskedField):
    """A day that is shown with its year alone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget = UnfoldAdminSingleDateWidget(attrs={"autocomplete": "off"})
        self._day = forms.DateField(required=False, error_messages=kwargs.get("error_messages"))

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, _Typed) else self.mask(value)

    def mask_typed(self, typed: str) -> str:
        try:
            return self.mask(self._day.clean(typed))
        except ValidationError:
            return masking.HIDDEN

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.new_value(initial, data or "") != (initial or None))
        except ValidationError:
            return True

    def new_value(self, stored: Any, typed: str) -> Any:
        """The day it holds once `typed` was sent for `stored`; raises ValidationError."""
        typed = typed.strip()
        if typed in ("", self.mask(stored)):
            return stored or None
        return None if typed == CLEAR else self._day.clean(typed)


class MaskedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A form whose masked fields keep what is stored until something else is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self._masked():
            if self.initial.get(name):
                field.help_text = format_html(
                    "{} {}", HELP, reveal_link(self.instance, name, field.may_reveal)
                )

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, field in self._masked():
            if name not in cleaned:
                continue
            try:
                cleaned[name] = field.new_value(self.initial.get(name) or "", cleaned[name])
            except ValidationError as wrong:
                self.add_error(name, wrong)
                continue
            if field.required and not cleaned[name]:
                [missing] = findings_at(name, [problem("required", what=field.label)])
                self.add_error(name, said(missing.message))
            elif masking.DOT in str(cleaned[name]):
                words = _("Type the whole new value; the masked digits can't be kept.")
                self.add_error(name, ValidationError(words))
        return cleaned

    def _masked(self) -> list[tuple[str, MaskedField]]:
        return [(name, field) for name, field in self.fields.items() if isinstance(field, MaskedField)]


def may_reveal(request: HttpRequest) -> bool:
    """Whether they may see personal data unmasked, for a reason."""
    return request.user.has_perm(MAY_REVEAL)


def reveal_link(row: Model, name: str, allowed: bool) -> SafeString | str:
    """The way to see what is stored, for those who may."""
    record = row._meta.model_name
    if not allowed or row._state.adding or record not in RECORDS:
        return ""
    url = reverse("admin:leadops_reveal_ask", args=[record, row.pk, name])
    field: Any = row._meta.get_field(name)
    said = _("Reveal %(field)s") % {"field": field.verbose_name}
    return format_html('<a class="lo-link" href="{}" aria-label="{}">{}</a>', url, said, _("Reveal"))


class MaskedAdmin(BaseModelAdminMixin):
    """Mixed into an admin or inline: personal data is masked, in forms and in read-only views alike."""

    form = MaskedForm

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if (mask := mask_of(db_field)) is not None:
            label = (
                str(db_field.verbose_name).capitalize()
                if db_field.verbose_name.islower()
                else db_field.verbose_name
            )
            shown = {"label": label, "help_text": db_field.help_text, "required": not db_field.blank}
            own = self.formfield_overrides.get(type(db_field), {}).get("error_messages")
            shown |= {"error_messages": own} if own else {}
            kind = MaskedDay if isinstance(db_field, DateField) else MaskedField
            return kind(mask=mask, may_reveal=may_reveal(request), **shown)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": self._readable(options["fields"], may_reveal(request))})
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """With the displays that the fieldsets hold in place of fields."""
        given = list(super().get_readonly_fields(request, obj))
        if obj is None or self.has_change_permission(request, obj):
            return given
        allowed = may_reveal(request)
        shown = [self._shown(field.name, allowed) for field in self.model._meta.fields]
        return given + [each for each in shown if callable(each)]

    def _readable(self, names: Any, allowed: bool = False) -> list[Any]:
        return [
            self._readable(name, allowed) if isinstance(name, list | tuple) else self._shown(name, allowed)
            for name in names
        ]

    def _shown(self, name: Any, allowed: bool) -> Any:
        """The field itself; for personal data a display of its mask, for money one of its figures."""
        try:
            field = self.model._meta.get_field(name)
        except (FieldDoesNotExist, TypeError):
            return name
        if isinstance(field, DecimalField):
            return shown_grouped(field)
        return shown_masked(field, allowed) if mask_of(field) is not None else name


@cache
def shown_masked(field: Field[Any, Any], allowed: bool = False) -> Callable[[Model], str]:
    """A display column for `field` that shows its mask, with the way to see more for those who may."""
    mask = mask_of(field)
    assert mask is not None

    @display(description=field.verbose_name)
    def masked(row: Model) -> str:
        value = getattr(row, field.name)
        return format_html("{} {}", mask(value), reveal_link(row, field.name, allowed and bool(value)))

    masked.__name__ = f"masked_{field.name}"
    return masked
