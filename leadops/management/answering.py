"""What our commands have in common: `--json`, and a refusal that is one line."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError
from psycopg.errors import UndefinedTable

from leadops.errors import LeadopsError


class AnsweringCommand(BaseCommand):
    """A command whose result is one object: shown as text, or as JSON and nothing else."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        return parser

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = self.answer(**options)
        except ValidationError as error:
            raise CommandError(in_one_line(error)) from None
        except LeadopsError as error:
            raise CommandError(error.message) from None
        except OperationalError as error:
            raise CommandError(f"The database can't be used: {' '.join(str(error).split())}") from None
        except ProgrammingError as error:
            if not isinstance(error.__cause__, UndefinedTable):
                raise
            raise CommandError("The database has no tables yet: run manage.py migrate first.") from None
        self.stdout.write(json.dumps(answer) if options["json"] else self.text(answer))
        if trouble := self.trouble(answer):
            raise CommandError(trouble)

    def answer(self, **options: Any) -> dict[str, Any]:
        """Do what the command is for; CommandError, ValidationError and LeadopsError are refusals."""
        raise NotImplementedError

    def text(self, answer: dict[str, Any]) -> str:
        """`answer` for a person."""
        raise NotImplementedError

    def trouble(self, answer: dict[str, Any]) -> str:
        """Why the command fails in spite of an answer; empty when it does not."""
        return ""


def in_one_line(error: ValidationError) -> str:
    """Every message of `error`, each with its field."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        message if field == "__all__" else f"{field}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    )
