"""Partners and the keys they call us with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from leadops import dialects
from leadops.admin.versions import SeenAdmin, SeenForm
from leadops.ids import uuid_in
from leadops.models import ApiKey, Partner, Program, Scope
from leadops.models.partner import DIALECT_WITHOUT_PROGRAM, default_scopes

OFFERED = [(scope.value, scope.label) for scope in Scope if scope is not Scope.DOCUMENT_WRITE]
"""Documents have no road over the API yet."""


class KeyForm(forms.Form):
    """What a new key is for. All are live ones: the API serves no test keys yet."""

    label = forms.CharField(
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Who or what will use it.",
    )
    scopes = forms.MultipleChoiceField(
        choices=OFFERED, initial=default_scopes, widget=UnfoldAdminCheckboxSelectMultipleWidget
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
    expires_at = forms.DateTimeField(
        label="Expires on",
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text="Empty: it does not expire.",
    )

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if bool(told.get("dialect")) != bool(told.get("program")) and not self.errors:
            self.add_error("program" if told["dialect"] else "dialect", DIALECT_WITHOUT_PROGRAM)
        return told


@admin.register(Partner)
class PartnerAdmin(SeenAdmin, ModelAdmin):
    form = SeenForm
    list_display = ["name", "code", "active", "created_at"]
    list_filter = ["active"]
    search_fields = ["name", "code"]
    fields = ["name", "code", "active"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        shown_id = uuid_in(object_id) if request.method == "GET" else None
        keys = ApiKey.objects.filter(partner_id=shown_id).select_related("program") if shown_id else []
        shown = {
            "api_keys": keys,
            "may_see_keys": request.user.has_perm("leadops.view_apikey"),
            "may_make_keys": request.user.has_perm("leadops.add_apikey"),
            "may_revoke_keys": request.user.has_perm("leadops.change_apikey"),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path(
                "<uuid:partner_id>/keys/add/",
                view(self.make_key_view),
                name="leadops_partner_make_key",
            ),
            path(
                "<uuid:partner_id>/keys/<uuid:key_id>/revoke/",
                view(require_POST(self.revoke_key_view)),
                name="leadops_partner_revoke_key",
            ),
        ]
        return own + super().get_urls()

    def make_key_view(self, request: HttpRequest, partner_id: UUID) -> HttpResponse:
        """Ask what the key is for; answer with its text, which is never shown again."""
        if not request.user.has_perm("leadops.add_apikey"):
            raise PermissionDenied
        partner = get_object_or_404(Partner, pk=partner_id)
        form, text = KeyForm(request.POST or None), ""
        if form.is_valid():
            try:
                _, text = ApiKey.issue(partner, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages[0])
        context = {
            **self.admin_site.each_context(request),
            "title": f"New key of {partner}",
            "opts": self.opts,
            "partner": partner,
            "form": form,
            "key": text,
            "how": dialects.how_to_sign_in(form.cleaned_data["dialect"], partner.code) if text else "",
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/leadops/partner/new_key.html", context)

    def revoke_key_view(self, request: HttpRequest, partner_id: UUID, key_id: UUID) -> HttpResponse:
        if not request.user.has_perm("leadops.change_apikey"):
            raise PermissionDenied
        key = get_object_or_404(ApiKey, pk=key_id, partner_id=partner_id)
        ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.message_user(request, f"Key {key} is refused from now on.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:leadops_partner_change", args=[partner_id]))
