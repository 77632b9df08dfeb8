"""Writes old months of HTTP calls to files, and drops what is safe there."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from crm_integrations import archiving, partitions
from leadops.management.answering import AnsweringCommand


def month(text: str) -> date:
    """The first day of a month such as 2026-03."""
    try:
        return datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise ArgumentTypeError(f"a month is like 2026-03, not {text!r}") from None


class Command(AnsweringCommand):
    help = "Write the HTTP calls of past months to files, and compare them. May be killed and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before", type=month, required=True, metavar="MONTH", help="the first month to leave"
        )
        parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder of the archive")
        parser.add_argument(
            "--drop", action="store_true", help="drop each month once its file is proven equal"
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        if options["before"] > partitions.today():
            raise CommandError(
                "--before can't be a month that has not begun: its calls are still being made."
            )
        done = []
        for partition in archiving.before(options["before"]):
            written = archiving.archive(partition, options["to"])
            if options["drop"]:
                archiving.drop_archived(partition, options["to"])
            done.append({"month": f"{partition.month:%Y-%m}", "rows": written.rows, "sha256": written.sha256})
        return {"months": done, "dropped": options["drop"]}

    def text(self, answer: dict[str, Any]) -> str:
        lines = [f"{each['month']}: {each['rows']} calls" for each in answer["months"]]
        end = "dropped from the database" if answer["dropped"] else "still in the database"
        return "\n".join([*lines, f"{len(lines)} months archived, {end}."])
