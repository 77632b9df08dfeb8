"""The filter "what is missing" of the lead list: which leads still miss what for which connection."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import DropdownFilter

from crm_integrations import gaps
from crm_integrations.admin.steering import MAY_SEE
from crm_integrations.models import Connection
from leadops.admin.field_names import spoken
from leadops.ids import uuid_in
from leadops.models import Lead
from leadops.sign_in.sessions import officer_of


class MissingFilter(DropdownFilter):
    """Offers what leads miss at all, as the connectors found it; a value is `<connection's id>:<field>`."""

    title = "what is missing"
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if not request.user.has_perm(MAY_SEE):
            return []
        found = gaps.options()
        counts = officer_of(request).sees_all  # the leads of every branch are counted
        listed = [(f"{each.connection_id}:{each.field}", _in_words(each, counts)) for each in found]
        if self.value() in dict(listed) or not (chosen := self.chosen()):
            return listed
        # Nobody misses it any more: the filter stays, and finds nothing.
        name = Connection.objects.filter(pk=chosen[0]).values_list("name", flat=True).first()
        return [*listed, (self.value(), _in_words(gaps.Option(chosen[0], name or "–", chosen[1], 0), counts))]

    def chosen(self) -> tuple[UUID, str] | None:
        """The connection and the field of the value; None where it has not that form."""
        connection, colon, field = (self.value() or "").partition(":")
        connection_id = uuid_in(connection)
        return (connection_id, field) if connection_id and colon else None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        if not self.value():
            return queryset
        if (chosen := self.chosen()) is None:
            raise IncorrectLookupParameters(ValidationError(_("Choose what is missing from the list.")))
        return queryset.filter(gaps__connection=chosen[0], gaps__field=chosen[1])


def _in_words(option: gaps.Option, counts: bool) -> str:
    what = f"{option.connection} · {spoken(option.field) or _('its settings')}"
    if not counts:
        return what
    more = option.leads > gaps.MOST_COUNTED
    count = f"{gaps.MOST_COUNTED:,}+" if more else f"{option.leads:,}"
    return f"{what} ({count})"
