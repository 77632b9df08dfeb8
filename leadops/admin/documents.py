"""Documents: adding one to a lead, giving it out to who may see the lead, and the log of both."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
)

from leadops.admin.document_types import TypeWidget
from leadops.admin.making import MadeByService, MadeForm
from leadops.admin.page_urls import LEADS, page_url
from leadops.admin.reasons import for_a_reason
from leadops.admin.scoped import Scoped, seen
from leadops.client_address import client_address
from leadops.document_files.downloads import download
from leadops.errors import Invalid, LeadopsError
from leadops.ids import uuid_in
from leadops.languages.said import said
from leadops.models import Document, DocumentEvent, Lead, Officer
from leadops.services import documents
from leadops.services.document_checklist import Owner, called, owners_of, types_of
from leadops.services.document_events import By
from leadops.services.document_storing import Given
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

MOST_EVENTS = 500


class DocumentForm(MadeForm):
    """A new document of the lead that the page was opened for."""

    ip_address: ClassVar[str | None] = None
    officer: ClassVar[Officer]

    lead = forms.ModelChoiceField(queryset=Lead.objects.none(), widget=forms.HiddenInput)
    about = forms.ChoiceField(label=_("About"), widget=UnfoldAdminSelectWidget)
    document_type = forms.CharField(
        label=_("Type"),
        max_length=50,
        widget=TypeWidget,
        help_text=_("What the program wants. Where it lists nothing, type a word such as PAN_CARD."),
    )
    file = forms.FileField(label=_("File"), widget=UnfoldAdminFileFieldWidget)
    password = forms.CharField(
        label=_("Password of the PDF"),
        required=False,
        strip=False,
        max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        help_text=_("Only where it opens with one. It is kept sealed."),
    )

    class Meta:
        model = Document
        fields = ["lead", "about", "document_type", "file"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = said(documents.limits_in_words())
        lead, leads = self.fields["lead"], Lead.objects.visible_to(self.officer)
        assert isinstance(lead, forms.ModelChoiceField)
        lead.queryset = leads
        self.owners = _owners(leads, self.data.get("lead") or self.initial.get("lead"))
        about = self.fields["about"]
        assert isinstance(about, forms.ChoiceField)
        about.choices = [(str(row.pk), called(row)) for row in self.owners]
        types = self.fields["document_type"].widget
        assert isinstance(types, TypeWidget)
        types.lists = types_of(self.owners)
        asked = self.data.get("about") or self.initial.get("about")
        types.about = str(asked or next((row.pk for row in self.owners), ""))

    def owner(self) -> Owner:
        """The lead or the party of it that the document is about."""
        return next(row for row in self.owners if str(row.pk) == self.cleaned_data["about"])

    def show(self, refusal: LeadopsError) -> None:
        """Each finding at its field."""
        if isinstance(refusal, Invalid):
            for finding in refusal.findings:
                self.add_error(finding.field, said(finding.message))
        else:
            super().show(refusal)


def _owners(leads: QuerySet[Lead], lead_id: object) -> list[Owner]:
    found = uuid_in(str(lead_id))
    lead = leads.filter(pk=found).first() if found else None
    return owners_of(lead) if lead else []


@admin.register(Document)
class DocumentAdmin(Scoped, MadeByService, ModelAdmin):
    """What was handed in is not altered; a better copy is added beside it."""

    when_empty = "Open a lead and press “Add document”, or let partners hand them in."
    form = DocumentForm
    fields = ["lead", "about", "document_type", "file", "password"]
    change_fields = [
        *("document_type", "file_name", "content_type", "size", "pages", "road", "added_by", "created_at"),
        *("scan", "sha256"),
    ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Documents are found on their lead, not in a list of their own."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.fields if obj is None else self.change_fields

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Documents are listed with their lead, so a way back to all of them leads to the leads."""
        return HttpResponseRedirect(reverse(LEADS))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.ip_address = client_address(request)  # the class is made for this request alone
        form.officer = officer_of(request)
        return form

    def make(self, form: DocumentForm, officer: Officer) -> Document:
        given = form.cleaned_data
        told = Given(given["document_type"], None, given["file"], given["password"])
        return documents.add(form.owner(), told, By(officer, ip_address=form.ip_address))

    def response_add(
        self, request: HttpRequest, obj: Document, post_url_continue: str | None = None
    ) -> HttpResponse:
        self.message_user(request, gettext("%(document)s was added.") % {"document": obj})
        return HttpResponseRedirect(page_url(Lead, obj.lead_id))

    @admin.display(description="Uploaded by")
    def added_by(self, document: Document) -> str:
        """A name only: who may see documents may not see officers' pages."""
        return str(document.uploaded_by or "–")

    @admin.display(description="Virus scan")
    def scan(self, document: Document) -> str:
        words = _("Found clean") if document.scanned_at else _("Not scanned: no scanner was configured")
        return str(words)

    # Its own pages -------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = uuid_in(object_id)
        events = seen(DocumentEvent.objects.filter(document_id__in=[found] if found else []), request)
        told = events.filter(lead__documents=found).select_related("officer", "partner")[:MOST_EVENTS]
        return super().change_view(request, object_id, form_url, {"events": told, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("of/<uuid:lead_id>/", view(self.log_view), name="leadops_document_log"),
            path(
                "<uuid:document_id>/download/",
                view(fresh_factor(self.download_view)),
                name="leadops_document_download",
            ),
            path(
                "<uuid:document_id>/password/",
                view(fresh_factor(self.password_view)),
                name="leadops_document_password",
            ),
        ]
        return own + super().get_urls()

    def log_view(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        """What was done with the documents of a lead, those among them that are deleted."""
        lead = get_object_or_404(seen(Lead.objects.all(), request), pk=lead_id)
        if not self.has_view_permission(request) or not request.user.has_perm("leadops.view_lead"):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Documents of %(lead)s") % {"lead": lead},
            "opts": self.opts,
            "lead": lead,
            "events": lead.document_events.select_related("officer", "partner")[:MOST_EVENTS],
        }
        return TemplateResponse(request, "admin/leadops/document/log.html", context)

    def download_view(self, request: HttpRequest, document_id: UUID) -> HttpResponseBase:
        """The file as a download, for a reason: never shown within our pages, whatever it holds."""
        document = self._seen(request, document_id)
        back, hand_out = page_url(Lead, document.lead_id), partial(self._file_of, request, document)
        return for_a_reason(request, str(document), back, hand_out)

    def _file_of(self, request: HttpRequest, document: Document, reason: str) -> HttpResponseBase:
        try:
            file = documents.opened(document, _by(request), reason)
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.ERROR)
            return HttpResponseRedirect(page_url(Lead, document.lead_id))
        return download(file, document.file_name, document.content_type)

    def password_view(self, request: HttpRequest, document_id: UUID) -> HttpResponseBase:
        """What the PDF opens with, for a reason, on a page that is not kept anywhere."""
        document = self._seen(request, document_id)
        back, hand_out = page_url(Document, document.pk), partial(self._password_of, request, document)
        return for_a_reason(request, str(document), back, hand_out, gettext("Show its password"))

    def _password_of(self, request: HttpRequest, document: Document, reason: str) -> HttpResponseBase:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Password"),
            "opts": self.opts,
            "document": document,
            "password": documents.shown_password(document, _by(request), reason),
        }
        return TemplateResponse(request, "admin/leadops/document/password.html", context)

    def _seen(self, request: HttpRequest, document_id: UUID) -> Document:
        document = get_object_or_404(self.get_queryset(request).select_related("lead"), pk=document_id)
        if not self.has_view_permission(request, document) or not request.user.has_perm("leadops.view_lead"):
            raise PermissionDenied
        return document


def _by(request: HttpRequest) -> By:
    return By(officer=officer_of(request), ip_address=client_address(request))
