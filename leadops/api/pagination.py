"""Lists, in pages for people and by cursor for machines; both stay quick at millions of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from leadops import kept_counts, statements
from leadops.api.problems import invalid
from leadops.api.shapes import error
from leadops.ids import uuid_in

if TYPE_CHECKING:  # the framework's views import this module by its settings
    from rest_framework.views import APIView

PAGE_SIZE = 15
LARGEST_PAGE = 100
DEEPEST_PAGE = 1_000_000
COUNTED = 10_000
"""Rows are counted up to here. See `Pages.paginate_queryset` for how a longer list still ends right."""


class Pages(BasePagination):
    """`page` and `page_size` give `{count, current_page, page_size, results}`; `cursor` gives no count.

    The ids of a page are read first, from the index alone, then the rows of just these ids, by the view's `rows_of`
    where it has a quicker way. Lists are newest first by id, which is what the cursor goes by.
    """

    def paginate_queryset(  # type: ignore[override]  # only queries are paged
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        query = request.query_params
        self.size = page_size(request)
        self.by_cursor = "cursor" in query
        self.page = _number(query.get("page"), "page", 1, DEEPEST_PAGE)
        start = 0 if self.by_cursor else (self.page - 1) * self.size
        if self.by_cursor and (after := query["cursor"]):
            if (last := uuid_in(after)) is None:
                raise invalid([error("cursor", "invalid_cursor")])
            queryset = queryset.filter(pk__lt=last)
        found, counted = _ids(queryset, start, self.size + 1, count=not self.by_cursor)
        self.more = len(found) > self.size
        self.last = found[: self.size][-1] if found else None
        # Exact up to COUNTED. Beyond, it is always more than what has been read until the last page is read: so
        # `current_page * page_size >= count` is the end of every list, and no count walks a million rows.
        seen = start + len(found) if found else 0
        self.count = seen if found and not self.more else max(counted, seen)
        rows_of = getattr(view, "rows_of", _rows)
        return rows_of(queryset, found[: self.size])

    def get_paginated_response(self, data: Any) -> Response:
        if self.by_cursor:
            next_cursor = self.last.hex if self.more and self.last else None
            return Response({"page_size": self.size, "next_cursor": next_cursor, "results": data})
        envelope = {"count": self.count, "current_page": self.page, "page_size": self.size}
        return Response(envelope | {"results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        whole = {"type": "integer", "minimum": 0}
        pages = {"count": whole, "current_page": whole, "page_size": whole}
        cursor = {
            "type": ["string", "null"],
            "description": "Only with `cursor`, then without count and current_page.",
        }
        properties = pages | {"next_cursor": cursor, "results": schema}
        return {"type": "object", "required": ["page_size", "results"], "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        def parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
            return {
                "name": name,
                "in": "query",
                "required": False,
                "description": description,
                "schema": schema,
            }

        return [
            parameter("page", "Which page, from 1.", type="integer", minimum=1, maximum=DEEPEST_PAGE),
            parameter(
                "page_size",
                "Rows per page.",
                type="integer",
                minimum=1,
                maximum=LARGEST_PAGE,
                default=PAGE_SIZE,
            ),
            parameter(
                "cursor",
                "Empty for the first rows, then the last answer's `next_cursor`.",
                type="string",
                maxLength=36,
            ),
        ]


def page_size(request: Request) -> int:
    """How many rows the caller wants on a page; Problem when that is no number, or too many."""
    return _number(request.query_params.get("page_size"), "page_size", PAGE_SIZE, LARGEST_PAGE)


def _ids(queryset: QuerySet[Any], start: int, most: int, *, count: bool) -> tuple[list[Any], int]:
    """The ids of a page, newest first, and how many there are in all: in one round trip, made of one query's SQL.

    More than is counted stays that for a minute, unless a page turns out empty: counting costs more than the page.
    """
    try:
        ids, values = queryset.order_by().values_list("pk").query.sql_with_params()
    except EmptyResultSet:  # a filter that nothing fits
        return [], 0
    page = f"{ids} ORDER BY 1 DESC LIMIT {most} OFFSET {start}"
    counted = (f"{ids} LIMIT {COUNTED + 1}", values)
    if not count:
        return [pk for (pk,) in statements.rows(page, values)], 0
    if (known := kept_counts.known(counted)) and (found := statements.rows(page, values)):
        return [pk for (pk,) in found], known
    sql = f"SELECT ARRAY({page}), (SELECT count(*) FROM ({counted[0]}) counted)"  # noqa: S608  the ORM's own words
    [(found, total)] = statements.rows(sql, (*values, *values))
    if total > COUNTED:
        kept_counts.keep(counted, total)
    return found, total


def _rows(queryset: QuerySet[Any], ids: list[Any]) -> list[Any]:
    by_id = {row.pk: row for row in queryset.filter(pk__in=ids)} if ids else {}
    return [by_id[each] for each in ids if each in by_id]


def _number(text: str | None, name: str, default: int, largest: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or not 1 <= int(text) <= largest:
        raise invalid([error(name, "out_of_range", largest=largest)])
    return int(text)
