"""How long the officer's pages take in the server, among few and among very many leads, and beside Django's own list.

Whole pages, from the request to the last byte of HTML: the first page, the list, a lead with its timeline, and the
search, as three officers see them, of two back offices in turns, because machines drift; and a loop that takes a tenth
of a second where nothing disturbs it, to tell how much of a p95 is the machine's. Beside Django's own list, as its
documentation has one write it with `search_fields`, both are measured without the writing of their pages.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import scratch

FEW, MANY = 5_000, int(os.environ.get("BENCH_ROWS", "1000000"))
PAGES, TRIES = int(os.environ.get("BENCH_PAGES", "100")), 5
BAR_MS, BAR_GROWN, BAR_TIMES, BAR_ASSIGNED = 150, 1.5, 4, 5
PAGES_SHOWN = ("first page", "list", "lead", "search")
OFFICERS = ("superuser", "loan officer", "telecaller")
SHOWN = (*(f"{page}, {officer}" for page in PAGES_SHOWN for officer in OFFICERS), "loop")
SERVER = Path(__file__).with_name("desk_server.py")


class Desk:
    """A back office in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.asked, self.told = process.stdin, process.stdout

    def ready(self) -> None:
        """Wait until all leads are there."""
        assert self.told.readline() == "ready\n", "The back office did not come up."

    def milliseconds(self, name: str, nth: int = 0) -> float:
        """How long what has this name took."""
        print(name, nth, file=self.asked, flush=True)
        return 1000 * float(self.told.readline())


@contextmanager
def desk(rows: int) -> Iterator[Desk]:
    """A back office with so many leads, on a database of its own."""
    environment = os.environ | {"BENCH_VAR": str(scratch.ROOT / "var" / f"bench-{rows}")}
    command, pipe = [sys.executable, str(SERVER), str(rows)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        try:
            yield Desk(process)
        finally:
            process.kill()


def pages(*desks: Desk) -> dict[str, list[list[float]]]:
    """For each page what each desk took, one after the other with every request."""
    took: dict[str, list[list[float]]] = {name: [[] for _ in desks] for name in SHOWN}
    for nth in range(PAGES + 1):
        for name in SHOWN:
            for each, kept in zip(desks, took[name], strict=True):
                kept.append(each.milliseconds(name, nth))
    return {name: [each[1:] for each in kept] for name, kept in took.items()}  # the first fills what is kept


def p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def main() -> None:
    with desk(FEW) as few, desk(MANY) as many:
        few.ready()
        many.ready()
        took = pages(few, many)
        [loop, _] = took.pop("loop")
        scratch.report("a loop of 100 ms, p95", p95(loop), "ms", "what the machine adds to every p95")
        for name, (little, much) in took.items():
            told = f"bar: at most {BAR_MS}"
            scratch.report(f"{name}: median", statistics.median(much), "ms")
            scratch.report(f"{name}: p95", p95(much), "ms", told)
            told = f"bar: at most {BAR_GROWN}"
            scratch.report(f"{name}: p95 over that of {FEW:,} leads", p95(much) / p95(little), "times", told)
        told = f"bar: at most {BAR_ASSIGNED}"
        scratch.report("assigning 10,000 leads at once", many.milliseconds("assigned") / 1000, "s", told)
        for name in ("list", "search"):
            mine, django = (
                statistics.median(many.milliseconds(f"{whose} {name}") for _ in range(TRIES))
                for whose in ("our", "Django's")
            )
            scratch.report(f"rows of Django's {name}", django, "ms")
            scratch.report(f"ours quicker, {name}", django / mine, "times", f"bar: at least {BAR_TIMES}")


if __name__ == "__main__":
    main()
