"""What a loan account looks like on its way in and out: exactly Crego's fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rest_framework import serializers

from leadops.api.shapes import Id, Moment, Shape, Text
from leadops.models import LoanAccount
from leadops.services.loan_accounts import LONGEST_REFERENCE


@dataclass(slots=True)
class ReadAccount:
    crm_lead_id: UUID | None = None
    ref_id: str = ""
    program_id: UUID | None = None


class AccountShape(Shape):
    """A loan account to open on a lead."""

    draft = ReadAccount

    crm_lead_id = Id(help_text="The id that POST /v1/crm/leads/ answered.")
    ref_id = Text(max_length=LONGEST_REFERENCE, help_text="Your reference; unique in the program.")
    program_id = Id(help_text="Any program that takes your leads, also another one than the lead's.")


ACCOUNT = AccountShape()


def account_answer(account: LoanAccount) -> dict[str, Any]:
    """The account; `status` is the LOS's own word."""
    return {
        "id": str(account.pk),
        "created_at": account.created_at.timestamp(),
        "updated_at": account.updated_at.timestamp(),
        "crm_lead_id": str(account.lead_id),
        "program_id": str(account.program_id),
        "ref_id": account.ref_id,
        "product_type": account.product_type,
        "tags": account.tags,
        "status": account.status,
        "drop_reason": account.drop_reason,
    }


class AccountAnswer(serializers.Serializer[Any]):
    """A loan account."""

    id = serializers.UUIDField()
    created_at = Moment(help_text="Seconds since 1970.")
    updated_at = Moment()
    crm_lead_id = serializers.UUIDField()
    program_id = serializers.UUIDField()
    ref_id = serializers.CharField()
    product_type = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    status = serializers.CharField(help_text="The LOS's own word; pending until it has given one.")
    drop_reason = serializers.CharField(allow_null=True)
