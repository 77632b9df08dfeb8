"""Who sends us leads, and the keys they call us with."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from ipaddress import ip_network
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from leadops import dialects
from leadops.models.branch import Branch
from leadops.models.officer import Officer
from leadops.models.program import Program
from leadops.models.record import Record

LIVE_KEYS_PER_PARTNER = 2
DIALECT_WITHOUT_PROGRAM = (
    "A dialect and the program that its leads are filed under belong together; name both."
)


class Scope(models.TextChoices):
    LEAD_READ = "lead:read", "Read leads"
    LEAD_WRITE = "lead:write", "Create leads"
    DOCUMENT_WRITE = "document:write", "Add documents"
    ACCOUNT_READ = "account:read", "Read loan accounts"
    ACCOUNT_WRITE = "account:write", "Create loan accounts"
    STATUS_READ = "status:read", "Read what the vendors answered"
    PII_READ = "pii:read", "Read personal data unmasked"
    BORROWER_TOKEN = "borrower:token", "Let borrowers open their own lead"
    EVENT_WRITE = "event:write", "Subscribe to events"


def default_scopes() -> list[str]:
    """All that a partner needs for its own leads; personal data stays masked."""
    return [scope.value for scope in Scope if scope is not Scope.PII_READ]


def refuse_no_network(text: str) -> None:
    """Raise ValidationError unless `text` is an IP address or a network of them."""
    try:
        ip_network(text)
    except ValueError:
        words = _("%(text)s is no address and no network such as 203.0.113.0/24.")
        raise ValidationError(words % {"text": text}) from None


class PartnerQuerySet(models.QuerySet["Partner"]):
    def visible_to(self, officer: Officer) -> Self:
        """All, or those that bring leads to the branches of `officer`.

        Who makes leads and belongs to no branch, as a telecaller may, does it for the head office's partners.
        """
        if officer.sees_all:
            return self
        if officer.is_active and officer.sees_own_only and not officer.branch_ids:
            return self.filter(branch=None)
        return self.filter(branch_id__in=officer.branch_ids)

    def test_spaces(self) -> Self:
        """Those that are no partners, but where the test keys of one write."""
        return self.filter(test_of__isnull=False)


class Partner(Record):
    """A branch, agent or company that sends leads."""

    name = models.CharField(max_length=200, unique=True)
    code = models.SlugField(
        max_length=50, unique=True, help_text="Short name, used in reports and sent to vendors."
    )
    active = models.BooleanField(default=True, help_text="An inactive partner's keys are refused.")
    branch = models.ForeignKey(
        Branch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="partners",
        help_text="The branch that its leads go to; empty: the head office.",
    )
    calls_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Calls that all its keys may make in a minute together; empty: as many as the settings say.",
    )
    test_of = models.OneToOneField(
        "self",
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="test_space",
        help_text="The partner whose test keys write here.",
    )
    keeps_events = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Events of its leads are written: since it first subscribed to them, or asked for them.",
    )

    objects = PartnerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_test_space(self) -> bool:
        """Whether this is no partner but the place where another one's test keys write."""
        return self.test_of_id is not None

    def make_test_space(self) -> Partner:
        """The place of its own where its test keys write, made when there is none yet.

        To all that goes by partners it is one more of them: so nothing can mix the two up.
        """
        free: dict[str, object] = {
            "name": _free("name", f"{self.name[:190]} (test)"),
            "code": _free("code", f"{self.code[:40]}-test"),
            "branch": self.branch,
        }
        return Partner.objects.get_or_create(test_of=self, defaults=free)[0]


def _free(field: str, wanted: str) -> str:
    """`wanted`, or something like it that no partner has yet."""
    if not Partner.objects.filter(**{field: wanted}).exists():
        return wanted
    return f"{wanted}-{secrets.token_hex(2)}"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, officer: Officer) -> Self:
        """Those of the partners that `officer` sees."""
        return self if officer.sees_all else self.filter(partner__in=Partner.objects.visible_to(officer))

    def live(self, at: datetime | None = None) -> ApiKeyQuerySet:
        """Keys that are neither revoked nor expired, of active partners."""
        at = at or timezone.now()
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
        return self.filter(unexpired, revoked_at__isnull=True, partner__active=True)


class ApiKey(Record):
    """A partner's key; only its SHA-256 is kept, so it can be shown once."""

    class Mode(models.TextChoices):
        LIVE = "live", "Live"
        TEST = "test", "Test"

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=100, blank=True)
    mode = models.CharField(max_length=4, choices=Mode, default=Mode.LIVE)
    prefix = models.CharField(
        max_length=16, editable=False, help_text="The start of the key, to tell keys apart."
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), default=default_scopes)
    dialect = models.CharField(
        max_length=50,
        blank=True,
        choices=dialects.choices,
        help_text="A vendor's API that the key opens here too; a program is needed with it.",
    )
    program = models.ForeignKey(
        Program,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What leads that come in by the dialect are filed under.",
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    networks = ArrayField(
        models.CharField(max_length=43, validators=[refuse_no_network]),
        default=list,
        blank=True,
        verbose_name="allowed addresses",
        help_text="Addresses or networks (203.0.113.0/24) it may be used from; empty: from anywhere.",
    )
    calls_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Calls that this key may make in a minute; empty: as many as the partner may.",
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(dialect="", program=None) | (~Q(dialect="") & Q(program__isnull=False)),
                name="dialect_with_its_program",
                violation_error_message=DIALECT_WITHOUT_PROGRAM,
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @classmethod
    def issue(cls, partner: Partner, mode: str = Mode.LIVE, **fields: object) -> tuple[ApiKey, str]:
        """A new key of `partner` and its text, which can't be read again later."""
        text = cls.new_text(mode)
        return cls.made(partner, mode, cls.drawn(text), **fields), text

    @classmethod
    def made(cls, partner: Partner, mode: str, drawn: tuple[str, str], **fields: object) -> ApiKey:
        """The key whose text was `drawn` before."""
        if mode == cls.Mode.TEST:
            partner.make_test_space()
        prefix, digest = drawn
        key = cls(partner=partner, mode=mode, prefix=prefix, digest=digest, **fields)
        key.full_clean()
        key.save()
        return key

    @staticmethod
    def new_text(mode: str) -> str:
        """The text of a key that is not made yet."""
        return f"lo_{mode}_{secrets.token_urlsafe(32)}"

    @classmethod
    def drawn(cls, text: str) -> tuple[str, str]:
        """What may be kept of a key's text: its beginning, and its digest."""
        return text[:12], cls.digest_of(text)

    @staticmethod
    def digest_of(text: str) -> str:
        """What is stored of a key: it has 256 random bits, so a plain SHA-256 can't be searched back."""
        return hashlib.sha256(text.encode()).hexdigest()

    def clean(self) -> None:
        if self.partner.is_test_space:
            raise ValidationError(_("Test keys are made for the partner itself."))
        others = ApiKey.objects.live().filter(partner_id=self.partner_id, mode=self.mode).exclude(pk=self.pk)
        if not self.revoked_at and others.count() >= LIVE_KEYS_PER_PARTNER:
            words = _("A partner has at most %(most)s %(mode)s keys; revoke one first.")
            raise ValidationError(
                words % {"most": LIVE_KEYS_PER_PARTNER, "mode": self.get_mode_display().lower()}
            )
