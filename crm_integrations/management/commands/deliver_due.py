"""Deliver what is due, without Celery. May be killed at any instant and run again, several at once."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections
from django.db.models import Count

from crm_integrations import announcements, checkups, delivery, outbox
from crm_integrations.models import Delivery, State
from leadops.management.answering import AnsweringCommand

IDLE_SECONDS = 0.2


class Command(AnsweringCommand):
    help = "Send the deliveries that are due now, once or until nothing is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until-idle", action="store_true", help="go on until nothing is due now")
        parser.add_argument(
            "--workers", type=_at_least_one, default=4, help="threads, 4 unless said otherwise"
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        outbox.sweep()
        checkups.check_held()
        with ThreadPoolExecutor(options["workers"]) as threads:
            working = [threads.submit(_work, options["until_idle"]) for _ in range(options["workers"])]
        for worker in working:
            worker.result()
        counts = Delivery.objects.values_list("state").annotate(Count("id")).order_by()
        return dict.fromkeys(State.values, 0) | dict(counts)

    def text(self, answer: dict[str, Any]) -> str:
        said = (f"{count} {state}" for state, count in answer.items() if count)
        return ", ".join(said) or "nothing was ever enqueued"


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text} is not 1 or more.")
    return int(text)


def _work(until_idle: bool) -> None:
    try:
        delivery.drain()
        while until_idle and _under_way():
            time.sleep(IDLE_SECONDS)  # what another worker has in hand may wake something for us
            outbox.sweep()
            delivery.drain()
    finally:
        connections.close_all()


def _under_way() -> bool:
    """Something is in a worker's hands, or may be taken in hand by now."""
    in_hand = Delivery.objects.filter(leased_until__isnull=False).exists()
    return in_hand or announcements.waiting() or outbox.can_claim()
