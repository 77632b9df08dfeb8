"""Lists that stay quick at a million rows: a count that stops, and a page that is read by its ids."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

MOST = 10_000


class CappedPaginator(Paginator[Any]):
    """Counts up to 10,000 rows and offers no page beyond; reads the ids of a page first and then its rows.

    A sort over ids alone comes from an index; the same sort with all columns would carry every row past it.
    """

    template_name = "admin/leadops/pagination.html"
    object_list: QuerySet[Model]

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
        return self.object_list.order_by()[: MOST + 1].count()

    def page(self, number: int | str) -> Any:
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        found = self.object_list
        ids = list(found.values_list("pk", flat=True)[bottom : bottom + self.per_page])
        rows = found.model._default_manager.filter(pk__in=ids).order_by(*found.query.order_by)
        return self._get_page(rows, number, self)
