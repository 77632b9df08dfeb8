"""Connections to vendors, and which records go where."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from crm_integrations import registry
from crm_integrations.configuration import check_secrets, check_settings, with_defaults
from crm_integrations.connector import Config, Connector
from crm_integrations.egress import check_base_url, origins
from crm_integrations.partner_webhook import PartnerWebhook
from leadops.fields import EncryptedTextField
from leadops.models import Officer, Partner, Program
from leadops.models.record import Record
from leadops.reference.countries import refuse_unknown

if TYPE_CHECKING:
    from crm_integrations.models.health import Health


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def of_vendors(self) -> ConnectionQuerySet:
        """All but the webhooks of partners."""
        return self.exclude(vendor=PartnerWebhook.slug)

    def visible_to(self, officer: Officer) -> ConnectionQuerySet:
        """Those to vendors, and the webhooks of the partners that `officer` sees."""
        if officer.sees_all:
            return self
        theirs = models.Q(subscription__partner__in=Partner.objects.visible_to(officer))
        return self.filter(~models.Q(vendor=PartnerWebhook.slug) | theirs)


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
    test_space = models.BooleanField(
        "for test leads",
        default=False,
        db_default=False,
        help_text="It takes the leads of partners' test keys and no others. Chosen once.",
    )
    parallel = models.PositiveSmallIntegerField(
        default=8, validators=[MinValueValidator(1)], help_text="Calls we make at the same time, at most."
    )
    rate = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01)],
        help_text="Calls a second, at most; empty: as many as the vendor takes.",
    )
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=500, blank=True)
    paused_by = models.CharField(
        max_length=150, blank=True, help_text="The officer who paused it; empty when its answers did."
    )
    jurisdiction = models.CharField(
        max_length=2, blank=True, help_text="ISO country whose law holds for the data there."
    )

    restored_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The database was restored then: what is first sent of older leads is looked up before.",
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ConnectionQuerySet.as_manager()

    UNTIL_RESUMED = datetime(9999, 1, 1, tzinfo=UTC)
    """A pause that only a person ends."""

    class Meta:
        ordering = ["name"]
        permissions = [("pause_connection", "Can pause, resume and check connections")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A change counts, so that a page which was opened before it is refused."""
        if not self._state.adding:
            self.version += 1
            if kwargs.get("update_fields"):
                kwargs["update_fields"] = {*kwargs["update_fields"], "version"}
        super().save(*args, **kwargs)

    @property
    def secrets(self) -> dict[str, str]:
        """The credentials, opened; never shown and never logged."""
        return dict(json.loads(self.sealed_secrets or "{}"))

    @secrets.setter
    def secrets(self, values: dict[str, str]) -> None:
        self.sealed_secrets = json.dumps(values)

    @property
    def credentials(self) -> frozenset[str]:
        """The secrets as no stored or shown text may hold them."""
        return frozenset(each for each in self.secrets.values() if isinstance(each, str) and each)

    @property
    def connector_class(self) -> type[Connector]:
        return registry.get(self.vendor)

    @property
    def connector(self) -> Connector:
        """The vendor's connector, told of this connection's settings and secrets."""
        return self._connector(self.secrets)

    @property
    def document_types(self) -> frozenset[str]:
        """Our types of documents that it is to be sent."""
        return self._connector({}).document_types

    @property
    def takes_documents(self) -> bool:
        """Whether it is to be sent any."""
        return bool(self.document_types)

    def _connector(self, secrets: dict[str, str]) -> Connector:
        settings = with_defaults(self.connector_class, self.settings)
        return self.connector_class(Config(self.base_url.rstrip("/"), settings, secrets))

    @property
    def known_health(self) -> Health | None:
        """How it is doing, None before the engine had anything to keep of it."""
        return getattr(self, "health", None)

    def secrets_to_type_again(self, base_url: str, settings: dict[str, Any]) -> list[str]:
        """The stored secrets, when calls would go elsewhere by these: only who knows them may send them there."""
        if origins(base_url, settings) == origins(self.base_url, self.settings):
            return []
        return [name for name, value in self.secrets.items() if value]

    @property
    def paused(self) -> bool:
        return self.paused_until is not None and self.paused_until > timezone.now()

    @property
    def pause_in_words(self) -> str:
        """Who paused it and why, as far as that is known: `by asha: They are moving`."""
        return ": ".join(filter(None, [self.paused_by and f"by {self.paused_by}", self.pause_reason]))

    def clean(self) -> None:
        refuse_unknown(self.jurisdiction, "jurisdiction")
        problems: dict[str, Any] = {}
        if Connection.objects.filter(pk=self.pk).exclude(test_space=self.test_space).exists():
            problems["test_space"] = [
                "Which leads a connection takes is chosen once: make another connection."
            ]
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
    purpose = models.CharField(
        "for what",
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="What borrowers must have agreed to, as consents name it; empty: any consent will do.",
    )
    across_borders = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Leads may go there although another country's law holds for the data.",
    )
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
