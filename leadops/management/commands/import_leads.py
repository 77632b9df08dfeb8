"""Import a workbook of leads from the command line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, TypeVar

from django.core.files import File
from django.core.management.base import CommandError, CommandParser
from django.db.models import Model, Q, QuerySet

from leadops.ids import uuid_in
from leadops.management.answering import AnsweringCommand
from leadops.models import ImportBatch, ImportMode, Layout, Partner, Program
from leadops.services import import_batches

POLL_SECONDS = 0.2
M = TypeVar("M", bound=Model)


class Command(AnsweringCommand):
    """Take a workbook in; with --wait also import it, here, to its end."""

    help = "Import a workbook of leads (.xlsx)."
    _problem = ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--partner", metavar="P", required=True, help="whose leads: a name, code or id")
        parser.add_argument(
            "--program", metavar="CODE", required=True, help="under which program: a code or id"
        )
        parser.add_argument("--wait", action="store_true", help="import here and now, to the end")
        modes, layouts = ImportMode.values, list(dict(Layout.to_choose()))
        parser.add_argument("--mode", choices=modes, default=modes[0], help="what rows may do to leads")
        parser.add_argument("--layout", choices=layouts, default=layouts[0], help="how leads stand in it")
        parser.add_argument(
            "--preview",
            action="store_true",
            help="make no lead: an officer is shown first what would become of it",
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        name = options["partner"]
        partner = _found(
            Partner.objects.all(), name, Q(name=name) | Q(code=name), f"No partner is called {name!r}."
        )
        code = options["program"]
        program = _found(Program.objects.all(), code, Q(code=code), f"No program has the code {code!r}.")
        chosen = {"mode": options["mode"], "layout": options["layout"], "review": options["preview"]}
        batch = _received(Path(options["file"]), partner, program, chosen)
        if options["wait"]:
            _import(batch)
        counts = {name: getattr(batch, name) for name in ("rows", "created", "updated", "skipped", "failed")}
        self._problem = batch.problem
        earlier = {"earlier": str(batch.earlier_id)} if batch.earlier_id else {}
        return {"batch": str(batch.pk), "state": batch.state, **counts, **earlier}

    def text(self, answer: dict[str, Any]) -> str:
        known = f" The same file was import {answer['earlier']} before." if "earlier" in answer else ""
        if answer["state"] != ImportBatch.State.DONE:
            return f"Import {answer['batch']} is {answer['state']}.{known}"
        return (
            f"Import {answer['batch']}: {answer['rows']} rows, {answer['created']} created,"
            f" {answer['updated']} updated, {answer['skipped']} skipped, {answer['failed']} refused.{known}"
        )

    def trouble(self, answer: dict[str, Any]) -> str:
        return self._problem


def _received(path: Path, partner: Partner, program: Program, chosen: dict[str, Any]) -> ImportBatch:
    try:
        with path.open("rb") as file:
            return import_batches.receive(File(file), path.name, partner=partner, program=program, **chosen)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from None


def _import(batch: ImportBatch) -> None:
    """Run the import as far as it goes without an officer; when a worker was quicker, wait for it."""
    while batch.works:
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        if batch.works:
            time.sleep(POLL_SECONDS)


def _found(everyone: QuerySet[M], text: str, by_name: Q, otherwise: str) -> M:
    found = everyone.filter(by_name | Q(pk=uuid_in(text))).first()
    if found is None:
        raise CommandError(otherwise)
    return found
