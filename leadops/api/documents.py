"""Documents over REST: handed in, listed, downloaded, changed and deleted; and the checklist of a lead."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from leadops.api.authentication import api_key, caller, only_lead
from leadops.api.document_shapes import (
    ChecklistAnswer,
    DocumentAnswer,
    DocumentChangeShape,
    DocumentFormShape,
    DocumentShape,
    checklist_answer,
    document_answer,
    read_change,
    read_new,
)
from leadops.api.filters import DocumentFilters
from leadops.api.parsers import CappedJSONParser, form_of
from leadops.api.renderers import QuickJSONRenderer
from leadops.api.schema import CHANGING, CREATING, DELETING, LISTING, READING, answers
from leadops.client_address import client_address
from leadops.document_files.cleaning import SIGNATURES
from leadops.document_files.downloads import download
from leadops.ids import uuid_in
from leadops.models import Document, Lead, Scope
from leadops.services import documents
from leadops.services.document_checklist import checklist
from leadops.services.document_events import By

PARTS = "the parts related_model, related_model_id, document_type and file"
ADD_WORDS = (
    "Keeps a PDF, JPEG or PNG about one of your leads, its applicants or their bank accounts. What a file is, its"
    " content says, not its name. Pictures are written anew, without place, time and device; a PDF has to open."
)
CHANGE_WORDS = (
    "As an object, or as a form where a file is to take the old one's place. Refused once the lender has decided on"
    " the lead, as deleting is."
)


class AsItIs(QuickJSONRenderer):
    """Lets a caller ask for any kind of file; what it renders are the problems, which stay JSON."""

    media_type = "*/*"
    format = "file"


class DocumentViews(GenericAPIView[Document]):
    """What the views of documents share."""

    serializer_class = DocumentAnswer

    def get_queryset(self) -> QuerySet[Document]:
        if getattr(self, "swagger_fake_view", False):
            return Document.objects.none()
        return Document.objects.of_partner(caller(self.request)).select_related("lead").order_by("-id")

    def document(self, document_id: UUID) -> Document:
        """The caller's document with this id."""
        return get_object_or_404(self.get_queryset(), pk=document_id)

    def by(self) -> By:
        """Who calls, for the log of documents."""
        key = api_key(self.request)
        return By(None, key.partner, key.prefix, client_address(self.request._request))


class DocumentsView(DocumentViews):
    """The documents about one lead, applicant or bank account."""

    is_list = True
    scopes = {"GET": Scope.LEAD_READ, "POST": Scope.DOCUMENT_WRITE}
    for_borrowers = ("POST",)
    parser_classes = [MultiPartParser]
    filterset_class = DocumentFilters

    @extend_schema(
        operation_id="documents_list", summary="List documents", tags=["Documents"],
        description="Those that you sent about one lead, applicant or bank account, newest first.",
        responses=answers((*LISTING, 404), {200: DocumentAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        found = self.filter_queryset(self.get_queryset())
        query = request.query_params
        owner_id = uuid_in(query["related_model_id"])
        if owner_id is None or not documents.owner_of(
            caller(request), owner_id, query.get("related_model", "")
        ):
            raise Http404
        rows = self.paginate_queryset(found) or []
        return self.get_paginated_response([document_answer(row, request) for row in rows])

    @extend_schema(
        operation_id="documents_create", summary="Hand in a document", description=ADD_WORDS, tags=["Documents"],
        request={"multipart/form-data": DocumentShape}, responses=answers(CREATING, {201: DocumentAnswer}),
        filters=False,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        form = form_of(request, settings.DOCUMENT_MAX_BYTES, "file", PARTS)
        about, given = read_new(form, caller(request), only_lead(request))
        return Response(document_answer(documents.add(about, given, self.by()), request), 201)


class DocumentView(DocumentViews):
    """One document."""

    scopes = {"GET": Scope.LEAD_READ, "PATCH": Scope.DOCUMENT_WRITE, "DELETE": Scope.DOCUMENT_WRITE}
    parser_classes = [CappedJSONParser, MultiPartParser]

    @extend_schema(
        operation_id="documents_retrieve", summary="Read about a document", tags=["Documents"],
        responses=answers(READING, {200: DocumentAnswer}), filters=False,
    )  # fmt: skip
    def get(self, request: Request, document_id: UUID) -> Response:
        return Response(document_answer(self.document(document_id), request))

    @extend_schema(
        operation_id="documents_update", summary="Change a document", description=CHANGE_WORDS, tags=["Documents"],
        request={"application/json": DocumentChangeShape, "multipart/form-data": DocumentFormShape},
        responses=answers(CHANGING, {200: DocumentAnswer}), filters=False,
    )  # fmt: skip
    def patch(self, request: Request, document_id: UUID) -> Response:
        document = self.document(document_id)
        given = read_change(form_of(request, settings.DOCUMENT_MAX_BYTES, "file", "what is to be another"))
        return Response(document_answer(documents.change(document, given, self.by()), request))

    @extend_schema(
        operation_id="documents_delete", summary="Delete a document", tags=["Documents"],
        responses=answers(DELETING, {204: None}), filters=False,
    )  # fmt: skip
    def delete(self, request: Request, document_id: UUID) -> Response:
        documents.delete(self.document(document_id), self.by())
        return Response(status=204)


class DocumentDownloadView(DocumentViews):
    """The file itself."""

    scopes = {"GET": Scope.LEAD_READ}
    renderer_classes = [QuickJSONRenderer, AsItIs]

    @extend_schema(
        operation_id="documents_download", summary="Download a document", tags=["Documents"], filters=False,
        description="The file as it is kept, always as an attachment. Each download is logged.",
        responses={(200, each): OpenApiTypes.BINARY for each in SIGNATURES.values()} | answers(READING, {}),
    )  # fmt: skip
    def get(self, request: Request, document_id: UUID) -> FileResponse:
        document = self.document(document_id)
        return download(documents.opened(document, self.by()), document.file_name, document.content_type)


class ChecklistView(GenericAPIView[Lead]):
    """Which documents a lead still needs."""

    scopes = {"GET": Scope.LEAD_READ}
    serializer_class = ChecklistAnswer
    queryset = Lead.objects.none()

    @extend_schema(
        operation_id="leads_checklist", summary="Read which documents a lead needs", tags=["Documents"],
        description="What the program wants of the lead, of each applicant and of each bank account.",
        responses=answers(READING, {200: ChecklistAnswer}), filters=False,
    )  # fmt: skip
    def get(self, request: Request, lead_id: UUID) -> Response:
        lead: Any = get_object_or_404(Lead.objects.of_partner(caller(request)), pk=lead_id)
        return Response(checklist_answer(lead.pk, checklist(lead)))
