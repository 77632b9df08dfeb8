"""Loan accounts over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from leadops.api import examples
from leadops.api.authentication import caller
from leadops.api.filters import AccountFilters
from leadops.api.loan_account_shapes import ACCOUNT, AccountAnswer, AccountShape, ReadAccount, account_answer
from leadops.api.parsers import body_of
from leadops.api.problems import FieldError, Problem, Type, invalid
from leadops.api.programs import active_program
from leadops.api.schema import CREATING, LISTING, READING, answers
from leadops.api.shapes import error, once, read
from leadops.errors import DuplicateReference
from leadops.models import Lead, LoanAccount, Partner, Program, Scope
from leadops.models.loan_account import REFERENCE_TAKEN
from leadops.services import loan_accounts
from leadops.validation import findings_at, refuse_cards


class AccountViews(GenericAPIView[LoanAccount]):
    """What the views of loan accounts share."""

    serializer_class = AccountAnswer
    filterset_class = AccountFilters

    def get_queryset(self) -> QuerySet[LoanAccount]:
        if getattr(self, "swagger_fake_view", False):
            return LoanAccount.objects.none()
        return LoanAccount.objects.of_partner(caller(self.request))


class AccountsView(AccountViews):
    """The loan accounts on the caller's leads."""

    is_list = True
    scopes = {"GET": Scope.ACCOUNT_READ, "POST": Scope.ACCOUNT_WRITE}

    @extend_schema(
        operation_id="accounts_list", summary="List loan accounts", description="Newest first.",
        tags=["Loan accounts"], responses=answers(LISTING, {200: AccountAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        found = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response([account_answer(account) for account in found])

    @extend_schema(
        operation_id="accounts_create", summary="Open a loan account", tags=["Loan accounts"],
        description=examples.CREATE_ACCOUNT_WORDS, request=AccountShape,
        responses=answers(CREATING, {201: AccountAnswer}), examples=[examples.CREATE_ACCOUNT],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        lead, program, ref_id = _readable(body_of(request), caller(request))
        try:
            account = loan_accounts.open_account(lead, ref_id, program)
        except DuplicateReference as taken:
            raise _conflict(taken, caller(request)) from None
        return Response(account_answer(account), 201)


class AccountView(AccountViews):
    """One loan account."""

    scopes = {"GET": Scope.ACCOUNT_READ}

    @extend_schema(
        operation_id="accounts_retrieve", summary="Read a loan account", tags=["Loan accounts"],
        responses=answers(READING, {200: AccountAnswer}), filters=False,
    )  # fmt: skip
    def get(self, request: Request, account_id: UUID) -> Response:
        return Response(account_answer(get_object_or_404(self.get_queryset(), pk=account_id)))


def _readable(body: Any, partner: Partner) -> tuple[Lead, Program, str]:
    """The lead, the program and the reference that `body` names; Problem with every error of it."""
    cards = [*map(FieldError.of, refuse_cards(body))]
    taken, errors = read(ACCOUNT, body)
    if not isinstance(taken, ReadAccount):
        raise invalid(once(cards, errors))
    lead = _lead(taken.crm_lead_id, partner)
    if lead is None and taken.crm_lead_id:
        errors.append(error("crm_lead_id", "unknown_lead"))
    program = active_program(taken.program_id)
    if program is None and taken.program_id:
        errors.append(error("program_id", "unknown_program"))
    reference = loan_accounts.checked_reference(taken.ref_id)
    unfit = [*map(FieldError.of, findings_at("ref_id", reference.problems))] if reference.is_refused else []
    if cards or errors or unfit or lead is None or program is None:
        raise invalid(once(cards, errors, unfit))
    return lead, program, reference.value


def _lead(lead_id: UUID | None, partner: Partner) -> Lead | None:
    return Lead.objects.of_partner(partner).filter(pk=lead_id).first() if lead_id else None


def _conflict(taken: DuplicateReference, partner: Partner) -> Problem:
    """The id of the account that has the reference is told only to the partner whose account it is."""
    existing = taken.existing_id
    own = existing and LoanAccount.objects.of_partner(partner).filter(pk=existing).exists()
    members = {"existing_id": existing} if own else {}
    return Problem(Type.CONFLICT, REFERENCE_TAKEN, members)
