"""What an officer finds of the records that belong to a lead: those of the leads in their sight, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, TypeVar
from uuid import UUID

from django.db import models

from leadops.models.lead import Lead
from leadops.models.officer import Officer

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Reader:
    """Stands for an officer of bounded sight where SQL is kept for all of them: some branches', or their own leads."""

    branch_ids: Sequence[UUID] = ()
    pk: int | None = None
    is_active: ClassVar[bool] = True
    sees_all: ClassVar[bool] = False

    @property
    def sees_own_only(self) -> bool:
        return self.pk is not None


class SeenWithLead(models.QuerySet[M]):
    """Rows that belong to a lead; `to_lead` is the road to it."""

    to_lead: ClassVar[str] = "lead"

    def visible_to(self, officer: Officer) -> Self:
        """Those whose lead `officer` sees; to who sees all leads also those that belong to none."""
        if officer.sees_all:
            return self
        return self.filter(**{f"{self.to_lead}__in": Lead.objects.visible_to(officer)})


class SeenByItsOfficer(models.QuerySet[M]):
    """Orders of officers about leads."""

    def visible_to(self, officer: Officer) -> Self:
        """Their own: another's may be about any lead. All, to who sees all leads."""
        return self if officer.sees_all else self.filter(officer=officer)


class SeenWithApplicant(SeenWithLead[M]):
    """Rows that belong to an applicant of a lead."""

    to_lead = "applicant__lead"
