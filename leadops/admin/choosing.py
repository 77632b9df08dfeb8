"""Fields that point to other records: those are chosen here, and made or altered on pages of their own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

WAYS = ("add", "change", "delete", "view")


class OnlyChosen:
    """Mixed into an admin: no buttons beside a choice, and only active partners and programs to choose."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        for way in WAYS:
            if field is not None and hasattr(field.widget, f"can_{way}_related"):
                setattr(field.widget, f"can_{way}_related", False)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        if db_field.name in ("partner", "program"):
            field.queryset = field.queryset.filter(active=True)
        return field
