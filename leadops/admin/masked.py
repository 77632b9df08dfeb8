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
from django.db.models import DecimalField, Field, Model
from django.http import HttpRequest
from unfold.mixins import BaseModelAdminMixin
from unfold.widgets import UnfoldAdminTextInputWidget

from leadops import masking
from leadops.admin.amounts import shown_grouped
from leadops.fields import EncryptedTextField
from leadops.validation import findings_at, problem

CLEAR = "-"
HELP = f"Shown masked. Type a new value to change it, {CLEAR} to clear it."


class _Typed(str):
    """Text that the officer typed, to tell it from the stored value when a refused form is shown again."""


class MaskedField(forms.CharField):
    """A text that is shown masked; the mask sent back, or nothing, leaves it as it was."""

    def __init__(self, *, mask: Callable[[str], str], **kwargs: Any) -> None:
        self.mask = mask
        widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(**{"required": False, "widget": widget, **kwargs})

    def bound_data(self, data: Any, initial: Any) -> Any:
        return _Typed(data or "")

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, _Typed) else self.mask(value or "")

    def validate(self, value: Any) -> None:
        """Whether a value is missing shows in the form, which knows what is stored."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.new_value(initial or "", data or "") != (initial or "")

    def new_value(self, stored: str, typed: str) -> str:
        """What the field holds once `typed` was sent for `stored`."""
        typed = typed.strip()
        if typed in ("", self.mask(stored)):
            return stored
        return "" if typed == CLEAR else typed


class MaskedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A form whose masked fields keep what is stored until something else is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self._masked():
            if self.initial.get(name):
                field.help_text = HELP

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, field in self._masked():
            if name not in cleaned:
                continue
            cleaned[name] = field.new_value(self.initial.get(name) or "", cleaned[name])
            if field.required and not cleaned[name]:
                [missing] = findings_at(name, [problem("required", what=field.label)])
                self.add_error(name, missing.message)
            elif masking.DOT in cleaned[name]:
                self.add_error(
                    name, ValidationError("Type the whole new value; the masked digits can't be kept.")
                )
        return cleaned

    def _masked(self) -> list[tuple[str, MaskedField]]:
        return [(name, field) for name, field in self.fields.items() if isinstance(field, MaskedField)]


def mask_of(name: str) -> Callable[[str], str]:
    """How the model field `name` is shown."""
    return masking.pan if name == "pan_no" else masking.dotted


class MaskedAdmin(BaseModelAdminMixin):
    """Mixed into an admin or inline: every encrypted field is masked, in forms and in read-only views alike."""

    form = MaskedForm

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, EncryptedTextField):
            label = (
                str(db_field.verbose_name).capitalize()
                if db_field.verbose_name.islower()
                else db_field.verbose_name
            )
            shown = {"label": label, "help_text": db_field.help_text, "required": not db_field.blank}
            return MaskedField(mask=mask_of(db_field.name), **shown)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": self._readable(options["fields"])}) for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """With the displays that the fieldsets hold in place of fields."""
        given = list(super().get_readonly_fields(request, obj))
        if obj is None or self.has_change_permission(request, obj):
            return given
        shown = [self._shown(field.name) for field in self.model._meta.fields]
        return given + [each for each in shown if callable(each)]

    def _readable(self, names: Any) -> list[Any]:
        return [
            self._readable(name) if isinstance(name, list | tuple) else self._shown(name) for name in names
        ]

    def _shown(self, name: Any) -> Any:
        """The field itself; for an encrypted one a display of its mask, for money one of its figures."""
        try:
            field = self.model._meta.get_field(name)
        except (FieldDoesNotExist, TypeError):
            return name
        if isinstance(field, DecimalField):
            return shown_grouped(field)
        return shown_masked(field) if isinstance(field, EncryptedTextField) else name


@cache
def shown_masked(field: EncryptedTextField) -> Callable[[Model], str]:
    """A display column for `field` that shows its mask."""

    @display(description=field.verbose_name)
    def masked(row: Model) -> str:
        return mask_of(field.name)(getattr(row, field.name))

    masked.__name__ = f"masked_{field.name}"
    return masked
