"""Admins of records that are made here, or only looked at, and never altered afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from leadops.errors import LeadopsError
from leadops.models import Officer
from leadops.sign_in.sessions import officer_of


class NeverAltered:
    """Mixed into an admin: what happened stays on record as it was."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NeverAltered):
    """Mixed into an admin of records that are made elsewhere, and only looked at here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class MadeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A form whose last check is its service, which stores the record or refuses it."""

    make: ClassVar[Callable[[Any], Model]]
    made: Model

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and not self.errors:
            try:
                self.made = self.make()
            except LeadopsError as refusal:
                self.show(refusal)

    def show(self, refusal: LeadopsError) -> None:
        """Show at its field why the service refuses."""
        self.add_error(None, refusal.shown)


class MadeByService(NeverAltered, ModelAdmin):
    """Mixed into an admin whose form is a MadeForm: a valid form is handed to `make`."""

    def make(self, form: Any, officer: Officer) -> Model:
        """The record that the form asks for, stored; raises LeadopsError."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        officer = officer_of(request)
        return type(form.__name__, (form,), {"make": lambda filled: self.make(filled, officer)})

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        obj.__dict__.update(form.made.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on such a record yet."""
