"""Take on a partner from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from leadops.management.answering import AnsweringCommand
from leadops.services import partners


class Command(AnsweringCommand):
    """Create a partner and its first API key, which is shown this once."""

    help = "Create a partner and its first API key. The key is shown once and can't be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")

    def answer(self, **options: Any) -> dict[str, Any]:
        partner, key = partners.create(options["name"])
        return {"id": str(partner.pk), "name": partner.name, "key": key}

    def text(self, answer: dict[str, Any]) -> str:
        return f"{answer['name']} ({answer['id']})\nkey, shown this once: {answer['key']}"
