"""How fast leads become a workbook, against XlsxWriter with `constant_memory` writing the same cells.

The cells are those of a whole export of synthetic leads: five sheets of texts, numbers and dates, many of them empty,
made beforehand of 2,000 leads and written again and again, which costs both sides the same. Writing is measured in
processor time, because neighbours on the machine change the clock and not the work. Each side runs in a process of its
own, whose growth at its peak is told. Then the whole export: reading, opening what is sealed, and masking included.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import scratch

scratch.setup()

import xlsxwriter
from django.db import connections

from leadops import synthetic
from leadops.excel import archive
from leadops.excel.writer import Workbook
from leadops.models import Export, Lead, Officer, Partner, Program
from leadops.services import export_rows, exports, leads
from leadops.validation import check_lead

LEADS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
SAMPLE = min(2_000, LEADS)
PART = export_rows.LEADS_A_READ
RATE, MEMORY, SIZE = 8.0, 64.0, 60.0
MIB = 1024 * 1024


class Run(NamedTuple):
    """What one side took: processor seconds, seconds, MiB it grew by at its peak, bytes of the file."""

    work: float
    seconds: float
    grown: float
    size: int


def peak() -> float:
    """The most memory that this process had at once, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measured(side: Callable[[Path], None], path: Path) -> Run:
    Path("/proc/self/clear_refs").write_text(
        "5"
    )  # forget the peak of the process that this one was forked from
    before, began, worked = peak(), time.perf_counter(), time.process_time()
    side(path)
    spent = time.process_time() - worked, time.perf_counter() - began
    return Run(*spent, peak() - before, path.stat().st_size)


def alone(side: Callable[[Path], None]) -> Run:
    """`side` in a process of its own."""
    connections.close_all()
    with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(measured, (side, Path(folder) / "leads.xlsx"))


def fill() -> None:
    """The leads of the benchmark, some thousand at a time."""
    partner = Partner.objects.create(code="bench", name="Bench")
    program = Program.objects.create(code="bench", name="Bench", product_type="scf")
    for seed in range(1, LEADS // SAMPLE + 1):
        drafts = synthetic.drafts(SAMPLE, seed)
        for draft in drafts:
            check_lead(draft)
        leads.create(drafts, partner=partner, program=program, intake=Lead.Intake.API)


def parts() -> list[dict[str, list[Any]]]:
    """The rows of the sample by sheet, in the parts that an export writes."""
    reading = export_rows._Reading(Export.Shown.WHOLE)
    ids = list(Lead.objects.order_by("-id").values_list("id", flat=True)[:SAMPLE])
    return [reading.rows(ids[at : at + PART]) for at in range(0, SAMPLE, PART)]


fill()
CELLS = parts()
# What the benchmark itself holds must not make either side's garbage collections longer.
gc.collect()
gc.freeze()


def repeated() -> Iterator[tuple[str, list[Any]]]:
    for _ in range(LEADS // SAMPLE):
        for part in CELLS:
            yield from part.items()


def ours(path: Path) -> None:
    with path.open("wb") as file, Workbook(file) as book:
        opened = {name: book.sheet(name) for name in CELLS[0]}
        for name, rows in repeated():
            opened[name].add(rows)


def ours_unpacked(path: Path) -> None:
    archive.LEVEL = 0
    ours(path)


def theirs(path: Path) -> None:
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "dd/mm/yyyy"}
    book = xlsxwriter.Workbook(path, {"constant_memory": True, **plain})
    opened, places = {name: book.add_worksheet(name) for name in CELLS[0]}, dict.fromkeys(CELLS[0], 0)
    for name, rows in repeated():
        for at, row in enumerate(rows, start=places[name]):
            opened[name].write_row(at, 0, row)
        places[name] += len(rows)
    book.close()


def whole(path: Path) -> None:
    officer, _ = Officer.objects.get_or_create(username="bench")
    asked = Export(road=Export.Road.ADMIN, officer=officer, what="Bench", shown=Export.Shown.MASKED)
    export = exports.order(Lead.objects.all(), asked)
    exports.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.done) == (Export.State.DONE, LEADS), export.problem
    Path(export.file.path).rename(path)


def main() -> None:
    cells = sum(value != "" for _, rows in repeated() for row in rows for value in row)
    scratch.report("filled cells", cells / 1e6, "million", f"of {LEADS:,} leads on five sheets")
    peer, own = alone(theirs), alone(ours)
    scratch.report(
        "XlsxWriter constant_memory", cells / peer.work, "cells/s", f"{LEADS / peer.work:,.0f} leads/s"
    )
    scratch.report("leadops", cells / own.work, "cells/s", f"{LEADS / own.work:,.0f} leads/s")
    scratch.report("ratio", peer.work / own.work, "x", f"bar: {RATE:g}")
    scratch.report("file of XlsxWriter", peer.size / MIB, "MiB")
    scratch.report("file of leadops", own.size / MIB, "MiB")
    scratch.report("its size", 100 * own.size / peer.size, "%", f"bar: {SIZE:g}")
    scratch.report("peak growth of XlsxWriter", peer.grown, "MiB")
    scratch.report("peak growth of leadops", own.grown, "MiB", f"bar: {MEMORY:g}")
    packing = 1 - alone(ours_unpacked).work / own.work
    scratch.report("packing (deflate), its share of the writing", 100 * packing, "%")
    all_of_it = alone(whole)
    scratch.report("whole export: read, opened, masked, written", LEADS / all_of_it.seconds, "leads/s")
    scratch.report("the same in our processor time", LEADS / all_of_it.work, "leads/s")
    scratch.report("peak growth of the whole export", all_of_it.grown, "MiB", f"bar: {MEMORY:g}")


if __name__ == "__main__":
    main()
