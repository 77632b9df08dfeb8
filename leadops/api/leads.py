"""Leads over REST."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from orjson import Fragment
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from leadops.api import examples, expanding
from leadops.api.authentication import caller, may_read_pii
from leadops.api.duplicates import duplicates_answer
from leadops.api.filters import LeadFilters
from leadops.api.lead_answers import LeadAnswer, lead_answer, warnings_answer
from leadops.api.lead_shapes import LEAD, LeadShape, ReadLead
from leadops.api.parsers import body_of
from leadops.api.problems import FieldError, invalid
from leadops.api.programs import active_program, asked_along, program_of
from leadops.api.schema import CREATING, DELETING, LISTING, READING, answers
from leadops.api.shapes import error, once, read
from leadops.models import Lead, Program, Scope
from leadops.services import lead_deletion, leads
from leadops.services.duplicates import words
from leadops.validation import check_lead, errors_in, refuse_cards

DELETION = (
    "It goes out of sight, and nothing of it is sent any more; what was sent stays where it is. Its reference stays"
    " used. A lead with a loan account stays: 409."
)


class LeadViews(GenericAPIView[Lead]):
    """What the views of leads share."""

    serializer_class = LeadAnswer
    filterset_class = LeadFilters
    also_taken = {expanding.NAME}

    def get_queryset(self) -> QuerySet[Lead]:
        if getattr(self, "swagger_fake_view", False):
            return Lead.objects.none()
        return Lead.objects.of_partner(caller(self.request))

    def rows_of(self, leads: QuerySet[Lead], ids: list[UUID]) -> list[Fragment]:
        """The leads of a page, told, and what `expand` names."""
        return expanding.expanded(ids, self.request)


class LeadsView(LeadViews):
    """All leads of the caller."""

    scopes = {"GET": Scope.LEAD_READ, "POST": Scope.LEAD_WRITE}
    is_list = True
    asked_along = staticmethod(asked_along)

    @extend_schema(
        operation_id="leads_list", summary="List leads", description="Newest first.", tags=["Leads"],
        parameters=[expanding.PARAMETER],
        responses=answers(LISTING, {200: LeadAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        found = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(found)

    @extend_schema(
        operation_id="leads_create", summary="Send a lead", description=examples.CREATE_LEAD_WORDS, tags=["Leads"],
        request=LeadShape, responses=answers(CREATING, {200: LeadAnswer}), examples=[examples.CREATE_LEAD],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        along = getattr(request._request, "leadops_along", None)
        taken, program = readable(body_of(request), partial(program_of, along))
        partner = caller(request)
        received = leads.receive(taken.draft, partner=partner, program=program, intake=Lead.Intake.API)
        told = lead_answer(received.lead, may_read_pii(request))
        answer = told | duplicates_answer(received, partner)
        warnings = [
            *taken.left_out,
            *received.warnings,
            *words.warnings_for_partner(received.repeats, partner.pk),
        ]
        if warnings:
            answer["warnings"] = warnings_answer(warnings)
        return Response(answer)


class LeadView(LeadViews):
    """One lead."""

    scopes = {"GET": Scope.LEAD_READ, "DELETE": Scope.LEAD_WRITE}
    for_borrowers = ("GET",)

    @extend_schema(
        operation_id="leads_retrieve", summary="Read a lead", tags=["Leads"], parameters=[expanding.PARAMETER],
        responses=answers(READING, {200: LeadAnswer}), filters=False,
    )  # fmt: skip
    def get(self, request: Request, lead_id: UUID) -> Response:
        mine = get_object_or_404(self.get_queryset().only("pk"), pk=lead_id)
        found = self.rows_of(self.get_queryset(), [mine.pk])
        if not found:  # an import was undone in between
            raise Http404
        return Response(found[0])

    @extend_schema(
        operation_id="leads_delete", summary="Delete a lead", tags=["Leads"], filters=False,
        description=DELETION, responses=answers(DELETING, {204: None}),
    )  # fmt: skip
    def delete(self, request: Request, lead_id: UUID) -> Response:
        lead = get_object_or_404(Lead.objects.of_partner(caller(request)), pk=lead_id)
        lead_deletion.delete(lead.pk)
        return Response(status=204)


def readable(
    body: Any, program_of: Callable[[UUID | None], Program | None] = active_program
) -> tuple[ReadLead, Program]:
    """The lead in `body` and its program; Problem with every error of form and content that can be found."""
    cards = [*map(FieldError.of, refuse_cards(body))]
    taken, errors = read(LEAD, body)
    known = isinstance(taken, ReadLead)
    program = program_of(taken.program_id) if known else None
    if known and taken.program_id and program is None:
        errors.append(error("program_id", "unknown_program"))
    if cards or errors or program is None:
        found = _content_errors(taken, program, body) if known else []
        raise invalid(once(cards, errors, found))
    return taken, program


def _content_errors(taken: ReadLead, program: Program | None, body: Any) -> list[FieldError]:
    findings = check_lead(taken.draft, country=program.country) if program else check_lead(taken.draft)
    sent_as = "mobile" if "primary_mobile" not in body and "mobile" in body else "primary_mobile"
    errors = [*map(FieldError.of, errors_in(findings))]
    return [each._replace(field=sent_as) if each.field == "primary_mobile" else each for each in errors]
