"""Tell whether the audit is whole."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leadops.audit import heads
from leadops.services import audit


class Command(BaseCommand):
    help = "Walk the chain of the audit's seals; the first break is told, and the exit status is 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seal", action="store_true", help="Seal first what waits to be sealed.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["seal"]:
            audit.keep_up()
        began = time.monotonic()
        verdict = audit.verify()
        if verdict.broken:
            raise CommandError(f"The audit is broken. {verdict.broken}")
        took = time.monotonic() - began
        self.stdout.write(
            f"The audit is whole: {verdict.events:,} events in {verdict.seals:,} seals, walked in {took:.1f} s."
        )
        if verdict.pruned:
            self.stdout.write(f"{verdict.pruned:,} older events were dropped with their months.")
        if verdict.unsealed:
            self.stdout.write(f"{verdict.unsealed:,} events since {verdict.oldest_unsealed} wait for a seal.")
        if not heads.written_down():
            self.stdout.write(
                "No head was written down outside the database: a cut-off end would not be seen."
            )
