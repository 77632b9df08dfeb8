"""The outbox: what is on its way to which connection, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from crm_integrations.connector import Kind
from crm_integrations.models.connection import Connection
from crm_integrations.models.event import PartnerEvent
from leadops.models import Lead, LoanAccount
from leadops.models.record import Record
from leadops.models.sight import SeenWithLead


class State(models.TextChoices):
    """Where a delivery stands; docs/architecture.md tells what each means and who acts next."""

    WAITING = "waiting", "Waiting"
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    RETRYING = "retrying", "Will retry"
    DELIVERED = "delivered", "Delivered"
    REJECTED = "rejected", "Refused"
    UNKNOWN = "unknown", "Outcome unknown"
    REVIEW = "review", "Needs a decision"
    DEAD = "dead", "Given up"
    FAILED = "failed", "Failed here"
    SKIPPED = "skipped", "Skipped"
    SUPERSEDED = "superseded", "Superseded"
    CANCELLED = "cancelled", "Cancelled"


CLAIMABLE = (State.QUEUED, State.RETRYING, State.UNKNOWN)
"""States the engine acts on once `due_at` has come. An unknown one is looked up, never sent."""
SENDS = (State.QUEUED, State.RETRYING)
"""States in which what is due is sent."""
UNSENT = (*SENDS, State.WAITING)
"""States in which it was not begun, so that it can be stopped."""
UNFINISHED = (*CLAIMABLE, State.WAITING, State.SENDING)
REPEATABLE = (State.REJECTED, State.DEAD, State.FAILED, State.SKIPPED, State.CANCELLED)
"""States after which nothing was taken by the vendor, unless it was once unknown, so that it may be sent again."""
MAY_BE_THERE = (
    Q(accepted=True) | Q(once_unknown=True) | Q(state__in=(State.SENDING, State.UNKNOWN, State.REVIEW))
)
"""What was not delivered for certain and still may be at the vendor; `Delivery.may_be_there` says so of one."""
NEEDS_PERSON = (State.REJECTED, State.REVIEW, State.DEAD, State.FAILED)
"""The failures: what goes no further without a person. A skipped one is none: it does not fit its vendor."""


PARTS_OF_LEADS = {Kind.BANK: "Bank account", Kind.DOCUMENT: "Document"}
"""What of a lead is delivered where that is neither the lead nor one of its loan accounts."""


class DeliveryQuerySet(SeenWithLead["Delivery"]):
    def due(self, at: datetime | None = None) -> DeliveryQuerySet:
        """Deliveries the engine may act on now."""
        at = at or timezone.now()
        unpaused = Q(connection__paused_until__isnull=True) | Q(connection__paused_until__lte=at)
        return self.filter(unpaused, connection__enabled=True, state__in=CLAIMABLE, due_at__lte=at)


class Delivery(Record):
    """One record on its way to one connection: the outbox. All changes of its state are made by `outbox`."""

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )  # several of the indexes below begin with it
    kind = models.CharField(max_length=20, choices=[(each.value, each.label) for each in Kind])
    lead = models.ForeignKey(
        Lead,
        on_delete=models.CASCADE,
        null=True,
        related_name="deliveries",
        help_text="Empty for what is no push of a lead: an event to its partner.",
    )
    loan_account = models.ForeignKey(
        LoanAccount, on_delete=models.CASCADE, null=True, related_name="deliveries", db_index=False
    )  # most have none: their index is below
    event = models.ForeignKey(
        PartnerEvent, on_delete=models.CASCADE, null=True, related_name="deliveries", db_index=False
    )
    record_id = models.UUIDField(
        help_text="The lead's id, the loan account's, or the event's; of a bank account its number and IFSC, of a"
        " document its file and type."
    )
    version = models.PositiveIntegerField(help_text="The record's version this delivery was made for.")
    ref = models.CharField(max_length=100, help_text="Our reference, as the vendor is told it.")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    accepted = models.BooleanField(default=False, help_text="The vendor said yes, but gave no id yet.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Times it was sent.")
    lookups = models.PositiveSmallIntegerField(
        default=0, help_text="Times the vendor was asked for it since it was last sent."
    )
    absences = models.PositiveSmallIntegerField(
        default=0, help_text="Times the vendor said it has none, since it was last sent."
    )
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, help_text="Token of the worker that has it in hand.")
    leased_until = models.DateTimeField(null=True)
    depends_on = models.CharField(
        max_length=50, blank=True, help_text="The vendor that has to know the lead first."
    )
    reference = models.CharField("vendor's id", max_length=200, blank=True)
    vendor_status = models.CharField(max_length=100, blank=True, help_text="The vendor's own word, verbatim.")
    reason = models.TextField(blank=True, help_text="Why it stands where it stands, in one sentence.")
    delivered_at = models.DateTimeField(null=True)
    cause = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="`reason` without its numbers and names: what failed alike.",
    )
    once_unknown = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Nobody knew once whether the vendor has it: it is looked up before it is sent again.",
    )
    leases_lost = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Workers that died with it in hand, one after the other."
    )
    sent_again_at = models.DateTimeField(
        null=True, help_text="When an officer last had it sent again: its tries are counted from there."
    )
    no_consent = models.BooleanField(
        default=False,
        db_default=False,
        help_text="It waits for the borrower's consent; `due_at` is when it is next looked at.",
    )
    ask_at = models.DateTimeField(null=True, help_text="When the vendor is next asked how it stands.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "record_id", "version"], name="one_delivery_per_version"
            ),
            models.CheckConstraint(
                condition=~Q(accepted=True, state__in=SENDS), name="what_was_accepted_is_never_sent"
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "due_at", "id"], condition=Q(state__in=CLAIMABLE), name="delivery_due"
            ),
            models.Index(
                fields=["leased_until"],
                condition=Q(leased_until__isnull=False),
                name="delivery_leased",
            ),
            models.Index(fields=["lead"], condition=Q(state=State.WAITING), name="delivery_waiting"),
            models.Index(
                fields=["due_at"],
                condition=Q(state=State.WAITING, no_consent=True),
                name="delivery_without_consent",
            ),
            models.Index(
                fields=["loan_account"], condition=Q(loan_account__isnull=False), name="delivery_by_account"
            ),
            models.Index(fields=["event"], condition=Q(event__isnull=False), name="delivery_by_event"),
            models.Index(fields=["connection", "state", "-id"], name="delivery_by_connection"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            # An officer of a branch has them counted by the branch of their leads.
            models.Index(
                fields=["connection", "state", "lead"],
                condition=Q(state__in=NEEDS_PERSON),
                name="delivery_needing_person",
            ),
            models.Index(fields=["connection", "ref"], name="delivery_by_ref"),
            models.Index(
                fields=["connection", "cause", "updated_at"],
                condition=~Q(cause="") & ~Q(state=State.SKIPPED),
                name="delivery_by_cause",
            ),
            BrinIndex(fields=["updated_at"], pages_per_range=16, autosummarize=True, name="delivery_changed"),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="delivery_to_ask"),
            models.Index(
                fields=["connection", "reference"], condition=~Q(reference=""), name="delivery_by_reference"
            ),
        ]

    read_version: int | None = None
    """The version of the record that its snapshot was made of; kept with the call that carries it."""
    partner_listens: bool = True
    """Whether the lead's partner asked for events, as far as that is known."""

    def __str__(self) -> str:
        part = PARTS_OF_LEADS.get(Kind(self.kind))
        what = f"{part} of {self.lead}" if part else self.record
        return f"{what} → {self.connection}"

    @property
    def may_retry(self) -> bool:
        """Whether an officer may have it sent again, or at once."""
        return self.state in (*REPEATABLE, State.RETRYING)

    @property
    def can_be_looked_up(self) -> bool:
        """Whether its vendor can be asked whether it has it."""
        return self.connection.connector_class.can_find

    @property
    def is_followed(self) -> bool:
        """Whether its vendor can be asked how it stands."""
        return bool(self.reference) and self.connection.connector_class.can_follow

    @property
    def record(self) -> Lead | LoanAccount | PartnerEvent:
        """What is delivered."""
        found = self.loan_account or self.event or self.lead
        assert found is not None
        return found

    @property
    def is_erased(self) -> bool:
        """Whether the personal data of its lead was erased: nothing more is learned of it."""
        return self.lead is not None and self.lead.erased_at is not None

    @property
    def is_ended(self) -> bool:
        """Whether nothing of its lead is sent any more: the lender has dropped or declined it, or it was erased."""
        return self.lead is not None and self.lead.is_stopped

    @property
    def may_be_there(self) -> bool:
        """Whether the vendor may have it, though nobody knows for certain: as MAY_BE_THERE says of many."""
        doubtful = (State.SENDING, State.UNKNOWN, State.REVIEW)
        return self.accepted or self.once_unknown or self.state in doubtful


def newest_versions(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Of each record at each connection the delivery of its newest version."""
    newest: dict[tuple[UUID, UUID], Delivery] = {}
    for each in sorted(deliveries, key=lambda each: each.version):
        newest[each.connection_id, each.record_id] = each
    return list(newest.values())
