"""What belongs to a lead, on its way in and out by itself: applicants, addresses and bank accounts."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from rest_framework import serializers

from leadops.api.lead_answers import AddressAnswer, ApplicantAnswer, BankAnswer, WarningAnswer
from leadops.api.lead_shapes import AddressShape, ApplicantShape, BankShape, without_their_word
from leadops.api.shapes import Id, Shape
from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft
from leadops.validation import Finding

Draft = ApplicantDraft | AddressDraft | BankDraft


class Added(NamedTuple):
    """A part and what it is to belong to, None when that could not be read; `left_out` says what was not taken."""

    owner_id: UUID | None
    draft: Draft
    left_out: list[Finding]


class NewPart(Shape):
    """A part that names its owner in the field `owner`."""

    owner: ClassVar[str]

    def made(self, values: dict[str, Any]) -> Added:
        owner_id = values.pop(self.owner, None)
        draft = self.draft(**values)
        return Added(owner_id, draft, without_their_word(draft))


class NewApplicantShape(NewPart, ApplicantShape):
    """An applicant for a lead that is here."""

    owner = "lead_id"

    lead_id = Id(help_text="The lead's id.")


class NewAddressShape(NewPart, AddressShape):
    """An address for an applicant that is here; in India line, pincode, city and state are needed."""

    owner = "applicant_id"

    applicant_id = Id(help_text="The applicant's id.")


class NewBankShape(NewPart, BankShape):
    """A bank account for an applicant that is here; number, holder and type are needed, in India the IFSC too."""

    owner = "applicant_id"

    applicant_id = Id(help_text="The applicant's id.")


class ApplicantChangeShape(ApplicantShape):
    """What is to be changed of an applicant; its addresses and bank accounts have addresses of their own."""

    addresses = None  # type: ignore[assignment]  # takes the field away
    banks = None  # type: ignore[assignment]


class AddressChangeShape(AddressShape):
    """What is to be changed of an address."""


class BankChangeShape(BankShape):
    """What is to be changed of a bank account."""


NEW_APPLICANT, NEW_ADDRESS, NEW_BANK = NewApplicantShape(), NewAddressShape(), NewBankShape()
APPLICANT_CHANGE, ADDRESS_CHANGE, BANK_CHANGE = (
    ApplicantChangeShape(),
    AddressChangeShape(),
    BankChangeShape(),
)


class Written(serializers.Serializer[Any]):
    warnings = WarningAnswer(
        many=True, required=False, help_text="Only if any: it was stored, but look at these values."
    )


class WrittenApplicantAnswer(Written, ApplicantAnswer):
    """An applicant as it is now."""


class WrittenAddressAnswer(Written, AddressAnswer):
    """An address as it is now."""


class BankAloneAnswer(BankAnswer):
    """A bank account with the fields that Crego tells of one alone."""

    program_ids = serializers.ListField(child=serializers.UUIDField(), help_text="The lead's program.")
    summary = serializers.ListField(child=serializers.JSONField(), help_text="Crego's; empty here.")
    banking_id = serializers.CharField(help_text="Crego's; empty here.")


class WrittenBankAnswer(Written, BankAloneAnswer):
    """A bank account as it is now."""
