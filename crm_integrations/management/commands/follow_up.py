"""Hear what vendors say of delivered records, without Celery."""

from __future__ import annotations

from typing import Any

from crm_integrations import following, webhooks
from leadops.management.answering import AnsweringCommand


class Command(AnsweringCommand):
    """Read the new webhooks and ask what is due to be asked; it may be killed and run again, several at once."""

    help = "Read new webhooks, and ask vendors how delivered records stand."

    def answer(self, **options: Any) -> dict[str, Any]:
        return {"webhooks": webhooks.read_new(), "asked": following.follow()}

    def text(self, answer: dict[str, Any]) -> str:
        return "{webhooks} webhooks read, {asked} records asked for.".format(**answer)
