"""Filters of lists whose choice is a form and not a list of links."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest


class FormFilter(admin.ListFilter, ABC):
    """Narrows by the fields of a form; what can't be read narrows nothing, and says so at its field."""

    template = "unfold/filters/filters_date_range.html"
    names: tuple[str, ...]

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.names:
            values = params.pop(name, None)
            if values and values[-1]:
                self.used_parameters[name] = values[-1]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    @abstractmethod
    def form(self) -> forms.Form:
        """The form to show, bound to what was chosen."""

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        yield {"form": self.form()}
