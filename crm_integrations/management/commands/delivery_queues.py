"""Shows which queue each connection is delivered from, for the -Q of a worker."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from crm_integrations import doorbell
from crm_integrations.models import Connection
from leadops.management.answering import AnsweringCommand


class Command(AnsweringCommand):
    help = "Show the queue of each connection; without DELIVERY_QUEUES there is one for all."

    def answer(self, **options: Any) -> dict[str, Any]:
        numbers, names = doorbell.queue_of(), settings.DELIVERY_QUEUE_NAMES
        rows = Connection.objects.order_by("pk").values_list("pk", "name")
        queues = {name: names[numbers[pk]] if names else "celery" for pk, name in rows}
        return {"queues": queues}

    def text(self, answer: dict[str, Any]) -> str:
        return "\n".join(f"{name}: {queue}" for name, queue in answer["queues"].items())
