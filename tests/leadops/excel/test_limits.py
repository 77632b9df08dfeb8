"""Hostile files are refused in words, quickly and in little memory, and whoever reads them lives on."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest

from leadops.errors import UnreadableFile
from leadops.excel import preflight, reader
from leadops.excel.reading import program
from leadops.excel.sheet_header import letters
from tests.leadops.excel import hostile, workbooks
from tests.leadops.excel.corpus import by_hand

ROOT = Path(__file__).resolve().parents[3]
MEGABYTE = 1024 * 1024
# In a process of its own each: what a process and its children had in memory at most can't be forgotten again. All are
# forks of one that has Django ready, which takes longer than to refuse a file.
MEASURE = """
import json, os, sys
import django
django.setup()
from leadops.errors import UnreadableFile
from leadops.excel import reader

def most():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

def measured(path):
    before, began, refused = most(), sum(os.times()[:4]), ""
    try:
        for row in reader.rows(path):
            pass
    except UnreadableFile as refusal:
        refused = refusal.message
    took = sum(os.times()[:4]) - began  # its own and its children's time on the processor
    began = sum(os.times()[:4])
    sum(range(4_000_000))
    return {"refused": refused, "seconds": took, "counting": sum(os.times()[:4]) - began, "grown": most() - before}

for path in sys.stdin:
    if not os.fork():
        print(json.dumps(measured(path.strip())), flush=True)
        os._exit(0)
    os.wait()
"""
# A tiny process starts the parsing one: a child counts its parent's memory as its own at first.
MEASURE_PARSER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""

HOSTILE = [
    (hostile.corner, "This workbook needs more memory or time"),
    (hostile.last_row, "This workbook needs more memory or time"),
    (hostile.binary_corner, "This workbook needs more memory or time"),
    (hostile.packed_zeros, "This file is packed as no workbook is"),
    (hostile.lying_sheet, "This file is packed as no workbook is"),
    (hostile.lying_strings, "This file is packed as no workbook is"),
    (hostile.laughs, "This workbook holds XML entities"),
    (hostile.quadratic, "This workbook holds XML entities"),
    (hostile.laughs_in_open_document, "This workbook holds XML entities"),
    (hostile.repeated_cells, "This workbook is damaged, or far too wide and long"),
    (hostile.linked, "This workbook takes values from other workbooks by links"),
    (hostile.corner_among_rows, "This workbook needs more memory or time"),
    (hostile.far_right_among_rows, "This workbook needs more memory or time"),
    (hostile.far_right_in_each_row, "This workbook needs more memory or time"),
    (hostile.repeated_rows, "This workbook"),
    (hostile.endless_styles, "This workbook has more styles or sheets than Excel takes"),
    (hostile.empty_records, "This workbook is damaged, or far too wide and long"),
    (hostile.merged_text, "The cells of this workbook hold more text than can be read"),
    (hostile.endless_line, "The rows of this file have no end"),
    (hostile.open_quote, "The rows of this file have no end"),
]


@pytest.fixture(scope="module")
def measured() -> Iterator[Callable[[Path], dict[str, Any]]]:
    """What reading a file takes, in a process of its own."""
    command = [sys.executable, "-c", MEASURE]
    with subprocess.Popen(
        command, text=True, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def of(path: Path) -> dict[str, Any]:
            print(path, file=process.stdin, flush=True)
            found: dict[str, Any] = json.loads(process.stdout.readline())
            return found

        yield of


def parsers_memory(path: Path) -> int:
    """The most memory of the parsing process; nothing when the file is refused before it is started."""
    with path.open("rb") as file:
        try:
            kind = preflight.inspect(file)
        except UnreadableFile:
            return 0
    parse = [sys.executable, "-I", str(reader.PROGRAM), kind.value, str(path), "200000"]
    command = [sys.executable, "-c", MEASURE_PARSER, *parse]
    return int(subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout)


@pytest.mark.parametrize(("build", "sentence"), HOSTILE, ids=[build.__name__ for build, _ in HOSTILE])
def test_a_hostile_file_is_refused_in_a_second_and_a_hundred_megabytes(measured, tmp_path, build, sentence):
    path = build(tmp_path / "hostile")
    result = measured(path)
    assert result["refused"].startswith(sentence)
    limit = max(1, 10 * result["counting"])  # a slow machine takes over 0.1 s for that
    # Beside other tests the same work takes up to a third more of the processor: then it is asked once more.
    assert result["seconds"] < limit or measured(path)["seconds"] < limit
    assert result["grown"] + parsers_memory(path) < 100 * MEGABYTE


def test_the_limits_stand_before_the_file_is_opened(tmp_path):
    """Of memory, of time, and that nothing of the process is left when it breaks."""
    path = tmp_path / "leads.csv"
    os.mkfifo(path)
    command = [sys.executable, "-I", str(reader.PROGRAM), "csv", str(path), "200000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with path.open("wb"):  # opens when the process does
                limits = {
                    name: resource.prlimit(process.pid, getattr(resource, f"RLIMIT_{name}"))
                    for name in ("CORE", "CPU", "AS")
                }
        finally:
            process.kill()
    assert limits["CORE"] == (0, 0)
    assert 0 < min(limits["CPU"]) <= max(limits["CPU"]) <= 120
    soft, hard = limits["AS"]
    assert 0 < soft <= 160 * MEGABYTE < hard <= 1536 * MEGABYTE


# The parser keeps a place for each cell up to the last row and column; officers fill a few columns of many, and leave a
# stray cell far out.
SPARSE = [
    (40_000, range(10), "GR40001"),
    (20_000, range(2), "AN20001"),
    (6_000, range(12), "GR6001"),
    (2, range(2), "D1048576"),
]


@pytest.mark.parametrize(("rows", "filled", "stray"), SPARSE)
def test_a_sheet_with_much_empty_space_is_read(tmp_path, rows, filled, stray):
    cells = "".join(f'<c r="{letters(at)}{{0}}"><v>9800000001</v></c>' for at in filled)
    sheet = "".join(f'<row r="{row}">{cells.format(row)}</row>' for row in range(1, rows + 1))
    last = f'<row r="{stray.lstrip(ascii_uppercase)}"><c r="{stray}"><v>1</v></c></row>'
    path = by_hand.workbook(tmp_path / "sparse.xlsx", by_hand.sheet_xml(sheet + last))
    assert sum(1 for _ in reader.rows(path)) == rows + 1


def test_a_large_file_may_hold_more_text_but_not_without_end():
    small, large, largest = map(program.most_text, (0, 20 * MEGABYTE, 1024 * MEGABYTE))
    assert 20 * MEGABYTE < small + 5 * MEGABYTE < large < largest <= 512 * MEGABYTE


def test_the_corner_workbook_is_tiny(tmp_path):
    assert hostile.corner(tmp_path / "a").stat().st_size < 6000


def test_another_file_is_read_after_a_hostile_one(tmp_path):
    with pytest.raises(UnreadableFile):
        list(reader.rows(hostile.corner(tmp_path / "corner.xlsx")))
    path = workbooks.ours(tmp_path / "good.xlsx", [workbooks.HEADER, *workbooks.good_rows(3)])
    assert len(list(reader.rows(path))) == 4
