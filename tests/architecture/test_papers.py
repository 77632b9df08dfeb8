"""The papers say what is so: variables, links, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.environment import ROOT

READ = re.compile(r'\benv(?:_bool|_int|_ints|_list|_secret)?\(\s*"([A-Z_]+)"')
SECRETS = re.compile(r'for name in \(("[A-Z_", ]+)\)')
TABLE = re.compile(r"^\| `([A-Z_]+)`(?: \*file\*)? \|", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
# Paths of one person's machine say nothing to the next.
NOT_OURS = {".git", ".venv", "var", "staticfiles"}
SUFFIXES = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".html", ".css", ".js", ".conf", ".service"}
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:home|Users|work|root)/[a-z]")


def texts() -> Iterator[Path]:
    """Every text of the product, without what is installed, made or kept beside it."""
    for folder in ROOT.iterdir():
        if folder.name not in NOT_OURS:
            found = folder.rglob("*") if folder.is_dir() else [folder]
            yield from (path for path in found if path.suffix in SUFFIXES and "data" not in path.parts)


def papers() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_operations_explains_exactly_the_variables_that_are_read():
    source = (ROOT / "leadops" / "settings.py").read_text(encoding="utf-8")
    read = set(READ.findall(source))
    for names in SECRETS.findall(source):
        read |= set(re.findall("[A-Z_]+", names))
    assert {"SECRET_KEY", "DATABASE_URL", "LEADOPS_VAR"} <= read
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    explained = TABLE.findall(operations.partition("## Environment variables")[2].partition("\n## ")[0])
    assert sorted(explained) == sorted(read)


@pytest.mark.parametrize("paper", papers(), ids=lambda path: path.name)
def test_every_link_within_the_papers_leads_somewhere(paper):
    text = paper.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ")).lower().replace(" ", "-") for line in text.splitlines()
    }
    for target in LINK.findall(text):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif "://" not in target:
            assert (paper.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("paper", papers(), ids=lambda path: path.name)
def test_every_command_that_a_paper_names_exists(paper):
    named = set(COMMAND.findall(paper.read_text(encoding="utf-8")))
    assert named <= set(get_commands())


def test_nothing_names_a_path_of_somebodys_machine():
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in texts()
        for match in MACHINE_PATHS.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
