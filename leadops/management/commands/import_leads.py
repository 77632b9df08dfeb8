"""import_leads FILE --partner P --program CODE [--wait] [--json]"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from leadops.errors import LeadopsError
from leadops.models import ImportBatch, Partner, Program
from leadops.services import import_batches

POLL_SECONDS = 0.2


class Command(BaseCommand):
    help = "Import a workbook of leads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="an .xlsx workbook")
        parser.add_argument("--partner", required=True, help="whose leads they are: a name, code or id")
        parser.add_argument(
            "--program", required=True, help="the code or id of the program they are filed under"
        )
        parser.add_argument("--wait", action="store_true", help="import here and now, to the end")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        batch = self._receive(options["file"], _partner(options["partner"]), _program(options["program"]))
        if options["wait"]:
            batch = _to_the_end(batch)
        if batch.state == ImportBatch.State.FAILED:
            raise CommandError(batch.problem)
        self.stdout.write(json.dumps(_summary(batch)) if options["json"] else _sentence(batch))

    def _receive(self, name: str, partner: Partner, program: Program) -> ImportBatch:
        path = Path(name)
        try:
            with path.open("rb") as file:
                return import_batches.receive(File(file), path.name, partner=partner, program=program)
        except OSError as error:
            raise CommandError(f"{name} can't be read: {error.strerror}.") from None
        except LeadopsError as refusal:
            raise CommandError(refusal.message) from None


def _to_the_end(batch: ImportBatch) -> ImportBatch:
    """Run the import; when a worker was quicker, wait for it."""
    while True:
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        if batch.finished:
            return batch
        time.sleep(POLL_SECONDS)


def _partner(text: str) -> Partner:
    named = Q(name=text) | Q(code=text)
    found = Partner.objects.filter(named | Q(pk=_uuid(text)) if _uuid(text) else named).first()
    if found is None:
        raise CommandError(f"No partner is called {text!r}.")
    return found


def _program(text: str) -> Program:
    named = Q(code=text)
    found = Program.objects.filter(named | Q(pk=_uuid(text)) if _uuid(text) else named).first()
    if found is None:
        raise CommandError(f"No program has the code {text!r}.")
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _summary(batch: ImportBatch) -> dict[str, Any]:
    counts = {name: getattr(batch, name) for name in ("rows", "created", "updated", "skipped", "failed")}
    return {"batch": str(batch.pk), "state": batch.state, **counts}


def _sentence(batch: ImportBatch) -> str:
    if not batch.finished:
        return f"Import {batch.pk} is queued."
    return (
        f"Import {batch.pk}: {batch.rows} rows, {batch.created} created, {batch.updated} updated,"
        f" {batch.skipped} skipped, {batch.failed} refused."
    )
