"""The lending programs that leads are filed under."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from leadops.ids import uuid7
from leadops.models.record import Record
from leadops.reference.countries import refuse_unknown


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

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        refuse_unknown(self.country, "country")
