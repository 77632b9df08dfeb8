"""Applicants over REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from leadops.api import examples
from leadops.api.authentication import caller, may_read_pii
from leadops.api.lead_answers import ApplicantAnswer, applicant_answer
from leadops.api.parsers import body_of, refuse_body
from leadops.api.parties import read_change, read_new, written
from leadops.api.party_shapes import (
    APPLICANT_CHANGE,
    NEW_APPLICANT,
    ApplicantChangeShape,
    NewApplicantShape,
    WrittenApplicantAnswer,
)
from leadops.api.schema import CHANGING, CREATING, DELETING, READING, answers
from leadops.models import Applicant, Lead, Scope
from leadops.services import applicants
from leadops.services.whole_leads import Changed
from leadops.validation import Finding


class ApplicantViews(GenericAPIView[Applicant]):
    """What the views of applicants share."""

    serializer_class = ApplicantAnswer

    def get_queryset(self) -> QuerySet[Applicant]:
        if getattr(self, "swagger_fake_view", False):
            return Applicant.objects.none()
        mine = Applicant.objects.of_partner(caller(self.request))
        return mine.select_related("lead__program").prefetch_related("addresses", "banks")

    def applicant(self, applicant_id: UUID) -> Applicant:
        """The caller's applicant with this id."""
        return get_object_or_404(self.get_queryset(), pk=applicant_id)

    def answer(self, applicant: Applicant) -> dict[str, Any]:
        return applicant_answer(applicant, applicant.lead.program.country, may_read_pii(self.request))

    def written(self, changed: Changed, left_out: Sequence[Finding] = ()) -> dict[str, Any]:
        """What was stored, and what there is to say about it."""
        return written(self.answer(self.applicant(changed.id)), changed, caller(self.request), left_out)


class ApplicantsView(ApplicantViews):
    """Where applicants are added."""

    scopes = {"POST": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="applicants_create", summary="Add an applicant to a lead", tags=["Applicants"],
        description=examples.CREATE_APPLICANT_WORDS, request=NewApplicantShape, examples=[examples.CREATE_APPLICANT],
        responses=answers(CREATING, {201: WrittenApplicantAnswer}),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        mine = Lead.objects.of_partner(caller(request))
        new = read_new(NEW_APPLICANT, body_of(request), mine, "unknown_lead")
        return Response(self.written(applicants.add(new.owner.pk, new.draft), new.left_out), 201)


class ApplicantView(ApplicantViews):
    """One applicant."""

    scopes = {"GET": Scope.LEAD_READ, "PATCH": Scope.LEAD_WRITE, "DELETE": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="applicants_retrieve", summary="Read an applicant", tags=["Applicants"],
        responses=answers(READING, {200: ApplicantAnswer}), filters=False,
    )  # fmt: skip
    def get(self, request: Request, applicant_id: UUID) -> Response:
        return Response(self.answer(self.applicant(applicant_id)))

    @extend_schema(
        operation_id="applicants_update", summary="Change an applicant", tags=["Applicants"],
        description=examples.CHANGE_APPLICANT_WORDS, request=ApplicantChangeShape, filters=False,
        responses=answers(CHANGING, {200: WrittenApplicantAnswer}), examples=[examples.CHANGE_APPLICANT],
    )  # fmt: skip
    def patch(self, request: Request, applicant_id: UUID) -> Response:
        applicant = self.applicant(applicant_id)
        shown = applicant_answer(applicant, applicant.lead.program.country, whole_pii=False)
        given = read_change(APPLICANT_CHANGE, body_of(request), shown)
        return Response(self.written(applicants.change(applicant, given.values), given.left_out))

    @extend_schema(
        operation_id="applicants_delete", summary="Delete an applicant", tags=["Applicants"], filters=False,
        description="With its addresses and bank accounts. The primary applicant, who may be the only one, stays: 409.",
        responses=answers(DELETING, {204: None}),
    )  # fmt: skip
    def delete(self, request: Request, applicant_id: UUID) -> Response:
        applicants.delete(self.applicant(applicant_id))
        return Response(status=204)


class MarkPrimaryView(ApplicantViews):
    """Making an applicant the primary one."""

    scopes = {"PUT": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="applicants_mark_primary", summary="Mark an applicant as primary", tags=["Applicants"],
        description="The former primary applicant is it no more.", request=None, filters=False,
        responses=answers(CHANGING, {200: WrittenApplicantAnswer}),
    )  # fmt: skip
    def put(self, request: Request, applicant_id: UUID) -> Response:
        refuse_body(request)
        return Response(self.written(applicants.mark_primary(self.applicant(applicant_id))))
