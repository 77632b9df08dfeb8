"""Partners: taking one on, and whether one still brings leads."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from leadops.errors import TakesNoLeads
from leadops.models import ApiKey, Partner, Program

LONGEST_CODE = 50


@transaction.atomic
def create(name: str, key_label: str = "first key") -> tuple[Partner, str]:
    """A new partner with a live key; returns it with the key's text, which can't be read again.

    Raises ValidationError when there is one of this name already, in whatever case.
    """
    name = " ".join(name.split())
    if Partner.objects.filter(name__iexact=name).exists():
        raise ValidationError({"name": [f"There is a partner {name!r} already."]})
    partner = Partner(name=name, code=_free_code(name))
    partner.full_clean()
    partner.save()
    return partner, ApiKey.issue(partner, label=key_label)[1]


def _free_code(name: str) -> str:
    """The name as a code, with a number behind it where another partner has that."""
    wanted = slugify(name)[:LONGEST_CODE].strip("-") or "partner"
    code, number = wanted, 1
    while Partner.objects.filter(code=code).exists():
        number += 1
        code = f"{wanted[: LONGEST_CODE - 1 - len(str(number))]}-{number}"
    return code


def refuse_inactive(partner: Partner, program: Program) -> None:
    """Raise TakesNoLeads, naming which of the two is inactive."""
    for each in (partner, program):
        if not each.active:
            raise TakesNoLeads(f"{each} is inactive and takes no new leads.")
