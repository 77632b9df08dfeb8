"""The history of a record on its own page: what the audit has of it and of what belongs to it."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Model
from django.template import Context

from leadops.admin.audit import cursor_in, page_links
from leadops.admin.audit_sight import seen_without, unseen_by
from leadops.services import audit_search
from leadops.sign_in.sessions import officer_of

register = template.Library()
A_PAGE = 50


@register.inclusion_tag("admin/leadops/auditevent/events.html", takes_context=True)
def record_history(context: Context, record: Model) -> dict[str, Any]:
    """The events of `record`, newest first; the page it stands on has checked that the officer may see it."""
    request = context["request"]
    seen = seen_without(unseen_by(request))
    found = audit_search.history(record, officer_of(request), cursor_in(request), A_PAGE + 1, seen)
    shown = {"events": found[:A_PAGE], "own": record._meta.label_lower}
    return {**shown, **page_links(request, found, A_PAGE)}
