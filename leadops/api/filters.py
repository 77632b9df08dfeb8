"""What the lists can be narrowed to. A filter that does not exist is an error: it would else answer everything."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_naive, make_aware
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from leadops.api.authentication import caller
from leadops.api.problems import invalid
from leadops.api.shapes import error
from leadops.ids import first_id_at
from leadops.models import Document, ImportRow, Lead, LoanAccount, Program
from leadops.sealing import blind_index
from leadops.search import lead_ids
from leadops.validation import mobile

if TYPE_CHECKING:  # the framework's views import this module by its settings
    from rest_framework.views import APIView

PAGING = {"page", "page_size", "cursor"}
SLACK = timedelta(seconds=5)
"""An id is made this much before its row's `created_at`, at most."""


class StrictFilters(DjangoFilterBackend):
    """Narrows a list to the view's `filterset_class`, and names every wrong or unknown filter."""

    def filter_queryset(  # type: ignore[override]  # the framework hands on its own Request
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> QuerySet[Any]:
        kind = self.get_filterset_class(view, queryset)
        filters = kind.base_filters if kind else {}
        known = {*filters, *PAGING, *getattr(view, "also_taken", ())}
        errors = [error(name, "unknown_filter") for name in request.query_params if name not in known]
        # Making a form of the filters costs more than the rows do, and most lists are asked for without any.
        asked = any(each.extra["required"] or name in request.query_params for name, each in filters.items())
        filterset = self.get_filterset(request, queryset, view) if asked else None
        if filterset and not filterset.is_valid():
            errors += [
                error(name, "invalid_filter", words=words)
                for name, told in filterset.errors.items()
                for words in told
            ]
        if errors:
            raise invalid(errors)
        return filterset.qs if filterset else queryset


class TakesTheQuery(BasePermission):
    """Names what the address of a call asks for and its view takes none of; lists are narrowed by their filters.

    Asked once the key is known, so that nobody without one learns what there is.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        known = getattr(view, "also_taken", ())
        unknown = [name for name in request.query_params if name not in known]
        if unknown and not (getattr(view, "is_list", False) and request.method in ("GET", "HEAD")):
            raise invalid([error(name, "unknown_filter") for name in unknown])
        return True


class MomentField(forms.Field):
    """A day or a moment in ISO 8601; `last` takes the end of a day instead of its beginning."""

    def __init__(self, *, last: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.last = last

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            moment = parse_datetime(value) if len(value) > 10 else self._of_day(parse_date(value))
        except ValueError:
            moment = None
        if moment is None:
            raise forms.ValidationError(
                "This must be a day, 2026-03-12, or a moment, 2026-03-12T09:30:00+05:30."
            )
        return _in_utc(make_aware(moment) if is_naive(moment) else moment)

    def _of_day(self, day: date | None) -> datetime | None:
        if day is None:
            return None
        return datetime.combine(day, time.max if self.last else time.min)


def _in_utc(moment: datetime) -> datetime:
    """The same moment; one before the first year or after the last, as far as the calendar goes."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return (datetime.min if moment.year == datetime.min.year else datetime.max).replace(tzinfo=UTC)


@extend_schema_field({"type": "string"})
class MomentFilter(django_filters.Filter):
    field_class = MomentField


class Made(django_filters.FilterSet):
    """Rows by when they were made. Ids begin with that moment, so the index on ids does the finding."""

    created_at_after = MomentFilter(
        "created_at", method="made_after", help_text="From this day or moment on."
    )
    created_at_before = MomentFilter(
        "created_at", method="made_before", last=True, help_text="Up to this day or moment."
    )

    def made_after(self, rows: QuerySet[Any], name: str, moment: datetime) -> QuerySet[Any]:
        return rows.filter(pk__gte=first_id_at(moment, -SLACK), created_at__gte=moment)

    def made_before(self, rows: QuerySet[Any], name: str, moment: datetime) -> QuerySet[Any]:
        return rows.filter(pk__lte=first_id_at(moment, SLACK), created_at__lte=moment)


class LeadFilters(Made):
    program_id = django_filters.UUIDFilter(field_name="program_id")
    primary_mobile = django_filters.CharFilter(method="by_mobile", max_length=30)
    partner_ref_id = django_filters.CharFilter(max_length=100)
    status = django_filters.ChoiceFilter(choices=Lead.Status.choices)
    tags = django_filters.CharFilter(
        method="by_tags",
        max_length=500,
        help_text="One tag, or several with commas: those that have all of them.",
    )
    search = django_filters.CharFilter(
        method="by_text",
        max_length=200,
        help_text="An id, reference, mobile, PAN or account number; else how an applicant's names begin.",
    )

    class Meta:
        model = Lead
        fields: list[str] = []

    def by_tags(self, leads: QuerySet[Lead], name: str, text: str) -> QuerySet[Lead]:
        wanted = [tag for each in text.split(",") if (tag := each.strip())]
        # That there are any is what the index on tags asks for, and it holds no others.
        return leads.filter(tags__contains=wanted).exclude(tags=[]) if wanted else leads

    def by_text(self, leads: QuerySet[Lead], name: str, text: str) -> QuerySet[Lead]:
        return leads.filter(pk__in=lead_ids(text, partner=caller(cast(Request, self.request))))

    def by_mobile(self, leads: QuerySet[Lead], name: str, text: str) -> QuerySet[Lead]:
        return leads.filter(primary_mobile_index__in=mobile_indexes(text))


def mobile_indexes(text: str) -> list[bytes | None]:
    """What leads with this number are found by; it may be one of several countries' when it is written without one."""
    countries = Program.objects.order_by().values_list("country", flat=True).distinct()
    read = (mobile(text, country) for country in countries)
    return [blind_index("mobile", each.value) for each in read if each.value and not each.is_refused]


class AccountFilters(Made):
    program_id = django_filters.UUIDFilter(field_name="program_id")
    crm_lead_id = django_filters.UUIDFilter(field_name="lead_id")
    ref_id = django_filters.CharFilter(max_length=50)
    status = django_filters.CharFilter(max_length=50)

    class Meta:
        model = LoanAccount
        fields: list[str] = []


class DocumentFilters(django_filters.FilterSet):
    related_model_id = django_filters.UUIDFilter(required=True)
    related_model = django_filters.ChoiceFilter(choices=Document.RelatedModel.choices)

    class Meta:
        model = Document
        fields: list[str] = []


class ImportRowFilters(django_filters.FilterSet):
    outcome = django_filters.ChoiceFilter(choices=ImportRow.Outcome.choices)

    class Meta:
        model = ImportRow
        fields: list[str] = []
