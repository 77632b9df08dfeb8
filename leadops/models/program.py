"""The lending programs that leads are filed under."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from leadops.ids import uuid7
from leadops.models.record import Record
from leadops.reference.countries import refuse_unknown

TEN_YEARS = 3650
MOST_KEPT_DAYS = 10_950
"""Thirty years: longer than any loan and what has to be kept after it."""


class DuplicateKey(models.TextChoices):
    """By what two leads are known to be of the same borrower; the partner's reference always counts besides."""

    PAN = "pan", "PAN"
    MOBILE = "mobile", "Mobile"
    ACCOUNT = "account", "Bank account with its IFSC"


class DuplicatePolicy(models.TextChoices):
    REFUSE = "refuse", "Refuse the lead"
    FLAG = "flag", "Take the lead and mark it"
    MERGE = "merge", "Fill what the first lead lacks"


def all_duplicate_keys() -> list[str]:
    return [key.value for key in DuplicateKey]


class Program(Record):
    """A lending product as it is offered; its id is the `program_id` that partners send."""

    # Editable at creation, because a lender may have been given the id by its LOS.
    id = models.UUIDField("program id", primary_key=True, default=uuid7)
    code = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    product_type = models.CharField(max_length=50, help_text="For instance scf, term_loan, lap.")
    country = models.CharField(
        max_length=2,
        default="IN",
        validators=[RegexValidator(r"^[A-Z]{2}$", "Two capital letters, as IN.")],
        help_text="ISO 3166-1 alpha-2: where mobiles and addresses are from unless they say otherwise.",
    )
    active = models.BooleanField(default=True, help_text="An inactive program takes no new leads.")

    duplicate_policy = models.CharField(
        max_length=6,
        choices=DuplicatePolicy,
        default=DuplicatePolicy.FLAG,
        help_text="What becomes of a lead whose borrower this program knows from an earlier one.",
    )
    duplicate_days = models.PositiveSmallIntegerField(
        "look back, in days",
        default=90,
        validators=[MaxValueValidator(TEN_YEARS)],
        help_text="How old the earlier lead may be. 0: no lead is a duplicate; a partner's reference stays unique.",
    )
    duplicate_keys = ArrayField(
        models.CharField(max_length=7, choices=DuplicateKey),
        verbose_name="known by",
        default=all_duplicate_keys,
        blank=True,
        help_text="One in common is enough, whichever applicants of the two leads have it.",
    )

    consent_required = models.BooleanField(
        "consent needed",
        default=False,
        db_default=False,
        help_text="A lead goes to a connection only once its borrower has agreed to that.",
    )
    keep_days = models.PositiveSmallIntegerField(
        "keep personal data, in days",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_KEPT_DAYS)],
        help_text="So long after a lead has ended its personal data is erased; empty: by hand alone.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        refuse_unknown(self.country, "country")

    @property
    def looks_for_duplicates(self) -> bool:
        return bool(self.duplicate_days and self.duplicate_keys)
