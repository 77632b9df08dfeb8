"""The house sizes: what has outgrown them wants to be two things."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environment import ROOT

LONGEST_FILE = 300
LONGEST_FUNCTION = 60
VAGUE_NAMES = {"utils.py", "helpers.py", "common.py"}


def sources() -> Iterator[Path]:
    for package in ("leadops", "crm_integrations"):
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path


def too_long(path: Path) -> Iterator[str]:
    """What in the file is over the house sizes, in words."""
    text = path.read_text(encoding="utf-8")
    if (lines := text.count("\n")) > LONGEST_FILE:
        yield f"{path.name}: {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            if size > LONGEST_FUNCTION:
                yield f"{path.name}:{node.lineno} {node.name}: {size} lines"


def test_no_file_and_no_function_is_too_long():
    assert [found for path in sources() for found in too_long(path)] == []


def test_every_file_is_named_for_what_it_is():
    assert [str(path) for path in sources() if path.name in VAGUE_NAMES] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n" * 301, ["f.py: 301 lines"]),
        ("def f():\n" + "    x = 1\n" * 60, ["f.py:1 f: 61 lines"]),
        ("def f():\n" + "    x = 1\n" * 59, []),
    ],
)
def test_the_measure_itself_works(tmp_path, text, found):
    (tmp_path / "f.py").write_text(text)
    assert list(too_long(tmp_path / "f.py")) == found
