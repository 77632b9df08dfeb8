"""Money as the lender's country writes it: `13,43,000.00` in India, `1,343,000.00` elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib.admin import display
from django.db.models import DecimalField, Model

from leadops.models import Applicant

# Where commas stand in whole rupees: before the last three figures, and before every two in front of those.
LAKHS = re.compile(r"(?<=\d)(?=(?:\d\d)*\d{3}$)")


def grouped(amount: Decimal, country: str) -> str:
    """`amount` with two decimals, in lakhs and crores where `country` is India and by thousands anywhere else."""
    if country != "IN":
        return f"{amount:,.2f}"
    whole, _, paise = f"{amount:.2f}".partition(".")
    return f"{LAKHS.sub(',', whole)}.{paise}"


@cache
def shown_grouped(field: DecimalField[Any, Any]) -> Callable[[Model], str]:
    """A display column for `field` of a lead or of an applicant: its money is that of the program's country."""

    @display(description=field.verbose_name)
    def figures(row: Any) -> str:
        amount = getattr(row, field.name)
        lead = row.lead if isinstance(row, Applicant) else row
        return "–" if amount is None else grouped(amount, lead.program.country)

    figures.__name__ = f"grouped_{field.name}"
    return figures
