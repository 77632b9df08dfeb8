"""Make the groups that officers are put in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from crm_integrations import roles
from leadops.management.answering import AnsweringCommand


class Command(AnsweringCommand):
    """Make or update the group of each role. May be run again, also after an upgrade."""

    help = "Make or update the groups of the roles; what else they may do stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--exact", action="store_true", help="take away what a role's group may do besides"
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        return {"roles": [each._asdict() for each in roles.settle(exact=options["exact"])]}

    def text(self, answer: dict[str, Any]) -> str:
        return "\n".join("{role}: {done}, {rights} rights".format(**each) for each in answer["roles"])
