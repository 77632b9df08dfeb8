"""Lists that stay quick at a million rows: a count that stops, and a page that is read by its ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.admin import ShowFacets
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

from leadops import kept_counts, statements

MOST = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs alone
    """Counts up to 10,000 rows and offers no page beyond; reads the ids of a page first and then its rows.

    A sort over ids alone comes from an index; the same sort with all columns would carry every row past it.
    """

    template_name = "admin/leadops/pagination.html"
    object_list: QuerySet[Model]
    on_page: Sequence[Any] = ()
    """The ids of the page that was asked for last, in its order."""

    @cached_property
    def count(self) -> int:
        """The rows there are, never more than 10,000."""
        return min(self._counted, MOST)

    @property
    def more_than_counted(self) -> bool:
        """Whether there are rows that no page shows; a filter or a search leads to them."""
        return self._counted > MOST

    @cached_property
    def _counted(self) -> int:
        return capped_counts({"": self.object_list})[""]

    def page(self, number: int | str) -> Any:
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        found = self.object_list
        self.on_page = list(found.values_list("pk", flat=True)[bottom : bottom + self.per_page])
        rows = found.model._default_manager.filter(pk__in=self.on_page).order_by(*found.query.order_by)
        # What the list reads along with its rows, or leaves unread, without the conditions that found them.
        rows.query.select_related = found.query.select_related
        rows.query.deferred_loading = found.query.deferred_loading
        return Page(rows, int(number), self)


class CappedChangeList(ChangeList):
    """Offers the way back to the whole list only where a filter or a search has narrowed it."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


class CappedList:
    """Mixed into the admin of a model that may have millions of rows."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_disable_select_all = True
    list_max_show_all = 0
    list_filter_submit = True
    show_facets = ShowFacets.NEVER  # a count per choice reads the whole table
    sortable_by: Sequence[str] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CappedChangeList]:
        return CappedChangeList


class Ids(NamedTuple):
    """The SQL that finds the ids of rows, as many as are counted; none where the ORM knows that there is no row."""

    sql: str
    params: tuple[Any, ...]


def ids_of(found: QuerySet[Any]) -> Ids:
    """By one copy of the query: by the queryset's own methods it would be four."""
    ids = found.query.clone()
    ids.clear_ordering(force=True)
    ids.set_values(["pk"])
    ids.set_limits(high=MOST + 1)
    try:
        return Ids(*ids.sql_with_params())
    except EmptyResultSet:
        return Ids("", ())  # known without asking, as for leads of no branch at all


def capped_counts(rows: Mapping[str, QuerySet[Any] | Ids]) -> dict[str, int]:
    """How many rows each query finds, counted up to 10,001, all of them in one query.

    What is more is not counted out again for a minute.
    """
    asked = {key: found if isinstance(found, Ids) else ids_of(found) for key, found in rows.items()}
    counts = {key: kept_counts.known(ids) or 0 for key, ids in asked.items()}
    parts, values = [], []
    for key, ids in asked.items():
        if ids.sql and not counts[key]:
            parts.append(f"SELECT %s AS key, count(*) FROM ({ids.sql}) AS found")  # noqa: S608  made by the ORM
            values += [key, *ids.params]
    for key, count in statements.rows(" UNION ALL ".join(parts), values) if parts else []:
        counts[key] = count
        if count > MOST:
            kept_counts.keep(asked[key], count)
    return counts


def in_words(count: int) -> str:
    """A capped count as people read it."""
    return f"{MOST:,}+" if count > MOST else f"{count:,}"
