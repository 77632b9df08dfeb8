"""Verifying a bank account over REST, at the address that Crego's menu names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm_integrations import bank_checks
from crm_integrations.models import Delivery, State
from leadops.api.authentication import may_read_pii
from leadops.api.banks import BankViews
from leadops.api.party_shapes import BankAloneAnswer
from leadops.api.schema import DELETING, answers
from leadops.api.shapes import Moment
from leadops.models import Bank, BankVerification, Scope

WORDS = """\
Has the bank asked in whose name the account is, once for each account number and IFSC, and tells how that stands: ask
again for the result. `is_verified` is true once the name at the bank is the holder's or the applicant's, as far as
`best_match` tells, from 0 to 100. The name itself is told to keys with the scope pii:read.
409: the lender verifies none, the number or the IFSC is missing, or the lead was dropped or declined.
"""


class VerificationAnswer(serializers.Serializer[Any]):
    """How the verifying of an account stands."""

    delivery_id = serializers.UUIDField()
    state = serializers.ChoiceField(
        choices=State.choices, help_text="Of its delivery to the verifying service."
    )
    checked_at = Moment(allow_null=True, help_text="Seconds since 1970; null before the bank has told.")
    found = serializers.BooleanField(allow_null=True, help_text="Whether there is such an account.")
    best_match = serializers.IntegerField(allow_null=True, help_text="The better of the two below.")
    holder_match = serializers.IntegerField(allow_null=True, help_text="With account_holder_name.")
    applicant_match = serializers.IntegerField(allow_null=True, help_text="With the applicant's name.")
    name_at_bank = serializers.CharField(allow_null=True, help_text="With the scope pii:read alone.")


class VerifiedBankAnswer(BankAloneAnswer):
    """A bank account, and how its verifying stands."""

    verification = VerificationAnswer()


class VerifyBankView(BankViews):
    """Verifying one bank account. A GET that does something, as in Crego's menu; done again, it only tells."""

    scopes = {"GET": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="banks_verify", summary="Verify a bank account", tags=["Bank accounts"], filters=False,
        description=WORDS, responses=answers(DELETING, {200: VerifiedBankAnswer}),
    )  # fmt: skip
    def get(self, request: Request, bank_id: UUID) -> Response:
        bank = self.bank(bank_id)
        delivery = bank_checks.ask(bank)
        told = BankVerification.objects.filter(bank=bank, key=delivery.record_id).first()
        return Response(self.answer(bank) | {"verification": self._verification(bank, delivery, told)})

    def _verification(self, bank: Bank, delivery: Delivery, told: BankVerification | None) -> dict[str, Any]:
        shown = told is not None and may_read_pii(self.request)
        return {
            "delivery_id": str(delivery.pk),
            "state": delivery.state,
            "checked_at": told and told.created_at.timestamp(),
            "found": told and bool(told.name_at_bank),
            "best_match": told and told.best_match,
            "holder_match": told and told.holder_match,
            "applicant_match": told and told.applicant_match,
            "name_at_bank": told.name_at_bank or None if told and shown else None,
        }
