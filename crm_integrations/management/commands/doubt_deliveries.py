"""After a database was restored: have the vendors asked before anything is sent again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from crm_integrations import announcements, outbox
from leadops.management.answering import AnsweringCommand


class Command(AnsweringCommand):
    help = "Take every delivery that stands as not sent for perhaps sent. Run it while no worker runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", default="Restored from a backup.", help="kept with each delivery")

    def answer(self, **options: Any) -> dict[str, Any]:
        announcements.unfold()  # their deliveries may have been made, and sent, in the lost time
        return {"doubted": outbox.doubt_unsent(options["reason"])}

    def text(self, answer: dict[str, Any]) -> str:
        return (
            f"{answer['doubted']} deliveries are looked up before anything is sent;"
            " so is whatever is sent from now on of the leads there are."
        )
