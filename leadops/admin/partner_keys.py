"""The pages on which a partner's keys are made, changed, rotated and revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from leadops import dialects
from leadops.admin import key_gate
from leadops.admin.key_forms import KeyForm, NewKeyForm, RotateForm
from leadops.admin.page_urls import page_url
from leadops.admin.scoped import seen
from leadops.errors import LeadopsError
from leadops.languages.said import said
from leadops.models import ApiKey, Partner, PendingChange
from leadops.services import keys
from leadops.sign_in.fresh import fresh_factor


class KeyPages(ModelAdmin):
    """Mixed into the admin of partners."""

    def get_urls(self) -> list[URLPattern]:
        def view(page: Any) -> Any:
            return self.admin_site.admin_view(fresh_factor(page))

        one = "<uuid:partner_id>/keys/<uuid:key_id>"
        own = [
            path(
                "<uuid:partner_id>/keys/add/",
                view(self.make_key_view),
                name="leadops_partner_make_key",
            ),
            path(f"{one}/change/", view(self.change_key_view), name="leadops_partner_change_key"),
            path(f"{one}/rotate/", view(self.rotate_key_view), name="leadops_partner_rotate_key"),
            path(
                f"{one}/revoke/",
                self.admin_site.admin_view(require_POST(self.revoke_key_view)),  # to end one is never held up
                name="leadops_partner_revoke_key",
            ),
        ]
        return own + super().get_urls()

    def make_key_view(self, request: HttpRequest, partner_id: UUID) -> HttpResponse:
        """Ask what the key is for; answer with its text, which is never shown again."""
        _require(request, "add")
        partner = get_object_or_404(seen(Partner.objects.all(), request), pk=partner_id, test_of=None)
        form, text, waits = NewKeyForm(request.POST or None), "", ""
        if form.is_valid():
            try:
                if key_gate.holds(form.cleaned_data["mode"]):
                    change, text = key_gate.ask_for_key(request, partner, form.cleaned_data)
                    waits = page_url(PendingChange, change.pk)
                else:
                    key, text = keys.make(partner, **form.cleaned_data)
                    self.log_change(request, partner, f"Made the key {key}.")
            except (LeadopsError, ValidationError) as error:
                form.add_error(None, _refused(error))
        return self._page(
            request,
            partner,
            form,
            _("New key of %(partner)s") % {"partner": partner},
            _("Make the key"),
            text,
            waits,
        )

    def rotate_key_view(self, request: HttpRequest, partner_id: UUID, key_id: UUID) -> HttpResponse:
        """A new key in the place of an old one, which works on for a while."""
        _require(request, "add")
        key = _key(request, partner_id, key_id)
        form, text, waits = RotateForm(request.POST or None), "", ""
        if form.is_valid():
            days = form.cleaned_data["overlap"]
            try:
                if key_gate.holds(key.mode):
                    change, text = key_gate.ask_for_successor(request, key, days)
                    waits = page_url(PendingChange, change.pk)
                else:
                    made, text = keys.rotate(key, timedelta(days=days))
                    self.log_change(request, key.partner, f"Rotated the key {key}: the new one is {made}.")
            except (LeadopsError, ValidationError) as error:
                form.add_error(None, _refused(error))
        return self._page(
            request,
            key.partner,
            form,
            _("Rotate the key %(key)s") % {"key": key},
            _("Make its successor"),
            text,
            waits,
        )

    def change_key_view(self, request: HttpRequest, partner_id: UUID, key_id: UUID) -> HttpResponse:
        """What the key may do from its next call on."""
        _require(request, "change")
        key = _key(request, partner_id, key_id)
        now = {name: getattr(key, name) for name in ("label", "scopes", "calls_per_minute", "expires_at")}
        form = KeyForm(request.POST or None, initial={**now, "networks": "\n".join(key.networks)})
        if form.is_valid():
            try:
                return self._change_key(request, key, form)
            except LeadopsError as refusal:
                form.add_error(None, refusal.shown)
        return self._page(request, key.partner, form, _("Key %(key)s") % {"key": key}, _("Save"))

    @transaction.atomic
    def _change_key(self, request: HttpRequest, key: ApiKey, form: KeyForm) -> HttpResponse:
        """Store what the form says; what the key had not got waits for a second person."""
        fields = form.cleaned_data
        fields["expires_at"] = _end(key, fields["expires_at"])
        held = key_gate.take_out_more(request, key, fields)
        changed = [name for name in form.changed_data if fields[name] != getattr(key, name)]
        keys.change(key, **fields)
        self.log_change(request, key.partner, f"Changed {', '.join(changed) or 'nothing'} of the key {key}.")
        words = _("Key %(key)s is changed, from its next call on.") % {"key": key}
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(page_url(PendingChange, held.pk)) if held else _back(key.partner)

    def revoke_key_view(self, request: HttpRequest, partner_id: UUID, key_id: UUID) -> HttpResponse:
        _require(request, "change")
        key = _key(request, partner_id, key_id)
        keys.revoke(key)
        self.log_change(request, key.partner, f"Revoked the key {key}.")
        words = _("Key %(key)s is refused from now on.") % {"key": key}
        self.message_user(request, words, messages.SUCCESS)
        return _back(key.partner)

    def _page(
        self,
        request: HttpRequest,
        partner: Partner,
        form: Any,
        title: str,
        button: str,
        text: str = "",
        waits: str = "",
    ) -> HttpResponse:
        """The form, or the text of the key; `waits` is the page on which its approval is asked for."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "partner": partner,
            "form": form,
            "button": button,
            "key": text,
            "waits": waits,
            "how": dialects.how_to_sign_in(form.cleaned_data.get("dialect", ""), partner.code)
            if text
            else "",
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/leadops/partner/new_key.html", context)


def _require(request: HttpRequest, verb: str) -> None:
    if not request.user.has_perm(f"leadops.{verb}_apikey"):
        raise PermissionDenied


def _key(request: HttpRequest, partner_id: UUID, key_id: UUID) -> ApiKey:
    found = seen(ApiKey.objects.all(), request).select_related("partner")
    return get_object_or_404(found, pk=key_id, partner_id=partner_id)


def _refused(error: LeadopsError | ValidationError) -> str:
    """What the form says of it."""
    return error.shown if isinstance(error, LeadopsError) else said(error.messages[0])


def _end(key: ApiKey, chosen: datetime | None) -> datetime | None:
    """When the key is to end: the form tells days, so a day that was left as it is keeps its hour."""
    if chosen and key.expires_at and timezone.localdate(chosen) == timezone.localdate(key.expires_at):
        return key.expires_at
    return chosen


def _back(partner: Partner) -> HttpResponse:
    return HttpResponseRedirect(page_url(Partner, partner.pk))
