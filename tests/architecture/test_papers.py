"""The papers say what is so: variables, links, commands."""

from __future__ import annotations

import math
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.dispatch import Signal

from leadops import signals
from tests.environment import ROOT

READ = re.compile(r'\benv(?:_bool|_int|_ints|_list|_networks|_secret|_table)?\(\s*"([A-Z_]+)"')
SECRETS = re.compile(r'for name in \(("[A-Z_", ]+)\)')
NUMBER = re.compile(r'\benv_int\(\s*"([A-Z_]+)",\s*([\d_* ]+)[,)]')
TABLE = re.compile(r"^\| `([A-Z_]+)`(?: \*file\*)? \| ([^|]*?) \|", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
# Paths of one person's machine say nothing to the next.
NOT_OURS = {".git", ".venv", "var", "staticfiles"}
SUFFIXES = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".html", ".css", ".js", ".conf", ".service"}
# A paper of ours that a comment names: with its folder, or alone. What follows a `://` is somebody else's.
CITED = re.compile(r"(?<![\w/.*{}-])((?:[\w-]+/)*[\w-]+\.(?:md|txt))\b")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:home|Users|work|root)/[a-z]")


def texts() -> Iterator[Path]:
    """Every text of the product, without what is installed, made or kept beside it."""
    for folder in ROOT.iterdir():
        if folder.name not in NOT_OURS:
            found = folder.rglob("*") if folder.is_dir() else [folder]
            yield from (path for path in found if path.suffix in SUFFIXES and "data" not in path.parts)


def sources() -> Iterator[Path]:
    for folder in ("leadops", "crm_integrations", "deploy", "tests", "benchmarks"):
        yield from (ROOT / folder).rglob("*.py")


def explained() -> list[tuple[str, str]]:
    """Each variable of the operators' page with its default as it is written there."""
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return TABLE.findall(operations.partition("## Environment variables")[2].partition("\n## ")[0])


def remarks(path: Path) -> Iterator[str]:
    """The comments and docstrings of a module, where a paper is named in it at all: to take it apart costs most."""
    if not CITED.search(path.read_text(encoding="utf-8")):
        return
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT or token.string.startswith('"""'):
                yield token.string


def top_names(package: str) -> list[str]:
    """What stands right in a package, as the papers write it: `fields.py`, `models/`."""
    inside = (path for path in (ROOT / package).iterdir() if not path.name.startswith("__"))
    return sorted(f"{path.name}/" if path.is_dir() else path.name for path in inside)


def papers() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def settings_text() -> str:
    """The settings, and the modules of single parts that they read."""
    return "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "leadops").rglob("*settings.py"))
    )


def test_operations_explains_exactly_the_variables_that_are_read():
    source = settings_text()
    read = set(READ.findall(source))
    for names in SECRETS.findall(source):
        read |= set(re.findall("[A-Z_]+", names))
    assert {"SECRET_KEY", "DATABASE_URL", "LEADOPS_VAR"} <= read
    assert sorted(name for name, _ in explained()) == sorted(read)


def test_operations_gives_the_defaults_that_are_set():
    source = settings_text()
    set_to = {name: math.prod(map(int, each.split("*"))) for name, each in NUMBER.findall(source)}
    assert {"DELIVERY_LEASE_SECONDS", "IMPORT_MAX_BYTES", "CONN_MAX_AGE"} <= set_to.keys()
    assert {name: int(value) for name, value in explained() if name in set_to} == set_to


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


@pytest.mark.parametrize("package", ["leadops", "crm_integrations"])
def test_the_architecture_names_all_that_stands_in_a_package(package):
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = top_names(package)
    assert {"models/", "tasks.py"} <= {*names}
    assert [name for name in names if f"`{name}`" not in architecture] == []


@pytest.mark.parametrize("name", [name for name, value in vars(signals).items() if isinstance(value, Signal)])
def test_the_architecture_has_a_row_for_each_signal(name):
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f"\n| `{name}(" in architecture


def test_every_paper_that_a_comment_cites_is_in_the_repository():
    known = [str(path.relative_to(ROOT)) for path in texts() if path.suffix in {".md", ".txt"}]
    missing = [
        f"{path.relative_to(ROOT)}: {cited}"
        for path in sources()
        for remark in remarks(path)
        for cited in CITED.findall(remark)
        if not any(f"/{each}".endswith(f"/{cited}") for each in known)
    ]
    assert missing == []


def test_nothing_names_a_path_of_somebodys_machine():
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in texts()
        for match in MACHINE_PATHS.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
