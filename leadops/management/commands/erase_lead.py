"""Erase the personal data of one lead from the command line, also of one that was deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from leadops.admin.reasons import LogField
from leadops.management.answering import AnsweringCommand
from leadops.models import Erasure
from leadops.services import erasure


class Command(AnsweringCommand):
    """Erase one lead and those that were merged into it; one that was deleted has no page with the button."""

    help = (
        "Erase the personal data of one lead, also of one that its partner deleted. It can't be taken back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lead", metavar="LEAD", type=UUID, help="the id of the lead")
        parser.add_argument("--reason", required=True, help="why; it stays on record, so name nobody in it")

    def answer(self, **options: Any) -> dict[str, Any]:
        try:
            reason = LogField().clean(options["reason"])
        except ValidationError as error:
            raise CommandError(f"--reason: {' '.join(error.messages)}") from None
        done = erasure.erase(options["lead"], Erasure.Cause.REQUEST, reason=reason)
        return {"lead": str(done.lead_id), "erased": done.what}

    def text(self, answer: dict[str, Any]) -> str:
        told = ", ".join(f"{count} {name}" for name, count in answer["erased"].items() if count)
        return f"Erased of lead {answer['lead']}: {told}."
