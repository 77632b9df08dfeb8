"""A lead: the wish of one or more applicants for a loan, as one partner brought it."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, Right, Upper

from leadops.fields import BlindIndexField, EncryptedTextField
from leadops.models.branch import Branch
from leadops.models.officer import Officer
from leadops.models.partner import Partner
from leadops.models.program import Program
from leadops.models.record import Record

SHORT_ID_LENGTH = 8
SHORT_ID = Right(Cast("id", models.TextField()), SHORT_ID_LENGTH)
"""The end of our id, in SQL: by it people know a lead that its partner gave no reference."""
IN_SIGHT = Q(deleted_at__isnull=True)
IN_HAND = IN_SIGHT & Q(owner__isnull=False, status__in=["draft", "submitted", "in_review"])
CLOCK_TO_STOP = Q(sync_status="in_progress", due_at__isnull=False)
CLOCK_TO_GO_ON = Q(waiting_for="", clock_left__isnull=False) & ~Q(sync_status="in_progress")
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

    def visible_to(self, officer: Officer) -> Self:
        """The leads within the reach of `officer`: all, those of their branches, or their own."""
        if officer.sees_all:
            return self
        if not officer.is_active:
            return self.none()
        if officer.sees_own_only:
            return self.filter(Q(owner=officer.pk) | Q(created_by=officer.pk))
        return self.filter(branch_id__in=officer.branch_ids)

    def of_real_partners(self) -> Self:
        """Without what partners' test keys wrote: it counts nowhere."""
        return self.exclude(partner__in=Partner.objects.test_spaces())

    def with_parties(self) -> Self:
        """With all that belongs to a lead, in a fixed number of queries."""
        return self.select_related("partner", "program").prefetch_related(
            "applicants__addresses", "applicants__banks", "consents"
        )


_AllLeads = models.Manager.from_queryset(LeadQuerySet)


class LeadsInSight(_AllLeads["Lead"]):
    """Without those that were deleted."""

    def get_queryset(self) -> LeadQuerySet:
        return LeadQuerySet(self.model, using=self._db).filter(deleted_at__isnull=True)


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

    class WaitingFor(models.TextChoices):
        PARTNER = "partner", "Waiting for the partner"
        BORROWER = "borrower", "Waiting for the borrower"
        VENDOR = "vendor", "With the vendor"

    class Intake(models.TextChoices):
        EXCEL = "excel", "Excel"
        API = "api", "API"
        ADMIN = "admin", "Back office"
        DIALECT = "dialect", "Vendor dialect"

    # Without indexes of their own: the lists' below begin with them, and every delivery writes into each index.
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="leads", db_index=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="leads", db_index=False)
    branch = models.ForeignKey(
        Branch, on_delete=models.PROTECT, null=True, blank=True, related_name="leads", db_index=False
    )
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
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
    )
    due_at = models.DateTimeField(
        "due", null=True, editable=False, help_text="When its clock runs out; empty while none runs."
    )
    waiting_for = models.CharField(max_length=8, choices=WaitingFor, blank=True, editable=False)
    clock_left = models.IntegerField(
        null=True, editable=False, help_text="Seconds that its clock had left when it was stopped."
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
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )

    deleted_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField("personal data erased", null=True, editable=False)

    objects = LeadsInSight()
    with_deleted = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("own_leads_only", "Sees own leads only, whatever the reach"),
            ("submit_lead", "Can submit leads; who can't edits drafts only"),
            ("assign_lead", "Can say who works on a lead"),
            ("reveal_personal_data", "Can see personal data unmasked, with a reason"),
            ("erase_personal_data", "Erase personal data"),
            ("hold_personal_data", "Place and lift legal holds"),
        ]
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
            # Of the leads in sight alone, so that the ids of a page are still read from the index and nothing else.
            models.Index(fields=["partner", "-id"], condition=IN_SIGHT, name="seen_lead_by_partner"),
            models.Index(fields=["program", "-id"], condition=IN_SIGHT, name="seen_lead_by_program"),
            models.Index(fields=["branch", "-id"], condition=IN_SIGHT, name="seen_lead_by_branch"),
            models.Index(fields=["status", "-id"], condition=IN_SIGHT, name="seen_lead_by_status"),
            models.Index(fields=["sync_status", "-id"], condition=IN_SIGHT, name="seen_lead_by_sync"),
            models.Index(
                fields=["branch", "-id"],
                condition=IN_SIGHT & Q(sync_status="needs_person"),
                name="stuck_lead_by_branch",
            ),
            # Who brought it in; what came by itself costs nothing here, and is asked for by nobody.
            models.Index(fields=["created_by"], condition=Q(created_by__isnull=False), name="lead_by_maker"),
            # What an officer has in hand, the most urgent first; what is decided, or nobody's, costs nothing here.
            models.Index(fields=["owner", "due_at", "-id"], condition=IN_HAND, name="open_lead_by_owner"),
            models.Index(fields=["due_at"], condition=IN_SIGHT & Q(due_at__isnull=False), name="lead_by_due"),
            models.Index(
                fields=["waiting_for"], condition=IN_SIGHT & ~Q(waiting_for=""), name="lead_by_waiting"
            ),
            # The few whose clock is to be stopped, or goes on, as the engine took them up or is done with them.
            models.Index(fields=["id"], condition=CLOCK_TO_STOP, name="lead_clock_to_stop"),
            models.Index(fields=["id"], condition=CLOCK_TO_GO_ON, name="lead_clock_to_go_on"),
            # What the first page counts, by stage and by day, is read from this index and nothing else.
            models.Index(
                fields=["program", "status", "-id"],
                include=["intake", "partner", "branch"],
                condition=IN_SIGHT,
                name="seen_lead_by_stage",
            ),
            # The same for who sees a branch alone, which may be one of a hundred; their list by status comes from it.
            models.Index(
                fields=["branch", "status", "-id"],
                include=["program", "intake", "partner"],
                condition=IN_SIGHT,
                name="seen_lead_by_branch_status",
            ),
            # Most leads have no tags, and those cost nothing here.
            GinIndex(fields=["tags"], condition=~Q(tags=[]), name="lead_by_tag"),
            # With the id: what came within some days is then a range of the same index.
            models.Index(fields=["primary_mobile_index", "id"], name="lead_by_mobile"),
            models.Index(Upper("partner_ref_id"), condition=~Q(partner_ref_id=""), name="lead_by_reference"),
            # What changed of late stands in few pages: reports look for its days.
            BrinIndex(fields=["updated_at"], pages_per_range=16, autosummarize=True, name="lead_changed"),
            models.Index(SHORT_ID, condition=Q(partner_ref_id=""), name="lead_by_short_id"),
            # Not over the moment of the last change, which would make every update write into each index.
            models.Index(
                fields=["program", "id"],
                condition=Q(erased_at__isnull=True, status__in=("declined", "dropped")),
                name="lead_to_erase",
            ),
        ]

    def __str__(self) -> str:
        return f"Lead {self.reference}"

    @property
    def is_stopped(self) -> bool:
        """Whether the lender has ended it: nothing of it is sent any more."""
        return self.status in self.STOPPED or self.erased_at is not None

    @property
    def reference(self) -> str:
        """What people call this lead: the partner's reference, else the end of our id, which is its random part."""
        return reference_of(self.pk, self.partner_ref_id)


def reference_of(lead_id: UUID, partner_ref_id: str) -> str:
    """`Lead.reference` of a lead that is known by these alone."""
    return partner_ref_id or f"#{lead_id.hex[-SHORT_ID_LENGTH:]}"
