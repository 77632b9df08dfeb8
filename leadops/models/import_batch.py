"""Workbooks that were uploaded, and what became of each of their rows."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from leadops.fields import EncryptedTextField
from leadops.models.files import random_path
from leadops.models.officer import Officer
from leadops.models.partner import Partner
from leadops.models.program import Program
from leadops.models.record import Record


class Layout(models.TextChoices):
    """How leads stand in a sheet."""

    FLAT = "flat", "Each row is one lead"
    GROUPED = "grouped", "Rows with the same partner reference are one lead"
    JOINED = "joined", "Leads are known by their leadops id, and other sheets hold more of them"

    @classmethod
    def to_choose(cls) -> list[tuple[str, str]]:
        """Those that are not told by the file itself."""
        return [(each.value, str(each.label)) for each in (cls.FLAT, cls.GROUPED)]


class ImportMode(models.TextChoices):
    """What rows may do to leads; one is known by leadops id, else by reference, else by mobile and PAN together."""

    CREATE = "create", "Make new leads only"
    UPDATE = "update", "Change leads that are here only"
    BOTH = "both", "Change leads that are here, make the others"


class ImportState(models.TextChoices):
    KNOWN = "known", "Imported before"
    QUEUED = "queued", "Queued"
    READING = "reading", "Reading"
    MAPPING = "mapping", "Columns to check"
    JUDGING = "judging", "Checking"
    READY = "ready", "Ready to import"
    IMPORTING = "importing", "Importing"
    CANCELLING = "cancelling", "Stopping"
    UNDOING = "undoing", "Undoing"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    UNDONE = "undone", "Undone"


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def visible_to(self, officer: Officer) -> Self:
        """Their own, and those of the partners that bring leads to their branches; all, to who sees all leads."""
        if officer.sees_all:
            return self
        if not officer.is_active:
            return self.none()
        if officer.sees_own_only:
            return self.filter(uploaded_by=officer)
        return self.filter(Q(uploaded_by=officer) | Q(partner__in=Partner.objects.visible_to(officer)))


class ImportBatch(Record):
    """One uploaded workbook. Once finished, created + updated + skipped + failed = rows."""

    FOLDER = "imports"
    State = ImportState
    WORKING = (
        ImportState.QUEUED,
        ImportState.READING,
        ImportState.JUDGING,
        ImportState.IMPORTING,
        ImportState.CANCELLING,
        ImportState.UNDOING,
    )
    """States in which a worker has something to do."""
    ASKING = (ImportState.KNOWN, ImportState.MAPPING, ImportState.READY)
    """States in which it waits for an officer's word."""
    ENDED = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED, ImportState.UNDONE)

    class Road(models.TextChoices):
        DESK = "desk", "the back office"
        API = "api", "the API"
        COMMAND = "command", "the command line"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="import_batches")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="import_batches")
    file = models.FileField(upload_to=random_path, max_length=200)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="import_batches"
    )
    road = models.CharField(max_length=7, choices=Road, default=Road.COMMAND)
    review = models.BooleanField(default=False, help_text="Its preview is confirmed before leads are made.")
    mode = models.CharField("what it may do", max_length=6, choices=ImportMode, default=ImportMode.CREATE)
    layout = models.CharField(max_length=10, choices=Layout, default=Layout.FLAT)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.QUEUED)
    stage_began_at = models.DateTimeField(
        null=True, help_text="When its state began, to tell how fast it is."
    )
    problem = models.TextField(blank=True, help_text="Why the file as a whole could not be imported.")
    header_row = models.PositiveIntegerField(
        null=True, help_text="The header's row by an officer's word, 0 for none; null: found by itself."
    )
    columns = models.JSONField(default=list, help_text="The header row: what each column of the rows is.")
    sheets = models.JSONField(
        default=dict, help_text="The header rows of the sheets that hold more of the leads, by name."
    )
    left_out = models.JSONField(default=list, help_text="Names of the sheets that were not read.")
    mapping = models.JSONField(
        null=True, help_text="Our column for each of the header's, empty where it is left out; null: by name."
    )
    proposal = EncryptedTextField(help_text="The columns with masked samples, for the officer to correct.")
    preview = EncryptedTextField(help_text="What the import would do, its values masked, as JSON.")
    foretold = models.JSONField(
        default=dict,
        db_default={},
        help_text="How many rows its preview said would be what; emptied when it came true.",
    )
    judged = models.PositiveIntegerField(default=0, help_text="Rows that the preview has looked at.")
    rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField("refused", default=0)
    finished_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True, help_text="A worker has it in hand until then.")
    earlier = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="repeats",
        help_text="The same file before.",
    )
    mends = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="mended_by",
        help_text="The import whose refused rows this workbook brings again.",
    )
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    undone = models.PositiveIntegerField(default=0, help_text="Leads that its undoing deleted.")
    stayed = models.PositiveIntegerField(default=0, help_text="Leads that its undoing left, with the reason.")

    erased_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the workbook and what its rows say of nobody's lead was erased.",
    )

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "import"

    def __str__(self) -> str:
        return self.file_name

    @property
    def sheet_names(self) -> list[str]:
        """The sheets that hold more of its leads."""
        return sorted(self.sheets)

    @property
    def done_rows(self) -> int:
        """Rows that have their result."""
        return self.created + self.updated + self.skipped + self.failed

    @property
    def came_true(self) -> bool:
        """Whether it did what its preview said; true where there was none."""
        if not (said := self.foretold):
            return True
        foretold = said["new"], said["update"], self.foretold_skipped, said["refused"]
        return foretold == (self.created, self.updated, self.skipped, self.failed)

    @property
    def foretold_skipped(self) -> int:
        return int(self.foretold["duplicate"] + self.foretold["left_out"])

    @property
    def finished(self) -> bool:
        return self.state in self.ENDED

    @property
    def thrown_away(self) -> bool:
        """Whether it was cancelled before anything became of a row."""
        came_to_something = self.created or self.updated or self.failed
        return self.state == ImportState.CANCELLED and not came_to_something

    @property
    def works(self) -> bool:
        """Whether it goes on by itself, so that its page has to be watched."""
        return self.state in self.WORKING

    @property
    def takes_rows(self) -> bool:
        """Whether its refused rows may still be mended."""
        ended = (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)
        return self.state in ended and not self.undone and not self.stayed and self.erased_at is None

    @property
    def percent(self) -> int:
        """How far its state is, 0 to 100."""
        if self.finished:
            return 100
        done, of = self.stage_progress
        return 100 * done // of if of else 0

    @property
    def stage_progress(self) -> tuple[int, int]:
        """How much of its present state is done, and of how much."""
        if self.state == ImportState.UNDOING:
            return self.undone + self.stayed, self.created
        return (self.judged if self.state == ImportState.JUDGING else self.done_rows), self.rows
