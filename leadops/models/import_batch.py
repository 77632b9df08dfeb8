"""Workbooks that were uploaded, and what became of each of their rows."""

from __future__ import annotations

from typing import TypedDict

from django.conf import settings
from django.db import models
from django.db.models import Q

from leadops.fields import EncryptedTextField
from leadops.models.files import random_path
from leadops.models.lead import Lead
from leadops.models.partner import Partner
from leadops.models.program import Program
from leadops.models.record import Record


class ImportBatch(Record):
    """One uploaded workbook. Once finished, created + updated + skipped + failed = rows."""

    FOLDER = "imports"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        READING = "reading", "Reading"
        IMPORTING = "importing", "Importing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="import_batches")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="import_batches")
    file = models.FileField(upload_to=random_path, max_length=200)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="import_batches"
    )
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    problem = models.TextField(blank=True, help_text="Why the file as a whole could not be imported.")
    columns = models.JSONField(default=list, help_text="The header row: what each column of the rows is.")
    rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField("refused", default=0)
    finished_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True, help_text="A worker has it in hand until then.")

    class Meta:
        ordering = ["-id"]
        verbose_name = "import"

    def __str__(self) -> str:
        return self.file_name

    @property
    def done_rows(self) -> int:
        """Rows that have their result."""
        return self.created + self.updated + self.skipped + self.failed

    @property
    def finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return 100 * self.done_rows // self.rows if self.rows else 0


class RowProblem(TypedDict):
    """What is wrong with one cell of a row; the refused value stands in the row's `cells`, not here.

    `column` is its heading, `letter` and `cell` its place as Excel shows it; all empty where no column is to blame.
    """

    column: str
    letter: str
    cell: str
    code: str
    message: str
    severity: str


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

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="import_rows")
    sheet = models.CharField(max_length=100, blank=True)
    number = models.PositiveIntegerField(help_text="The row's number in the sheet, as Excel shows it.")
    cells = EncryptedTextField()
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    problems = models.JSONField(default=list)
    lead = models.ForeignKey(Lead, on_delete=models.SET_NULL, null=True, related_name="import_rows")

    class Meta:
        ordering = ["batch_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "sheet", "number"], name="one_result_per_row"),
        ]
        indexes = [
            models.Index(
                fields=["batch", "number"], condition=Q(outcome="waiting"), name="import_row_waiting"
            ),
            models.Index(fields=["batch", "outcome", "number"], name="import_row_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"row {self.number}"
