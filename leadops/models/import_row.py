"""A row of a workbook, and what became of it."""

from __future__ import annotations

from typing import Self, TypedDict

from django.db import models
from django.db.models import Q

from leadops.fields import EncryptedTextField
from leadops.models.import_batch import ImportBatch
from leadops.models.lead import Lead
from leadops.models.officer import Officer
from leadops.models.record import Record


class RowProblem(TypedDict):
    """What is wrong with one cell of a row; the refused value stands in the row's `cells`, not here.

    `column` is its heading, `letter` and `cell` its place as Excel shows it; all empty where no column is to blame.
    A note of several cells has no `column`, and all their places (`B:D,F` and `B5:D5, F5`).
    """

    column: str
    letter: str
    cell: str
    code: str
    message: str
    severity: str


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def visible_to(self, officer: Officer) -> Self:
        """Those of the imports that `officer` sees."""
        return self if officer.sees_all else self.filter(batch__in=ImportBatch.objects.visible_to(officer))


class ImportRow(Record):
    """One row of a workbook: `cells` is its raw text as a JSON list, sealed, because it is personal data.

    `problems` is a list of RowProblem.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CREATED = "created", "Created"
        UPDATED = "updated", "Updated"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Refused"

    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.CASCADE,
        related_name="import_rows",
        db_index=False,  # the constraint below begins with it
    )
    sheet = models.CharField(max_length=100, blank=True)
    number = models.PositiveIntegerField(help_text="The row's number in the sheet, as Excel shows it.")
    lead_row = models.PositiveIntegerField(help_text="The row that its lead begins with, mostly itself.")
    cells = EncryptedTextField()
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    problems = models.JSONField(default=list)
    lead = models.ForeignKey(
        Lead, on_delete=models.SET_NULL, null=True, related_name="import_rows", db_index=False
    )

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        ordering = ["batch_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "sheet", "number"], name="one_result_per_row"),
        ]
        indexes = [
            models.Index(
                fields=["batch", "lead_row", "number"],
                condition=Q(outcome="waiting"),
                name="import_row_to_do",
            ),
            # Rows that wait are in neither: they would be written into both twice.
            models.Index(
                fields=["batch", "outcome", "number"],
                condition=~Q(outcome="waiting"),
                name="import_row_by_result",
            ),
            models.Index(fields=["lead"], condition=Q(lead__isnull=False), name="import_row_by_lead"),
        ]

    def __str__(self) -> str:
        return f"row {self.number}"
