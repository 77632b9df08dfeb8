"""Erase personal data that is older than its program keeps it, from the command line."""

from __future__ import annotations

from typing import Any

from leadops.management.answering import AnsweringCommand
from leadops.services import retention


class Command(AnsweringCommand):
    """Erase what is due now, as the clock does every night."""

    help = "Erase the personal data of ended leads that are older than their program keeps it."

    def answer(self, **options: Any) -> dict[str, Any]:
        return retention.erase_due()._asdict()

    def text(self, answer: dict[str, Any]) -> str:
        left = f"; {answer['left']} could not be erased yet" if answer["left"] else ""
        return f"Leads erased: {answer['leads']}{left}. Imports emptied: {answer['imports']}."
