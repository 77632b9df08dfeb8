"""What an officer finds in the admin: the records in their sight, as the model's `visible_to` has it, and no others.

In lists, searches, choices and filters alike; what another page looks up by an id, it looks up in `seen`.
"""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm
from unfold.widgets import UnfoldForeignKeyRawIdWidget

from leadops.models import Officer
from leadops.sign_in.sessions import officer_of


class InSight(Protocol):
    """A queryset of records that not every officer sees."""

    def visible_to(self, officer: Officer) -> Self: ...


S = TypeVar("S", bound=InSight)


def seen(records: S, request: HttpRequest) -> S:
    """Those of `records` that the officer sees."""
    return records.visible_to(officer_of(request))


def seen_where_bounded(records: QuerySet[Any], request: HttpRequest) -> Any:
    """The same of records of any model: of those that belong to no branch, all."""
    return seen(cast(Any, records), request) if hasattr(records, "visible_to") else records


class Scoped(ModelAdmin):
    """Mixed into the admin of a model with a `visible_to`: list, pages and choices hold nothing else."""

    def get_queryset(self, request: HttpRequest) -> Any:
        return seen(cast(Any, super().get_queryset(request)), request)

    def to_view(self, request: HttpRequest, key: UUID) -> Any:
        """The record, for who may look at such records; raises Http404 where this one is out of their sight."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=key)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.queryset = seen_where_bounded(field.queryset, request)
            if isinstance(field.widget, UnfoldForeignKeyRawIdWidget):
                field.widget = RawIdInSight(db_field.remote_field, self.admin_site, officer_of(request))
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.queryset = seen_where_bounded(field.queryset, request)
        return field


class RawIdInSight(UnfoldForeignKeyRawIdWidget):
    """Names the chosen record beside its id only to who sees it."""

    def __init__(self, rel: Any, admin_site: Any, officer: Officer) -> None:
        super().__init__(rel, admin_site)
        self.officer = officer

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        found = cast(Any, self.rel.model)._default_manager.visible_to(self.officer)
        try:
            known = found.filter(pk=value).exists()
        except (ValueError, ValidationError):
            known = False
        return super().label_and_url_for_value(value) if known else ("", "")


class SeenDropdownFilter(RelatedDropdownFilter):
    """Offers only what the officer sees."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        records = field.remote_field.model._default_manager.all()
        offered = Q(pk__in=seen_where_bounded(records, request).values("pk"))
        ordering = self.field_admin_ordering(field, request, model_admin)
        return list(field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=offered))


class SeenAutocompleteForm(AutocompleteDropdownForm):
    """Names what is chosen only to who sees it."""

    def __init__(
        self, request: HttpRequest, name: str, field: Field[Any, Any], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(request, name, *args, field=field, **kwargs)
        related = cast(type[Model], cast(Any, field).remote_field.model)
        records = seen_where_bounded(related._default_manager.all(), request)
        cast(Any, self.fields[name]).queryset = records


class SeenAutocompleteFilter(AutocompleteSelectFilter):
    form_class = SeenAutocompleteForm
