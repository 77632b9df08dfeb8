"""After a database was restored: have the vendors asked before anything is sent again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from crm_integrations import announcements, outbox
from leadops.management.answering import AnsweringCommand

AT_WORK = (
    "Workers have %s deliveries in hand, and might send what is to be looked up first. Stop all workers and wait until "
    "their leases are over, or give --force where the leases are those of the backup."
)


class Command(AnsweringCommand):
    help = "Take every delivery that stands as not sent for perhaps sent. Run it while no worker runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", default="Restored from a backup.", help="kept with each delivery")
        parser.add_argument(
            "--force", action="store_true", help="though deliveries stand as in a worker's hands"
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        if (in_hand := outbox.at_work()) and not options["force"]:
            raise CommandError(AT_WORK % in_hand)
        announcements.unfold()  # their deliveries may have been made, and sent, in the lost time
        doubted = outbox.doubt_unsent(options["reason"])
        return {"doubted": doubted.total(), "connections": dict(sorted(doubted.items()))}

    def text(self, answer: dict[str, Any]) -> str:
        lines = [f"{name}: {count}" for name, count in answer["connections"].items()]
        told = (
            f"{answer['doubted']} deliveries are looked up before anything is sent;"
            " so is whatever is sent from now on of the leads there are."
        )
        return "\n".join([*lines, told])
