"""The loan account that a lead becomes."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from leadops.models.lead import Lead
from leadops.models.partner import Partner
from leadops.models.program import Program
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead

REFERENCE_TAKEN = "This program already has an account with this reference."


class LoanAccountQuerySet(SeenWithLead["LoanAccount"]):
    def of_partner(self, partner: Partner) -> Self:
        """The accounts on leads that `partner` brought: all that its keys may see."""
        return self.filter(lead__partner=partner)


class LoanAccount(Record):
    """`status` is the LOS vendor's own word, `pending` until it has given one."""

    PENDING = "pending"

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="loan_accounts")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="loan_accounts")
    ref_id = models.CharField("reference", max_length=50)
    in_test_space = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="On a lead of a partner's test key."
    )
    product_type = models.CharField(max_length=50, blank=True, editable=False)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    status = models.CharField(max_length=50, default=PENDING, editable=False)
    drop_reason = models.CharField(max_length=300, null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = LoanAccountQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "ref_id", "in_test_space"],
                name="one_account_per_program_and_reference",
                violation_error_message=REFERENCE_TAKEN,
            ),
        ]
        indexes = [models.Index(fields=["status", "-id"], name="account_by_status")]

    def __str__(self) -> str:
        return self.ref_id
