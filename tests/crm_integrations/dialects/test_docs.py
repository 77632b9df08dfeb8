"""docs/dialects.md tells the truth: its calls run as they stand, and name what the code names."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from crm_integrations.dialects.registry import DIALECTS
from leadops.models import Lead
from tests.crm_integrations.dialects.callers import key_for

PAGE = Path(__file__).parents[3] / "docs" / "dialects.md"
TEXT = PAGE.read_text(encoding="utf-8")
ISPCRM, LOGIN, BRAINYSOFT = re.findall(r"```sh\n(curl .*?)```", TEXT, re.DOTALL)
[BROCTAGON] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def run(call: str, **names: str) -> Any:
    """One curl command, sent by the test client."""
    for name, value in names.items():
        call = call.replace(f"${name}", value)
    assert "$" not in call.replace("$HOST", "")
    words = shlex.split(call)
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1].encode()
    return Client().generic("POST", words[1].removeprefix("$HOST"), body, "application/json", headers=headers)


def test_the_call_as_to_ispcrm_runs(partner, program):
    answer = run(ISPCRM, KEY=key_for("ispcrm", partner, program))
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "New")


def test_the_calls_as_to_brainysoft_run(partner, program):
    session = run(LOGIN, CODE=partner.code, KEY=key_for("brainysoft", partner, program))
    answer = run(BRAINYSOFT, TOKEN=session["bsauth"])
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.django_db(transaction=True)
def test_the_script_as_to_broctagon_runs(live_server, partner, program, capsys):
    exec(BROCTAGON, {"HOST": live_server.url, "KEY": key_for("broctagon", partner, program)})
    assert capsys.readouterr().out.strip() == str(Lead.objects.get().pk)


def test_every_dialect_and_its_address_is_on_the_page():
    named = re.findall(r"^\| [\w ]+ \| `POST /([\w/-]+)` \|", TEXT, re.MULTILINE)
    assert sorted(named) == sorted(dialect.path for dialect in DIALECTS.values())
