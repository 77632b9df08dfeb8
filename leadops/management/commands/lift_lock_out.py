"""Let somebody sign in again who failed too often."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from leadops.management.answering import AnsweringCommand
from leadops.sign_in import lockouts


class Command(AnsweringCommand):
    """Forget the failed sign-ins of a name or of an address."""

    help = "Let an officer, or everybody at an address, try to sign in again at once."

    def add_arguments(self, parser: CommandParser) -> None:
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("name", metavar="USERNAME", nargs="?")
        whom.add_argument("--address", metavar="ADDRESS", help="an IP address, instead of a name")

    def answer(self, **options: Any) -> dict[str, Any]:
        if options["address"]:
            return {"forgotten": lockouts.lift_address(options["address"])}
        return {"forgotten": lockouts.lift(options["name"])}

    def text(self, answer: dict[str, Any]) -> str:
        if not answer["forgotten"]:
            return "No failed sign-in was noted: nothing kept them out."
        return f"They may try again: {answer['forgotten']} failed sign-ins are forgotten."
