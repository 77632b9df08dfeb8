"""docs/partners.md does what it says: its commands and programs run as printed, against a live server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leadops.models import ApiKey, BorrowerToken, Lead
from tests import patience
from tests.environment import ROOT

TEXT = Path(ROOT, "docs", "partners.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def run(live_server: Any, partner, program) -> Any:
    """Runs a block as a partner would, with a test key in the shell; gives what it prints."""
    told = {
        "HOST": live_server.url,
        "KEY": ApiKey.issue(partner, mode=ApiKey.Mode.TEST)[1],
        "PROGRAM": str(program.pk),
    }

    def of(language: str, text: str) -> str:
        command = ["bash", "-euo", "pipefail", "-c"] if language == "sh" else [sys.executable, "-c"]
        done = subprocess.run(
            [*command, text], env=os.environ | told, capture_output=True, text=True, timeout=patience.SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return of


@pytest.mark.django_db(transaction=True)
def test_every_block_of_the_page_runs_as_printed(run):
    assert [language for language, _ in BLOCKS] == ["sh", "sh", "sh", "python", "python", "sh"]
    hello, first, errors, sending, reading, borrower = (run(*block) for block in BLOCKS)
    assert '"ok"' in hello
    assert '"count":0' in hello
    assert '"pan_no":"ABXXXXX34L"' in first
    assert '"city":"Faridkot"' in first
    assert run(*BLOCKS[1]) == first
    assert {*re.findall(r'"field":"(\w+)"', errors)} == {"primary_mobile", "colour", "loan_tenure"}
    assert re.match(r"made [0-9a-f-]{36}\n", sending)
    assert reading.endswith("2 leads\n")
    assert "GS-1 submitted" in reading
    assert '"partner_ref_id":"GS-1"' in borrower
    assert Lead.objects.count() == 2
    assert all(lead.partner.is_test_space for lead in Lead.objects.select_related("partner"))
    assert BorrowerToken.objects.get().calls == 1


@pytest.mark.django_db(transaction=True)
def test_the_program_of_the_page_sends_again_what_was_not_answered(run, partner, program):
    """Its server answers 503 twice, and then that somebody else was quicker."""
    sending = next(text for language, text in BLOCKS if language == "python")
    unlucky = sending.replace(
        "lead = {",
        """
class Unlucky:
    ok, headers, left = False, {"Retry-After": "0"}, ["unavailable", "still-running"]

    def json(self):
        return {"type": f"urn:leadops:problem:{self.left.pop()}", "detail": "", "request_id": ""}


post = SESSION.post
SESSION.post = lambda *args, **kwargs: Unlucky() if Unlucky.left else post(*args, **kwargs)
lead = {""",
        1,
    )
    assert unlucky != sending
    assert run("python", unlucky).startswith("made ")
    assert Lead.objects.count() == 1
