"""Compare what was delivered to one connection with what its vendor lists."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Count

from crm_integrations import reconciling
from crm_integrations.models import Connection, Difference, Reconciliation
from leadops.management.answering import AnsweringCommand


class Command(AnsweringCommand):
    """Compare one day and wait for the end; status 1 when the vendor's list could not be read."""

    help = "Compare the deliveries of a day with what the vendor lists."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", help="name of the connection")
        parser.add_argument("--day", type=_day, help="YYYY-MM-DD, in TIME_ZONE; else yesterday")

    def answer(self, **options: Any) -> dict[str, Any]:
        connection = Connection.objects.filter(name=options["connection"]).first()
        if connection is None:
            raise CommandError(_no_such(options["connection"]))
        day = options["day"] or reconciling.yesterday()
        made = reconciling.start(connection, day, day)
        reconciling.run(made.pk)
        made.refresh_from_db()
        counts = dict(made.differences.order_by().values_list("kind").annotate(Count("id")))
        return {
            "id": str(made.pk),
            "connection": connection.name,
            "day": day.isoformat(),
            "state": made.state,
            "reason": made.reason,
            "ours": made.ours,
            "theirs": made.theirs,
            "matched": made.matched,
            **{kind.value: counts.get(kind.value, 0) for kind in Difference.Kind},
        }

    def text(self, answer: dict[str, Any]) -> str:
        """Sums only where there are any: those of a comparison that did not end would be taken for what was found."""
        if answer["state"] != Reconciliation.State.DONE:
            return "{connection}, {day}: not compared.".format(**answer)
        return (
            "{connection}, {day}: {ours} here, {theirs} there, {matched} agree. {missing_there} missing there,"
            " {missing_here} missing here, {differs} values differ.".format(**answer)
        )

    def trouble(self, answer: dict[str, Any]) -> str:
        if answer["state"] == Reconciliation.State.RUNNING:
            return "Another worker is at it."
        return str(answer["reason"]) if answer["state"] == Reconciliation.State.FAILED else ""


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day: write it as 2026-03-31.") from None


def _no_such(name: str) -> str:
    names = ", ".join(Connection.objects.of_vendors().order_by("name").values_list("name", flat=True))
    return f"There is no connection {name!r}. There is {names or 'none yet'}."
