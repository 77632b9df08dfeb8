"""Load the demo data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection, transaction

from crm_integrations.demo import approvals, imports, kept, leads, people, vendors, work
from leadops.management.answering import AnsweringCommand
from leadops.models import Lead, Officer
from leadops.services import report_days


class Command(AnsweringCommand):
    """Partners, programs, officers, 300 leads, a workbook and connections to the vendor sandbox, once.

    A second run changes nothing, except that the connections follow the sandbox to another address, and that log-ins
    which no longer work are made anew. Passwords and key are kept in the data folder, in a file for each database.
    """

    help = "Load synthetic data to try leadops out with; a second run changes nothing. Refused in production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sandbox-url", default="http://127.0.0.1:8100", help="where the vendor sandbox listens"
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        if settings.PRODUCTION:
            raise CommandError("Demo data is refused in production.")
        if not settings.ALLOW_LOCAL_VENDORS:
            raise CommandError("The demo's vendors are local: set ALLOW_LOCAL_VENDORS=1.")
        path = kept.path(Path(settings.VAR_DIR), connection.settings_dict)
        with transaction.atomic():
            return _load(path, options["sandbox_url"])

    def text(self, answer: dict[str, Any]) -> str:
        lines = [f"{each['username']}  {each['password']}  {each['role']}" for each in answer["officers"]]
        if answer["remade"]:
            lines.append(f"made anew, since what was kept does not work: {', '.join(answer['remade'])}")
        return "\n".join([*lines, f"partner key of {answer['partner']}: {answer['key']}"])


def _load(path: Path, sandbox_url: str) -> dict[str, Any]:
    before = kept.read(path)
    people.groups()
    people.branches()
    log_ins, remade = people.officers(kept.log_ins(before))
    partners, programs = people.partners(), people.programs()
    vendors.connect(sandbox_url)
    if not Lead.objects.filter(partner__in=partners).exists():
        found = {each.username: each for each in Officer.objects.all()}
        at_work = [found[name] for name in people.WITH_LEADS]
        leads.load(partners, programs, at_work, sandbox_url)
        work.load(at_work)
        imports.load(at_work[0], partners[0], programs[2])
        approvals.load(found["dev"], found["admin"], partners[1])
        report_days.refresh()
    key, new_key = people.key(partners[0], before.get("key", ""))
    shown = {
        "officers": [
            {"username": username, "password": log_ins[username].password, "role": role.lower()}
            for username, _, _, role, _ in people.OFFICERS
        ],
        "partner": partners[0].name,
        "key": key,
    }
    after = shown | {"hashes": {username: log_in.hash for username, log_in in log_ins.items()}}
    if after != before:
        kept.write(path, after)
    return shown | {"remade": [*remade, *(["the partner key"] if new_key else [])]}
