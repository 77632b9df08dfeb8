"""A lead: the wish of one or more applicants for a loan, as one partner brought it."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, Right, Upper

from leadops.fields import BlindIndexField, EncryptedTextField
from leadops.models.partner import Partner
from leadops.models.program import Program
from leadops.models.record import Record

SHORT_ID_LENGTH = 8
SHORT_ID = Right(Cast("id", models.TextField()), SHORT_ID_LENGTH)
"""The end of our id, in SQL: by it people know a lead that its partner gave no reference."""
REFERENCE_TAKEN = "This partner already sent a lead with this reference."


class TenureUnit(models.TextChoices):
    DAYS = "DAYS", "Days"
    WEEKS = "WEEKS", "Weeks"
    MONTHS = "MONTHS", "Months"
    YEARS = "YEARS", "Years"


class LeadQuerySet(models.QuerySet["Lead"]):
    def of_partner(self, partner: Partner) -> Self:
        """The leads that `partner` brought: all that its keys may see."""
        return self.filter(partner=partner)

    def with_parties(self) -> Self:
        """With all that belongs to a lead, in a fixed number of queries."""
        return self.select_related("partner", "program").prefetch_related(
            "applicants__addresses", "applicants__banks", "consents"
        )


class Lead(Record):
    """`status` is the lender's own word; `sync_status` sums up its deliveries and is written by the engine alone."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        DROPPED = "dropped", "Dropped"

    STOPPED = (Status.DECLINED, Status.DROPPED)
    """Statuses in which a lead goes to no vendor."""
    OPEN = (Status.DRAFT, Status.SUBMITTED, Status.IN_REVIEW)
    """Statuses in which nobody has decided on a lead yet, so that it may still be filled in and changed."""

    class SyncStatus(models.TextChoices):
        NOT_SENT = "not_sent", "Not sent"
        IN_PROGRESS = "in_progress", "On its way"
        DELIVERED = "delivered", "Delivered"
        NEEDS_PERSON = "needs_person", "Needs a person"

    class Intake(models.TextChoices):
        EXCEL = "excel", "Excel"
        API = "api", "API"
        ADMIN = "admin", "Back office"
        DIALECT = "dialect", "Vendor dialect"

    # Without indexes of their own: the lists' below begin with them, and every delivery writes into each index.
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="leads", db_index=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="leads", db_index=False)
    intake = models.CharField(max_length=10, choices=Intake, default=Intake.ADMIN, editable=False)
    source = models.CharField(max_length=100, blank=True)
    channel = models.CharField(max_length=100, blank=True)
    partner_ref_id = models.CharField("partner reference", max_length=100, blank=True)
    primary_mobile = EncryptedTextField(blank=False)
    primary_mobile_index = BlindIndexField(source="primary_mobile", purpose="mobile")
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    sync_status = models.CharField(
        max_length=12,
        choices=SyncStatus,
        default=SyncStatus.NOT_SENT,
        editable=False,
        verbose_name="delivery",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    loan_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    loan_tenure = models.PositiveIntegerField(null=True, blank=True)
    loan_tenure_unit = models.CharField(max_length=6, choices=TenureUnit, blank=True)
    loan_purpose = models.CharField(max_length=200, blank=True)
    remarks = models.TextField(blank=True)
    extra = models.JSONField(
        default=dict, blank=True, help_text="Fields that only one vendor has, by its slug."
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "partner_ref_id"],
                condition=~Q(partner_ref_id=""),
                name="one_lead_per_partner_reference",
                violation_error_message=REFERENCE_TAKEN,
            ),
            models.CheckConstraint(
                condition=Q(loan_amount__isnull=True) | Q(loan_amount__gte=0), name="loan_amount_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "-id"], name="lead_by_partner"),
            models.Index(fields=["program", "-id"], name="lead_by_program"),
            models.Index(fields=["status", "-id"], name="lead_by_status"),
            models.Index(fields=["sync_status", "-id"], name="lead_by_sync_status"),
            # With the id: what came within some days is then a range of the same index.
            models.Index(fields=["primary_mobile_index", "id"], name="lead_by_mobile"),
            models.Index(Upper("partner_ref_id"), condition=~Q(partner_ref_id=""), name="lead_by_reference"),
            models.Index(SHORT_ID, condition=Q(partner_ref_id=""), name="lead_by_short_id"),
        ]

    def __str__(self) -> str:
        return f"Lead {self.reference}"

    @property
    def is_stopped(self) -> bool:
        """Whether the lender has ended it: nothing of it is sent any more."""
        return self.status in self.STOPPED

    @property
    def reference(self) -> str:
        """What people call this lead: the partner's reference, else the end of our id, which is its random part."""
        return reference_of(self.pk, self.partner_ref_id)


def reference_of(lead_id: UUID, partner_ref_id: str) -> str:
    """`Lead.reference` of a lead that is known by these alone."""
    return partner_ref_id or f"#{lead_id.hex[-SHORT_ID_LENGTH:]}"
