"""Admins of records that are made here, or only looked at, and never altered afterwards."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Model
from django.http import HttpRequest

from leadops.models import Officer


class ReadOnly:
    """Mixed into an admin: what happened stays on record as it was."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MadeByService(ReadOnly):
    """Mixed into an admin: a valid form is handed to `make`, whose service stores the record."""

    def make(self, form: Any, officer: Officer) -> Model:
        """The record that the form asks for, stored."""
        raise NotImplementedError

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        obj.__dict__.update(self.make(form, cast(Officer, request.user)).__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on such a record yet."""
