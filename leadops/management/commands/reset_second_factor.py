"""Let an officer enrol a phone anew, when nobody in the back office can."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from leadops.management.answering import AnsweringCommand
from leadops.models import Officer
from leadops.services import second_factor


class Command(AnsweringCommand):
    """Take an officer's phone and recovery codes away and end their sessions."""

    help = "Take an officer's phone and recovery codes away: they enrol a phone at the next sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="USERNAME")

    def answer(self, **options: Any) -> dict[str, Any]:
        officer = Officer.objects.filter(username=options["name"]).first()
        if officer is None:
            raise CommandError("There is no officer of this name.")
        second_factor.reset(officer)
        return {"officer": officer.get_username()}

    def text(self, answer: dict[str, Any]) -> str:
        return f"{answer['officer']} enrols a phone at the next sign-in."
