"""Fields that point to other records: those are chosen here, and made or altered on pages of their own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from leadops.ids import uuid_in

WAYS = ("add", "change", "delete", "view")


class OnlyChosen(ModelAdmin):
    """Mixed into an admin: no buttons beside a choice, and only active partners and programs to choose."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        for way in WAYS:
            if field is not None and hasattr(field.widget, f"can_{way}_related"):
                setattr(field.widget, f"can_{way}_related", False)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name in ("partner", "program"):
            field.queryset = field.queryset.filter(active=True)
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What a link fills in, without choices that can be no record's id: the form could not even be shown."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return {name: value for name, value in given.items() if not self._points_nowhere(name, value)}

    def _points_nowhere(self, name: str, value: Any) -> bool:
        chosen = {field.name for field in self.model._meta.fields if field.is_relation}
        return name in chosen and uuid_in(str(value)) is None
