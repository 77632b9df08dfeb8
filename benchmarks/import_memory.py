"""How much memory an import takes, against what reading its workbook takes alone.

The import runs in a process of its own, which reads in another and writes in turns with a third; reading alone takes
the first two. What counts is the largest sum of all of them at one moment: shared pages count once (PSS).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import scratch

ROWS = os.environ.get("BENCH_ROWS", "100000")
BAR = 1.3
MB = 1024
EVERY_SECONDS = 0.02


def peak_of(command: list[str]) -> tuple[float, float]:
    """The most memory that a process and its own took at one moment, and that the first alone took, in MB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    together = alone = 0
    while process.poll() is None:
        sizes = [_size(each) for each in _family(process.pid)]
        together, alone = max(together, sum(sizes)), max(alone, *sizes[:1], 0)
        time.sleep(EVERY_SECONDS)
    assert process.returncode == 0
    return together / MB, alone / MB


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _size(pid: int) -> int:
    """Its share of memory in KB; 0 when it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def make(path: str) -> None:
    """Write the workbook, and keep its import waiting in a fresh database."""
    sys.argv = ["excel_import", ROWS]
    import excel_import
    from django.core.files.base import ContentFile

    from leadops.services import import_batches

    Path(path).write_bytes(excel_import.OUR_FILE)
    partner, program = excel_import.clean()
    import_batches.receive(
        ContentFile(excel_import.OUR_FILE), "memory.xlsx", partner=partner, program=program
    )


def read(path: str) -> None:
    """Only read the workbook, as the import does."""
    _set_up()
    from leadops.excel import reader

    for _ in reader.rows(path):
        pass


def run() -> None:
    """Do that import."""
    _set_up()
    from leadops.services import import_processes

    import_processes.resume()


def _set_up() -> None:
    scratch.environment()
    import django

    django.setup()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/leads.xlsx"
        subprocess.run([sys.executable, __file__, "make", path], check=True)
        reading, _ = peak_of([sys.executable, __file__, "read", path])
    together, alone = peak_of([sys.executable, __file__, "run"])
    scratch.report(f"reading {int(ROWS):,} rows alone", reading, "MB")
    scratch.report("the importing process itself", alone, "MB")
    scratch.report("the import, all its processes at once", together, "MB")
    scratch.report("import to reading", together / reading, "x", f"bar: {BAR:g}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2])
    elif sys.argv[1:2] == ["read"]:
        read(sys.argv[2])
    elif sys.argv[1:2] == ["run"]:
        run()
    else:
        main()
