"""The bank accounts that money may go to."""

from __future__ import annotations

from typing import Self
from uuid import UUID, uuid5

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from leadops import masking
from leadops.fields import BlindIndexField, EncryptedTextField
from leadops.models.applicant import Applicant
from leadops.models.partner import Partner
from leadops.models.record import Record
from leadops.models.sight import SeenWithApplicant
from leadops.reference import ifsc
from leadops.sealing import blind_index


def verification_key(bank_id: UUID, account_no: str, ifsc: str) -> UUID | None:
    """What a verifying is about: this row's account number and IFSC together, which either's change makes another.

    None where there is nothing to verify.
    """
    index = blind_index("account", account_no) if ifsc else None
    return uuid5(bank_id, f"{index.hex()} {ifsc}") if index else None


class BankQuerySet(SeenWithApplicant["Bank"]):
    def of_partner(self, partner: Partner) -> Self:
        """Those of the leads that `partner` brought and has not deleted."""
        return self.filter(applicant__lead__partner=partner, applicant__lead__deleted_at__isnull=True)


class Bank(Record):
    """One account of an applicant."""

    applicant = models.ForeignKey(Applicant, on_delete=models.CASCADE, related_name="banks")
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    account_type = models.CharField(max_length=30, blank=True)
    account_no = EncryptedTextField("account number")
    account_no_index = BlindIndexField(source="account_no", purpose="account")
    account_holder_name = models.CharField(max_length=200, blank=True)
    ifsc = models.CharField("IFSC", max_length=11, blank=True)
    is_verified = models.BooleanField("verified", default=False)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)

    objects = BankQuerySet.as_manager()

    class Meta:
        ordering = ["applicant_id", "position", "id"]
        indexes = [
            models.Index(
                fields=["account_no_index", "id"],
                condition=Q(account_no_index__isnull=False),
                name="bank_by_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank_name or self.ifsc or 'Bank'} {masking.dotted(self.account_no)}".strip()

    @property
    def bank_name(self) -> str:
        """The bank that the IFSC belongs to, empty when there is none."""
        bank = ifsc.bank_of(self.ifsc)
        return bank.name if bank else ""

    @property
    def verification_key(self) -> UUID | None:
        """What a verifying of this account, as it is, is about; None where there is nothing to verify."""
        return verification_key(self.pk, self.account_no, self.ifsc)


class BankVerification(Record):
    """What a bank told of an account: in whose name it is, and how far that is who it should be."""

    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="verifications")
    key = models.UUIDField(unique=True, help_text="Of the account number and the IFSC that were verified.")
    name_at_bank = models.CharField(max_length=200, blank=True, help_text="Empty: there is no such account.")
    reason = models.CharField(max_length=200, blank=True)
    holder_match = models.PositiveSmallIntegerField(help_text="From 0 to 100.")
    applicant_match = models.PositiveSmallIntegerField(help_text="From 0 to 100.")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.bank}: {self.best_match} of 100"

    @property
    def best_match(self) -> int:
        """How far the name is the holder's or the applicant's, from 0 to 100."""
        return max(self.holder_match, self.applicant_match)
