"""The lender's branches: what an officer sees of the leads goes by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from leadops.models.record import Record

if TYPE_CHECKING:
    from leadops.models.officer import Officer


class BranchQuerySet(models.QuerySet["Branch"]):
    def visible_to(self, officer: Officer) -> Self:
        """All, or those that `officer` belongs to."""
        return self if officer.sees_all else self.filter(pk__in=officer.branch_ids)


class Branch(Record):
    """An office of the lender; a lead belongs to one, or to the head office alone."""

    name = models.CharField(max_length=200, unique=True)
    code = models.SlugField(
        max_length=50, unique=True, help_text="Short name, used in reports and workbooks."
    )
    active = models.BooleanField(default=True, help_text="An inactive branch is offered for no new lead.")

    objects = BranchQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "branches"

    def __str__(self) -> str:
        return self.name
