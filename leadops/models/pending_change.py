"""What one officer asked for and another one has to approve."""

from __future__ import annotations

from typing import NotRequired, Self, TypedDict

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadops.fields import EncryptedTextField
from leadops.models.officer import Officer
from leadops.models.record import Record


class Line(TypedDict):
    """One row of the table before and after, as everybody may read it: masked, and never a secret."""

    field: str
    old: str
    new: str
    lead: NotRequired[str]
    """The id of the lead that it tells of, by which it is found to be erased."""


class PendingChangeQuerySet(models.QuerySet["PendingChange"]):
    def waiting(self) -> Self:
        """Those that nobody has decided on."""
        return self.filter(state=PendingChange.State.PENDING)

    def within_reach_of(self, officer: Officer) -> Self:
        """What is about no leads, or about leads that `officer` sees; and all that they asked for themselves."""
        if officer.sees_all:
            return self
        found = Q(made_by=officer) | Q(branch_ids__isnull=True)
        if not officer.sees_own_only:
            found |= Q(branch_ids__contained_by=officer.branch_ids, head_office=False)
        return self.filter(found)


class PendingChange(Record):
    """A change that waits for a second person, or waited: what it is, who asked for it and why, who decided.

    `diff` is for people. What carries the change out stands in `sealed_data`, and is wiped once it is decided.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        STALE = "stale", _("Out of date")

    kind = models.CharField(max_length=40)
    subject_model = models.CharField(max_length=100, blank=True, help_text="Its label: leadops.bank.")
    subject_id = models.CharField(max_length=40, blank=True)
    what = models.CharField(max_length=300, help_text="The change in words.")
    diff = models.JSONField(default=list, help_text="A list of Line.")
    sealed_data = EncryptedTextField(editable=False)
    base = models.CharField(
        max_length=64, blank=True, help_text="Tells the version it was made on from others."
    )
    branch_ids = ArrayField(
        models.UUIDField(), null=True, help_text="The branches of its leads; null where it is about no leads."
    )
    head_office = models.BooleanField(default=False, help_text="Some of its leads are of no branch.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=500, blank=True, help_text="What was said with the decision.")

    objects = PendingChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-id"]
        default_permissions = ("view",)  # nobody adds, alters or deletes one by hand
        permissions = [("approve_pendingchange", "Can approve what another officer asked for")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "refused"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("made_by"))),
                name="the_maker_never_approves",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at=None, decided_by=None)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
                name="decided_once_it_waits_no_more",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject_model", "subject_id"],
                condition=Q(state="pending") & ~Q(subject_id=""),
                name="one_change_waits_per_subject",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="pending"), name="pending_change_waiting")]

    def __str__(self) -> str:
        return self.what

    @property
    def waits(self) -> bool:
        """Whether nobody has decided on it yet."""
        return self.state == self.State.PENDING
