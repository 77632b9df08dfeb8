"""Documents: adding one to a lead, and giving it out to who may see the lead."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from leadops.admin.leads import lead_url
from leadops.admin.making import MadeByService, MadeForm
from leadops.ids import uuid_in
from leadops.models import Applicant, Bank, Document, Lead, Officer
from leadops.services import documents


class DocumentForm(MadeForm):
    """A new document of the lead that the page was opened for."""

    lead = forms.ModelChoiceField(queryset=Lead.objects.all(), widget=forms.HiddenInput)
    about = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    document_type = forms.CharField(
        label="Type",
        max_length=50,
        widget=UnfoldAdminTextInputWidget,
        help_text="For instance PAN_CARD, BANK_STATEMENT.",
    )
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, help_text="PDF, JPEG or PNG, at most 10 MB.")

    class Meta:
        model = Document
        fields = ["lead", "about", "document_type", "file"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owners = _owners(self.data.get("lead") or self.initial.get("lead"))
        about = self.fields["about"]
        assert isinstance(about, forms.ChoiceField)
        about.choices = [(str(row.pk), _called(row)) for row in self.owners]

    def clean_document_type(self) -> str:
        text: str = self.cleaned_data["document_type"]
        try:
            documents.check_words(text)
        except documents.DocumentRefused as refusal:
            raise forms.ValidationError(refusal.message) from None
        return text

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            documents.content_type_of(file)
            documents.check_words(file.name)
        except documents.DocumentRefused as refusal:
            raise forms.ValidationError(refusal.message) from None
        return file

    def owner(self) -> Lead | Applicant | Bank:
        """The lead or the party of it that the document is about."""
        return next(row for row in self.owners if str(row.pk) == self.cleaned_data["about"])


def _owners(lead_id: object) -> list[Lead | Applicant | Bank]:
    found = uuid_in(str(lead_id))
    lead = Lead.objects.filter(pk=found).first() if found else None
    if lead is None:
        return []
    applicants = list(lead.applicants.only("name", "lead_id"))
    return [lead, *applicants, *Bank.objects.filter(applicant__lead=lead)]


def _called(row: Lead | Applicant | Bank) -> str:
    return "The lead" if isinstance(row, Lead) else str(row)


@admin.register(Document)
class DocumentAdmin(MadeByService, ModelAdmin):
    """What was handed in is not altered; a better copy is added beside it."""

    form = DocumentForm
    fields = ["lead", "about", "document_type", "file"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Documents are found on their lead, not in a list of their own."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return self.fields
        return ["document_type", "file_name", "content_type", "size", "sha256", "added_by", "created_at"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Documents are listed with their lead, so a way back to all of them leads to the leads."""
        return HttpResponseRedirect(reverse("admin:leadops_lead_changelist"))

    def make(self, form: DocumentForm, officer: Officer) -> Document:
        given = form.cleaned_data
        return documents.add(given["lead"], given["document_type"], given["file"], form.owner(), officer)

    def response_add(
        self, request: HttpRequest, obj: Document, post_url_continue: str | None = None
    ) -> HttpResponse:
        self.message_user(request, f"{obj} was added.")
        return HttpResponseRedirect(lead_url(obj.lead))

    @admin.display(description="Uploaded by")
    def added_by(self, document: Document) -> str:
        """A name only: who may see documents may not see officers' pages."""
        return str(document.uploaded_by or "–")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        own = [path("<uuid:document_id>/download/", view, name="leadops_document_download")]
        return own + super().get_urls()

    def download_view(self, request: HttpRequest, document_id: UUID) -> HttpResponse | FileResponse:
        """The file as a download: never shown within our pages, whatever it holds."""
        document = get_object_or_404(Document, pk=document_id)
        if not self.has_view_permission(request, document) or not request.user.has_perm("leadops.view_lead"):
            raise PermissionDenied
        answer = FileResponse(
            document.file.open("rb"),
            as_attachment=True,
            filename=document.file_name,
            content_type=document.content_type,
        )
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return answer
