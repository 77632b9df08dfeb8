"""Deliver what is due, without Celery. May be killed at any instant and run again, several at once."""

from __future__ import annotations

import json
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections
from django.db.models import Count, Q
from django.db.models.functions import Now

from crm_integrations import delivery, outbox
from crm_integrations.models import Delivery, State

IDLE_SECONDS = 0.2


class Command(BaseCommand):
    help = "Send the deliveries that are due now, once or until nothing is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until-idle", action="store_true", help="Go on until nothing is due now.")
        parser.add_argument("--workers", type=int, default=4, help="Threads, 4 unless said otherwise.")
        parser.add_argument(
            "--json", action="store_true", help="One JSON object on standard output, nothing else."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        outbox.reap()
        outbox.wake_waiting()
        threads = [
            threading.Thread(target=_work, args=(options["until_idle"],)) for _ in range(options["workers"])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = dict.fromkeys(State.values, 0)
        counts |= dict(Delivery.objects.values_list("state").annotate(Count("id")).order_by())
        self.stdout.write(json.dumps(counts) if options["json"] else _in_words(counts))


def _work(until_idle: bool) -> None:
    try:
        delivery.drain()
        while until_idle and _under_way():
            time.sleep(IDLE_SECONDS)  # what another worker has in hand may wake something for us
            outbox.reap()
            outbox.wake_waiting()
            delivery.drain()
    finally:
        connections.close_all()


def _under_way() -> bool:
    """Something is in a worker's hands, or has just become due."""
    return Delivery.objects.filter(Q(leased_until__isnull=False)).exists() or (
        Delivery.objects.due().filter(due_at__lte=Now()).exists()
    )


def _in_words(counts: dict[str, int]) -> str:
    return (
        ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        or "nothing was ever enqueued"
    )
