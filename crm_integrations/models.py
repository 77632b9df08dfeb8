"""Connections to vendors, which records go where, every delivery and every HTTP call it took."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from crm_integrations import registry
from crm_integrations.configuration import check_secrets, check_settings, with_defaults
from crm_integrations.connector import Config, Connector
from crm_integrations.egress import check_base_url
from leadops.fields import EncryptedTextField
from leadops.models import Lead, LoanAccount, Program
from leadops.models.record import Record


class Connection(Record):
    """One account at one vendor. Its name is what partners and `lead.consents[].connections` call it."""

    vendor = models.CharField(max_length=50, choices=registry.choices)
    name = models.CharField(max_length=50, unique=True)
    base_url = models.CharField(
        "base URL", max_length=200, help_text="Scheme and host; the vendor's own path is added by us."
    )
    settings = models.JSONField(default=dict, blank=True)
    sealed_secrets = EncryptedTextField(editable=False)
    enabled = models.BooleanField(
        default=True, help_text="A disabled connection takes no records and sends none."
    )
    parallel = models.PositiveSmallIntegerField(
        default=8, validators=[MinValueValidator(1)], help_text="Calls we make at the same time, at most."
    )
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=500, blank=True)
    jurisdiction = models.CharField(
        max_length=2, blank=True, help_text="ISO country whose law holds for the data there."
    )

    UNTIL_RESUMED = datetime(9999, 1, 1, tzinfo=UTC)
    """A pause that only a person ends."""

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> dict[str, str]:
        """The credentials, opened; never shown and never logged."""
        return dict(json.loads(self.sealed_secrets or "{}"))

    @secrets.setter
    def secrets(self, values: dict[str, str]) -> None:
        self.sealed_secrets = json.dumps(values)

    @property
    def connector_class(self) -> type[Connector]:
        return registry.get(self.vendor)

    @property
    def connector(self) -> Connector:
        """The vendor's connector, told of this connection's settings and secrets."""
        settings = with_defaults(self.connector_class, self.settings)
        return self.connector_class(Config(self.base_url.rstrip("/"), settings, self.secrets))

    @property
    def paused(self) -> bool:
        return self.paused_until is not None and self.paused_until > timezone.now()

    def clean(self) -> None:
        problems: dict[str, Any] = {}
        if self.vendor in registry.vendors():
            problems["settings"] = check_settings(self.connector_class, self.settings)
            problems["sealed_secrets"] = check_secrets(self.connector_class, self.secrets)
        problems["base_url"] = check_base_url(self.base_url)
        problems = {field: texts for field, texts in problems.items() if texts}
        if problems.get("sealed_secrets"):
            raise ValidationError(problems["sealed_secrets"])
        if problems:
            raise ValidationError(problems)


class Route(Record):
    """Where a program's records go: automatically, or when an officer sends them. No program means all programs."""

    program = models.ForeignKey(Program, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="routes")
    automatic = models.BooleanField(default=True, help_text="Send without an officer's word.")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "connection"],
                nulls_distinct=False,
                name="one_route_per_program_and_connection",
            )
        ]

    def __str__(self) -> str:
        return f"{self.program or 'every program'} → {self.connection}"


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
UNFINISHED = (*CLAIMABLE, State.WAITING, State.SENDING)
REPEATABLE = (State.REJECTED, State.DEAD, State.FAILED, State.SKIPPED, State.CANCELLED)
"""States after which surely nothing is at the vendor, so that it may be sent again."""
NEEDS_PERSON = (State.REJECTED, State.REVIEW, State.DEAD, State.FAILED)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime | None = None) -> DeliveryQuerySet:
        """Deliveries the engine may act on now."""
        at = at or timezone.now()
        unpaused = Q(connection__paused_until__isnull=True) | Q(connection__paused_until__lte=at)
        return self.filter(unpaused, connection__enabled=True, state__in=CLAIMABLE, due_at__lte=at)


class Delivery(Record):
    """One record on its way to one connection: the outbox. All changes of its state are made by `outbox`."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=20)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="deliveries")
    loan_account = models.ForeignKey(
        LoanAccount, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    record_id = models.UUIDField(help_text="The lead's id, or the loan account's.")
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

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "record_id", "version"], name="one_delivery_per_version"
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "due_at"], condition=Q(state__in=CLAIMABLE), name="delivery_due"
            ),
            models.Index(
                fields=["connection", "leased_until"],
                condition=Q(leased_until__isnull=False),
                name="delivery_leased",
            ),
            models.Index(fields=["lead"], condition=Q(state=State.WAITING), name="delivery_waiting"),
            models.Index(fields=["connection", "state", "-id"], name="delivery_by_connection"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["connection", "ref"], name="delivery_by_ref"),
            models.Index(
                fields=["connection", "reference"], condition=~Q(reference=""), name="delivery_by_reference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display_name()} → {self.connection}"

    def get_kind_display_name(self) -> str:
        """The kind as people say it."""
        return self.kind.replace("_", " ")

    @property
    def may_retry(self) -> bool:
        """Whether an officer may have it sent again, or at once."""
        return self.state in (*REPEATABLE, State.RETRYING)

    @property
    def record(self) -> Lead | LoanAccount:
        """What is delivered."""
        return self.loan_account if self.loan_account is not None else self.lead


class Exchange(Record):
    """One HTTP call: opened before its first byte, completed after its last, never changed again.

    Headers and bodies are redacted before they are stored. `finished_at` is NULL while it is under way; when the
    worker dies in it, the reaper completes it with an error, because nobody knows whether the vendor got it.
    """

    class Purpose(models.TextChoices):
        CREATE = "create", "Create"
        FIND = "find", "Look up"
        TOKEN = "token", "Sign in"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="exchanges")
    purpose = models.CharField(max_length=6, choices=Purpose)
    operation = models.CharField(max_length=30)
    method = models.CharField(max_length=7)
    url = models.CharField(max_length=500)
    request_headers = models.JSONField(default=dict)
    request_body = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    error = models.CharField(max_length=500, blank=True)
    duration_ms = models.PositiveIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["created_at"], name="exchange_by_age"),
            models.Index(
                fields=["delivery"], condition=Q(finished_at__isnull=True), name="exchange_under_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.status or self.error or 'under way'}"
