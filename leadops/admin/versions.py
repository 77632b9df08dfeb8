"""Records that several officers edit: a change made on an older page is refused, not written over a newer one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, ValidationError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from leadops.admin import conflicts, form_values

STALE = "Somebody changed this after you opened it; its history says who."


class LockedWhileStored(ModelAdmin):
    """Mixed into an admin: while a change of a record is stored, nobody else's can be.

    What was typed on an older page is answered 409, with both values of each field to choose from.
    """

    change_form_before_template = "admin/leadops/seen.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if request.method == "POST" and conflicts.KEPT in request.POST:
            meant = conflicts.chosen(request, unquote(object_id), self.model)
            if meant is None:
                raise BadRequest(_("What was typed can't be read any more: open the page again."))
            request.POST = meant
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if getattr(context["adminform"].form, "stale", False):
            return self._conflict(request, context)
        if kwargs.get("change"):
            sent = request.POST.get(conflicts.SEEN)
            context["seen_values"] = form_values.seen(context) if sent is None else sent
        return super().render_change_form(request, context, *args, **kwargs)

    def _conflict(self, request: HttpRequest, context: Any) -> HttpResponse:
        record = context["original"]
        mine, theirs = conflicts.differences(request, context, record)
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "original": record}
        shown |= {"title": _("Changed meanwhile"), "mine": mine, "theirs": theirs}
        shown |= {"said": context["adminform"].form.non_field_errors()}
        shown |= {"kept": conflicts.kept(request, context, record)}
        return TemplateResponse(request, "admin/leadops/conflict.html", shown, status=409)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The record; locked in a transaction, and pages that store nothing have none."""
        if request.method == "POST" and connection.in_atomic_block:
            self._lock(object_id)
        return super().get_object(request, object_id, from_field)

    def _lock(self, object_id: str) -> None:
        try:
            key = self.model._meta.pk.to_python(object_id)
        except ValidationError:
            return  # no id at all: nothing has it
        self.model._default_manager.select_for_update().filter(pk=key).values_list("pk").first()


class VersionedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Refuses a change of a record that counts its versions when its page was opened with another one."""

    stale = False
    """Whether its page was older than what is stored."""
    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen_version"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        seen = cleaned.get("seen_version")
        if not self.instance._state.adding and seen != self.instance.version:
            self.stale = True
            raise ValidationError(self.refusal(seen))
        return cleaned

    def refusal(self, seen: int | None) -> str:
        """What the officer is told whose page shows version `seen`, None where it shows none."""
        return _(STALE)


class SeenForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Refuses a change when what is stored in its fields is not what its page was opened with."""

    stale = False
    """Whether its page was older than what is stored."""
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = seal_of(self.initial)
        self.fields["seen"].initial = self._stored

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.instance._state.adding and cleaned.get("seen") != self._stored:
            self.stale = True
            raise ValidationError(_(STALE))
        return cleaned


def seal_of(values: Mapping[str, Any]) -> str:
    """What tells these values from others without telling them: a password's hash may be among them."""
    plain = {
        name: sorted(str(getattr(each, "pk", each)) for each in value)
        if isinstance(value, list)
        else str(value)
        for name, value in values.items()
    }
    return salted_hmac("leadops.admin.versions", json.dumps(plain, sort_keys=True)).hexdigest()


class SeenAdmin(LockedWhileStored):
    """Mixed into an admin whose form is a SeenForm: its page carries what the officer saw."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        (title, options), *others = fieldsets
        return [(title, {**options, "fields": [*options["fields"], "seen"]}), *others]
