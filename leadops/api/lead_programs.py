"""The programs that a lead is in, over REST: Crego's borrower line details."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadops.api.authentication import caller
from leadops.api.schema import READING, answers
from leadops.models import Lead, LoanAccount, Program, Scope

AMOUNTS = ("approved_line_amount", "utilised_line_amount", "available_line_amount")
WORDS = (
    "Those of its loan accounts, the newest first, and its own one where that has no account. The amounts of a line are"
    " kept by the LOS; here they are null."
)


class LineDetailAnswer(serializers.Serializer[Any]):
    approved_line_amount = serializers.FloatField(allow_null=True, help_text="Kept by the LOS.")
    utilised_line_amount = serializers.FloatField(allow_null=True, help_text="Kept by the LOS.")
    available_line_amount = serializers.FloatField(allow_null=True, help_text="Kept by the LOS.")


class LeadProgramAnswer(serializers.Serializer[Any]):
    """A program that a lead is in, and the account there."""

    program_id = serializers.UUIDField()
    product_type = serializers.CharField()
    status = serializers.CharField(allow_null=True, help_text="The account's, null where there is none.")
    account_id = serializers.UUIDField(allow_null=True)
    line_detail = LineDetailAnswer()


class LeadProgramsView(APIView):
    """The programs of one lead."""

    scopes = {"GET": Scope.LEAD_READ}

    @extend_schema(
        operation_id="lead_programs_list", summary="List the programs of a lead", tags=["Leads"], description=WORDS,
        responses=answers(READING, {200: LeadProgramAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request, lead_id: UUID) -> Response:
        mine = Lead.objects.of_partner(caller(request)).select_related("program")
        lead = get_object_or_404(mine, pk=lead_id)
        accounts = list(LoanAccount.objects.filter(lead=lead))
        rows = [_of_account(account) for account in accounts]
        if lead.program_id not in {account.program_id for account in accounts}:
            rows.append(_without_account(lead.program))
        return Response(rows)


def _of_account(account: LoanAccount) -> dict[str, Any]:
    return {
        "program_id": str(account.program_id),
        "product_type": account.product_type,
        "status": account.status,
        "account_id": str(account.pk),
        "line_detail": dict.fromkeys(AMOUNTS),
    }


def _without_account(program: Program) -> dict[str, Any]:
    return {
        "program_id": str(program.pk),
        "product_type": program.product_type,
        "status": None,
        "account_id": None,
        "line_detail": dict.fromkeys(AMOUNTS),
    }
