"""The pages on which a partner's keys are made, changed, rotated and revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from leadops import dialects
from leadops.admin import key_gate
from leadops.admin.page_urls import page_url
from leadops.admin.scoped import seen
from leadops.errors import LeadopsError
from leadops.models import ApiKey, Partner, PendingChange, Program, Scope
from leadops.models.partner import DIALECT_WITHOUT_PROGRAM, default_scopes, refuse_no_network
from leadops.services import keys
from leadops.sign_in.fresh import fresh_factor

MOST_NETWORKS = 50


class KeyForm(forms.Form):
    """What a key may do, and from where."""

    label = forms.CharField(
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Who or what will use it.",
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, initial=default_scopes, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    networks = forms.CharField(
        label="Allowed addresses",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="One a line: an address, or a network such as 203.0.113.0/24. Empty: it may be used from anywhere.",
    )
    calls_per_minute = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Empty: as many as the partner may.",
    )
    expires_at = forms.DateTimeField(
        label="Expires on",
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text="Empty: it does not expire.",
    )

    def clean_networks(self) -> list[str]:
        given = list(dict.fromkeys(self.cleaned_data["networks"].replace(",", " ").split()))
        for each in given:
            refuse_no_network(each)
        if len(given) > MOST_NETWORKS:
            raise ValidationError(f"A key has at most {MOST_NETWORKS} of them.")
        return given


class NewKeyForm(KeyForm):
    """A key that is made also is for the real systems, or for trying out."""

    mode = forms.ChoiceField(
        label="What for",
        choices=[
            ("live", "Live: its leads go to the real systems"),
            ("test", "Test: its leads stay in the partner's test space"),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    dialect = forms.ChoiceField(
        required=False,
        choices=lambda: [("", "None: this API alone"), *dialects.choices()],
        widget=UnfoldAdminSelectWidget,
        help_text="For a client that was written for a vendor's own API: the key opens that API here too.",
    )
    program = forms.ModelChoiceField(
        required=False,
        queryset=Program.objects.filter(active=True),
        empty_label="None",
        widget=UnfoldAdminSelectWidget,
        help_text="With a dialect: what its leads are filed under, since the vendor's requests don't say.",
    )
    field_order = ["mode", "label", "scopes", "dialect", "program"]

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if bool(told.get("dialect")) != bool(told.get("program")) and not self.errors:
            self.add_error("program" if told["dialect"] else "dialect", DIALECT_WITHOUT_PROGRAM)
        return told


class RotateForm(forms.Form):
    overlap = forms.TypedChoiceField(
        label="The old key works on for",
        choices=[("7", "7 days"), ("1", "1 day"), ("30", "30 days"), ("0", "not at all")],
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )


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
                form.add_error(None, error.message if isinstance(error, LeadopsError) else error.messages[0])
        return self._page(request, partner, form, f"New key of {partner}", "Make the key", text, waits)

    def rotate_key_view(self, request: HttpRequest, partner_id: UUID, key_id: UUID) -> HttpResponse:
        """A new key in the place of an old one, which works on for a while."""
        _require(request, "add")
        key = _key(request, partner_id, key_id)
        form, text = RotateForm(request.POST or None), ""
        if form.is_valid():
            try:
                made, text = keys.rotate(key, timedelta(days=form.cleaned_data["overlap"]))
                self.log_change(request, key.partner, f"Rotated the key {key}: the new one is {made}.")
            except (LeadopsError, ValidationError) as error:
                form.add_error(None, error.message if isinstance(error, LeadopsError) else error.messages[0])
        return self._page(request, key.partner, form, f"Rotate the key {key}", "Make its successor", text)

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
                form.add_error("scopes", refusal.message)
        return self._page(request, key.partner, form, f"Key {key}", "Save")

    @transaction.atomic
    def _change_key(self, request: HttpRequest, key: ApiKey, form: KeyForm) -> HttpResponse:
        """Store what the form says; scopes that the key had not got wait for a second person."""
        fields = form.cleaned_data
        held = key_gate.take_out_scopes(request, key, fields)
        keys.change(key, **fields | {"expires_at": _end(key, fields["expires_at"])})
        changed = ", ".join(form.changed_data) or "nothing"
        self.log_change(request, key.partner, f"Changed {changed} of the key {key}.")
        self.message_user(request, f"Key {key} is changed, from its next call on.", messages.SUCCESS)
        return HttpResponseRedirect(page_url(PendingChange, held.pk)) if held else _back(key.partner)

    def revoke_key_view(self, request: HttpRequest, partner_id: UUID, key_id: UUID) -> HttpResponse:
        _require(request, "change")
        key = _key(request, partner_id, key_id)
        keys.revoke(key)
        self.log_change(request, key.partner, f"Revoked the key {key}.")
        self.message_user(request, f"Key {key} is refused from now on.", messages.SUCCESS)
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
    keys = seen(ApiKey.objects.all(), request).select_related("partner")
    return get_object_or_404(keys, pk=key_id, partner_id=partner_id)


def _end(key: ApiKey, chosen: datetime | None) -> datetime | None:
    """When the key is to end: the form tells days, so a day that was left as it is keeps its hour."""
    if chosen and key.expires_at and timezone.localdate(chosen) == timezone.localdate(key.expires_at):
        return key.expires_at
    return chosen


def _back(partner: Partner) -> HttpResponse:
    return HttpResponseRedirect(page_url(Partner, partner.pk))
