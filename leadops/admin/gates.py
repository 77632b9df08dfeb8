"""Where the back office holds up what a second person has to approve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from leadops.admin.markup import link
from leadops.admin.page_urls import page_url
from leadops.languages.said import said
from leadops.models import PendingChange
from leadops.services import approvals
from leadops.services.approvals import Data
from leadops.sign_in.sessions import officer_of

LIST = "admin:leadops_pendingchange_changelist"


class HeldUp(Exception):
    """Leaves Django's own transaction with nothing stored: the change is asked for instead."""

    def __init__(self, kind: str, data: Data) -> None:
        super().__init__(kind)
        self.kind, self.data = kind, data


def held(
    request: HttpRequest, kind: str, data: Data, subject: Model | None = None, reason: str = ""
) -> HttpResponse:
    """Ask for a change in place of making it; its page says what waits for whom."""
    try:
        change = approvals.ask(kind, officer_of(request), data, subject, reason)
    except approvals.AlreadyWaits as refusal:
        return _waits_already(request, refusal)
    return HttpResponseRedirect(page_url(PendingChange, change.pk))


def _waits_already(request: HttpRequest, refusal: approvals.AlreadyWaits) -> HttpResponse:
    messages.error(request, refusal.shown)
    seen = approvals.inbox.visible_to(officer_of(request)).filter(pk=refusal.change.pk).exists()
    return HttpResponseRedirect(
        page_url(PendingChange, refusal.change.pk) if seen else reverse("admin:index")
    )


def tell_waiting(request: HttpRequest, label: str, keys: list[str]) -> None:
    """Say on the page of a record which change of it waits for approval, to those who may know.

    `keys` are the ids of records of the model `label` as text.
    """
    known = {each.model._meta.label_lower for each in approvals.kinds() if each.model}
    if not approvals.needed() or request.method != "GET" or label not in known or not keys:
        return
    for change in approvals.inbox.waiting_about(officer_of(request), label, keys):
        asked = _("Waits for approval, asked for by {who}:").format(who=change.made_by)
        text = format_html("{} {}", asked, link(page_url(PendingChange, change.pk), said(change.what)))
        messages.warning(request, text)


class Holding(ModelAdmin):
    """Mixed into an admin: what its form must not store by itself is asked for, the rest is stored."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        if object_id:
            tell_waiting(request, self.opts.label_lower, [object_id])
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except HeldUp as up:
            return held(request, up.kind, up.data)
        except approvals.AlreadyWaits as refusal:
            if not approvals.end_if_moved(refusal.change, officer_of(request)):
                return _waits_already(request, refusal)
        # Nothing of it was stored, and what stood in its way is over.
        return self.changeform_view(request, object_id, form_url, extra_context)

    def hold(self, request: HttpRequest, obj: Any, kind: str, data: Data, subject: Model) -> None:
        """Ask for a part of what the form says, in the transaction that stores the other parts of `obj`."""
        change = approvals.ask(kind, officer_of(request), data, subject, part_of_a_form=True)
        obj.held_changes = [*getattr(obj, "held_changes", []), change]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._to_the_held(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._to_the_held(request, obj) or super().response_change(request, obj)

    def _to_the_held(self, request: HttpRequest, obj: Any) -> HttpResponse | None:
        changes: list[PendingChange] = getattr(obj, "held_changes", [])
        if not changes:
            return None
        self.message_user(
            request,
            _("This waits for a second person. What you changed besides it is saved."),
            messages.WARNING,
        )
        return HttpResponseRedirect(
            page_url(PendingChange, changes[0].pk) if len(changes) == 1 else reverse(LIST)
        )


def drop_changed(form: Any, names: Iterable[str]) -> None:
    """Have the history tell of these fields no change: they keep what they were."""
    form.changed_data = [name for name in form.changed_data if name not in set(names)]
