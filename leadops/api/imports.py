"""Workbooks of leads over REST: sending one, watching it, and reading what became of each row."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from leadops.api.authentication import caller
from leadops.api.filters import ImportRowFilters
from leadops.api.import_shapes import (
    ImportAnswer,
    ImportForm,
    ImportRowAnswer,
    import_answer,
    read_form,
    row_answer,
)
from leadops.api.parsers import form_of, refuse_body
from leadops.api.problems import Problem, Type, invalid
from leadops.api.schema import CREATING, LISTING, READING, STEERING, answers
from leadops.api.shapes import error
from leadops.errors import NotInThisState, TakesNoLeads, UnreadableFile
from leadops.models import ImportBatch, ImportRow, Lead, Scope
from leadops.services import import_batches, import_steering


class ImportViews(GenericAPIView[ImportBatch]):
    """What the views of imports share."""

    serializer_class = ImportAnswer

    def get_queryset(self) -> QuerySet[ImportBatch]:
        if getattr(self, "swagger_fake_view", False):
            return ImportBatch.objects.none()
        return _own(self.request).select_related("earlier")

    def batch(self, import_id: UUID) -> ImportBatch:
        """The caller's import with this id."""
        return get_object_or_404(self.get_queryset(), pk=import_id)

    def steered(self, request: Request, import_id: UUID, say: Callable[[ImportBatch], None]) -> Response:
        """The caller's import once this was said to it; 409 where it is past that, or may not go on."""
        refuse_body(request)
        try:
            say(self.batch(import_id))
        except (NotInThisState, TakesNoLeads) as refusal:
            raise Problem(Type.NOT_NOW, refusal.message) from None
        return Response(import_answer(self.batch(import_id)))


class ImportsView(ImportViews):
    """Where workbooks are sent to."""

    scopes = {"POST": Scope.LEAD_WRITE}
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="imports_create", summary="Send a workbook", tags=["Imports"],
        description="Keeps the workbook and imports it in the background; nothing is read before the answer. With"
        " `preview` no lead is made before `start`.",
        request={"multipart/form-data": ImportForm}, responses=answers(CREATING, {202: ImportAnswer}),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        form = read_form(
            form_of(request, settings.IMPORT_MAX_BYTES, "workbook", "the parts file and program_id")
        )
        file = form.file
        assert isinstance(file, UploadedFile)
        try:
            batch = import_batches.receive(
                file,
                str(file.name),
                partner=caller(request),
                program=form.program,
                road=ImportBatch.Road.API,
                review=form.preview,
                mode=form.mode,
                layout=form.layout,
            )
        except UnreadableFile as refusal:
            raise invalid([error("file", "unreadable_file", words=refusal.message)]) from None
        return Response(import_answer(batch), 202)


class ImportView(ImportViews):
    """One import."""

    scopes = {"GET": Scope.LEAD_READ}

    @extend_schema(
        operation_id="imports_retrieve", summary="Read how far an import is", tags=["Imports"],
        responses=answers(READING, {200: ImportAnswer}), filters=False,
    )  # fmt: skip
    def get(self, request: Request, import_id: UUID) -> Response:
        return Response(import_answer(self.batch(import_id)))


class StartView(ImportViews):
    """Going on with an import that waits for a word."""

    scopes = {"POST": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="imports_start", summary="Import what the preview shows", tags=["Imports"],
        request=None, responses=answers(STEERING, {200: ImportAnswer}), filters=False,
    )  # fmt: skip
    def post(self, request: Request, import_id: UUID) -> Response:
        return self.steered(request, import_id, import_steering.go_on)


class CheckView(ImportViews):
    """Making the preview of an import anew."""

    scopes = {"POST": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="imports_check", summary="Make a preview again", tags=["Imports"],
        description="Leads may have come or changed since it was made.",
        request=None, responses=answers(STEERING, {200: ImportAnswer}), filters=False,
    )  # fmt: skip
    def post(self, request: Request, import_id: UUID) -> Response:
        return self.steered(request, import_id, import_steering.check_again)


class CancelView(ImportViews):
    """Stopping an import."""

    scopes = {"POST": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="imports_cancel", summary="Stop an import", tags=["Imports"],
        description="What is in stays and is counted; the other rows are left out and say so.",
        request=None, responses=answers(STEERING, {200: ImportAnswer}), filters=False,
    )  # fmt: skip
    def post(self, request: Request, import_id: UUID) -> Response:
        return self.steered(request, import_id, import_steering.cancel)


class ImportRowsView(GenericAPIView[ImportRow]):
    """The rows of one import."""

    serializer_class = ImportRowAnswer
    filterset_class = ImportRowFilters
    is_list = True
    scopes = {"GET": Scope.LEAD_READ}

    def get_queryset(self) -> QuerySet[ImportRow]:
        if getattr(self, "swagger_fake_view", False):
            return ImportRow.objects.none()
        batch = get_object_or_404(_own(self.request), pk=self.kwargs["import_id"])
        return batch.import_rows.order_by("-id").defer("cells")

    @extend_schema(
        operation_id="import_rows_list", summary="What became of each row", tags=["Imports"],
        description="The last row first. Values of cells are not told, only where they stand and what is wrong.",
        responses=answers((*LISTING, 404), {200: ImportRowAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request, import_id: UUID) -> Response:
        found = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        leads = Lead.objects.filter(partner=caller(request), pk__in=[row.lead_id for row in found])
        own_leads = set(leads.values_list("pk", flat=True))
        return self.get_paginated_response([row_answer(row, own_leads) for row in found])


def _own(request: Request) -> QuerySet[ImportBatch]:
    """The imports that the caller may know of: what officers upload for a partner is said in words for officers."""
    return ImportBatch.objects.filter(partner=caller(request), road=ImportBatch.Road.API)
