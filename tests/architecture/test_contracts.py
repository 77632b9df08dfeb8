"""What holds the code together, checked like everything else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command
from django.dispatch import Signal
from django.utils.module_loading import import_string

from crm_integrations import registry
from crm_integrations.sandbox.vendors import discover
from leadops import signals
from leadops.celery import app
from tests.environment import ROOT


def test_every_import_contract_is_kept():
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    done = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_models_and_migrations_agree(db, capsys):
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out


@pytest.mark.parametrize("vendor", registry.vendors())
def test_every_connector_has_its_test_its_sandbox_twin_and_its_page(vendor):
    assert (ROOT / "tests" / "crm_integrations" / "connectors" / f"test_{vendor}.py").exists()
    assert (ROOT / "docs" / "vendors" / f"{vendor}.md").exists()
    assert vendor in discover()


def test_the_sandbox_plays_no_vendor_that_has_no_connector():
    assert set(discover()) == set(registry.vendors())


@pytest.mark.parametrize("name", [name for name, value in vars(signals).items() if isinstance(value, Signal)])
def test_somebody_listens_to_what_the_core_announces(name):
    assert getattr(signals, name).has_listeners()


@pytest.mark.parametrize("entry", settings.CELERY_BEAT_SCHEDULE)
def test_what_beat_rings_for_is_a_task(entry):
    name = settings.CELERY_BEAT_SCHEDULE[entry]["task"]
    assert import_string(name).name == name
    app.loader.import_default_modules()
    assert name in app.tasks


# re of Python 3.11.2, which Debian 12 has, matches these wrongly: every e-mail address was refused there.
BROKEN_IN_RE = re.compile(r"(?<!\\)[*+?}]\+|\(\?>")
CHARACTER_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")


@pytest.mark.parametrize("folder", ["leadops", "crm_integrations", "deploy"])
def test_no_pattern_has_possessive_quantifiers_or_atomic_groups(folder):
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py")}
    found = {
        f"{path.name}: {text.value}"
        for path, source in sources.items()
        for text in ast.walk(ast.parse(source))
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
        if BROKEN_IN_RE.search(CHARACTER_CLASS.sub("[]", text.value))
    }
    assert sources
    assert found == set()
