"""The house sizes: what has outgrown them wants to be two things."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environment import ROOT

# Lines of a file, by folder: a test file is a list of sentences, and may be longer than what it tests.
LONGEST_FILE = {"leadops": 300, "crm_integrations": 300, "deploy": 300, "benchmarks": 300, "tests": 600}
LONGEST_FUNCTION = 60
VAGUE_NAMES = {"utils.py", "helpers.py", "common.py"}


def sources() -> Iterator[tuple[Path, int]]:
    """Every module, and how many lines it may have."""
    for folder, longest in LONGEST_FILE.items():
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path, longest


def too_long(path: Path, longest: int) -> Iterator[str]:
    """What in the file is over the house sizes, in words."""
    text = path.read_text(encoding="utf-8")
    if (lines := text.count("\n")) > longest:
        yield f"{path.name}: {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            if size > LONGEST_FUNCTION:
                yield f"{path.name}:{node.lineno} {node.name}: {size} lines"


def test_no_file_and_no_function_is_too_long():
    assert [found for path, longest in sources() for found in too_long(path, longest)] == []


def test_every_file_is_named_for_what_it_is():
    assert [str(path) for path, _ in sources() if path.name in VAGUE_NAMES] == []


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
    assert list(too_long(tmp_path / "f.py", 300)) == found
