"""Try every connection."""

from __future__ import annotations

from typing import Any

from crm_integrations.models import Connection
from crm_integrations.probe import probe
from leadops.management.answering import AnsweringCommand


class Command(AnsweringCommand):
    """Try every connection without sending a record; status 1 when one of them can't be used."""

    help = "Check every connection's address and credentials; no record is sent."

    def answer(self, **options: Any) -> dict[str, Any]:
        found = [(connection.name, probe(connection)) for connection in Connection.objects.of_vendors()]
        told = [
            {"name": name, "ok": v.ok, "proved": v.ok and v.proved, "detail": v.detail} for name, v in found
        ]
        return {"connections": told}

    def text(self, answer: dict[str, Any]) -> str:
        lines = [
            f"{'ok  ' if each['proved'] else 'open' if each['ok'] else 'FAIL'}  {each['name']}: {each['detail']}"
            for each in answer["connections"]
        ]
        return "\n".join(lines) or "There are no connections."

    def trouble(self, answer: dict[str, Any]) -> str:
        unusable = [each["name"] for each in answer["connections"] if not each["ok"]]
        return f"Can't be used: {', '.join(unusable)}." if unusable else ""
