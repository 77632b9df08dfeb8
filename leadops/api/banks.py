"""Bank accounts of applicants over REST."""

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
from leadops.api.lead_answers import bank_answer
from leadops.api.parsers import body_of
from leadops.api.parties import read_change, read_new, written
from leadops.api.party_shapes import (
    BANK_CHANGE,
    NEW_BANK,
    BankAloneAnswer,
    BankChangeShape,
    NewBankShape,
    WrittenBankAnswer,
)
from leadops.api.schema import CHANGING, CREATING, DELETING, READING, answers
from leadops.models import Applicant, Bank, Scope
from leadops.services import addresses_and_banks
from leadops.services.whole_leads import Changed
from leadops.validation import Finding


class BankViews(GenericAPIView[Bank]):
    """What the views of bank accounts share."""

    serializer_class = BankAloneAnswer

    def get_queryset(self) -> QuerySet[Bank]:
        if getattr(self, "swagger_fake_view", False):
            return Bank.objects.none()
        return Bank.objects.of_partner(caller(self.request)).select_related("applicant__lead")

    def bank(self, bank_id: UUID) -> Bank:
        """The caller's bank account with this id."""
        return get_object_or_404(self.get_queryset(), pk=bank_id)

    def answer(self, bank: Bank) -> dict[str, Any]:
        """The account, with the fields that Crego tells of one alone and that we have nothing for."""
        alone = {"program_ids": [str(bank.applicant.lead.program_id)], "summary": [], "banking_id": ""}
        return bank_answer(bank, may_read_pii(self.request)) | alone

    def written(self, changed: Changed, left_out: Sequence[Finding] = ()) -> dict[str, Any]:
        """What was stored, and what there is to say about it."""
        return written(self.answer(self.bank(changed.id)), changed, caller(self.request), left_out)


class BanksView(BankViews):
    """Where bank accounts are added."""

    scopes = {"POST": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="banks_create", summary="Add a bank account to an applicant", tags=["Bank accounts"],
        description=examples.CREATE_BANK_WORDS, request=NewBankShape, examples=[examples.CREATE_BANK],
        responses=answers(CREATING, {201: WrittenBankAnswer}),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        mine = Applicant.objects.of_partner(caller(request))
        new = read_new(NEW_BANK, body_of(request), mine, "unknown_applicant")
        return Response(self.written(addresses_and_banks.add_bank(new.owner, new.draft), new.left_out), 201)


class BankView(BankViews):
    """One bank account."""

    scopes = {"GET": Scope.LEAD_READ, "PATCH": Scope.LEAD_WRITE, "DELETE": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="banks_retrieve", summary="Read a bank account", tags=["Bank accounts"],
        responses=answers(READING, {200: BankAloneAnswer}), filters=False,
    )  # fmt: skip
    def get(self, request: Request, bank_id: UUID) -> Response:
        return Response(self.answer(self.bank(bank_id)))

    @extend_schema(
        operation_id="banks_update", summary="Change a bank account", tags=["Bank accounts"], filters=False,
        description=examples.CHANGE_BANK_WORDS, request=BankChangeShape, examples=[examples.CHANGE_BANK],
        responses=answers(CHANGING, {200: WrittenBankAnswer}),
    )  # fmt: skip
    def patch(self, request: Request, bank_id: UUID) -> Response:
        bank = self.bank(bank_id)
        given = read_change(BANK_CHANGE, body_of(request), bank_answer(bank, whole_pii=False))
        return Response(self.written(addresses_and_banks.change_bank(bank, given.values), given.left_out))

    @extend_schema(
        operation_id="banks_delete", summary="Delete a bank account", tags=["Bank accounts"], filters=False,
        responses=answers(DELETING, {204: None}),
    )  # fmt: skip
    def delete(self, request: Request, bank_id: UUID) -> Response:
        addresses_and_banks.delete_bank(self.bank(bank_id))
        return Response(status=204)


class BanksOfApplicantView(BankViews):
    """The bank accounts of one applicant."""

    scopes = {"GET": Scope.LEAD_READ}
    pagination_class = None

    @extend_schema(
        operation_id="applicant_banks_list", summary="List an applicant's bank accounts", tags=["Bank accounts"],
        description="All of them, in their order.", filters=False,
        responses=answers(READING, {200: BankAloneAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request, applicant_id: UUID) -> Response:
        mine = Applicant.objects.of_partner(caller(request))
        applicant = get_object_or_404(mine, pk=applicant_id)
        of_applicant = self.get_queryset().filter(applicant=applicant)
        return Response([self.answer(each) for each in of_applicant])
