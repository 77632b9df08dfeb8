"""The sandbox's memory and the judge of every test: one line per request that reached a vendor.

An accepted line *is* the vendor's record of the object; there is no second store. So what a restarted
sandbox holds is exactly what the file says, even after SIGKILL with the last line half written.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from io import FileIO
from pathlib import Path
from threading import Lock
from typing import Any, TypedDict


class Entry(TypedDict):
    """One line of the ledger; `n` is given by the ledger."""

    n: int
    at: float
    vendor: str
    kind: str
    method: str
    path: str
    status: int | None
    accepted: bool
    id: str | int | None
    reference: str | None
    fault: str | None
    body: Any


class Unreadable(Exception):
    """The ledger file holds something that is not a ledger line."""


class Ledger:
    """Append-only list of entries, in memory and, with a path, in a file of JSON lines."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._lock = Lock()
        self._file: FileIO | None = None
        self._forget()
        if path is not None:
            self._restore(Path(path))

    def append(self, entry: Entry) -> None:
        """Number the entry and keep it; it is in the file before this returns."""
        with self._lock:
            entry["n"] = len(self._lines) + 1
            line = json.dumps(entry, separators=(",", ":")).encode()
            if self._file is not None:
                # One unbuffered write: it outlives a SIGKILL of ours. No fsync, it would cost the speed.
                self._file.write(line + b"\n")
            self._index(entry, line)

    def held(self, vendor: str) -> list[Entry]:
        """What the vendor holds, oldest first."""
        with self._lock:
            lines = [self._lines[place] for place in self._accepted[vendor]]
        return [json.loads(line) for line in lines]

    def get(self, vendor: str, object_id: str | int) -> Entry | None:
        with self._lock:
            place = self._by_id.get((vendor, object_id))
            return None if place is None else json.loads(self._lines[place])

    def with_reference(self, vendor: str, reference: str) -> list[Entry]:
        """What the vendor holds under the caller's own reference, oldest first."""
        with self._lock:
            lines = [self._lines[place] for place in self._same[vendor].get(f"reference {reference}", [])]
        return [json.loads(line) for line in lines]

    def times(self, entry: Entry) -> int:
        """How often the vendor accepted the same thing: the same reference, else the same body."""
        with self._lock:
            return len(self._same[entry["vendor"]].get(_sameness(entry), []))

    def latest(self, vendor: str, limit: int) -> list[Entry]:
        """The newest accepted entries, newest first."""
        with self._lock:
            lines = [self._lines[place] for place in self._accepted[vendor][-limit:]]
        return [json.loads(line) for line in reversed(lines)]

    def lines(self, vendor: str | None, accepted: bool, after: int, limit: int) -> list[bytes]:
        """Raw JSON lines with `n` above `after`, at most `limit` of them."""
        with self._lock:
            return [self._lines[place] for place in self._places(vendor, accepted) if place >= after][:limit]

    def summary(self) -> dict[str, dict[str, int]]:
        """Per vendor: requests, accepted, distinct references (bodies where there is none), duplicates."""
        with self._lock:
            return {
                vendor: {
                    "requests": len(places),
                    "accepted": len(self._accepted[vendor]),
                    "references": len(self._same[vendor]),
                    "duplicates": len(self._accepted[vendor]) - len(self._same[vendor]),
                }
                for vendor, places in sorted(self._seen.items())
            }

    def reset(self) -> None:
        """Forget everything, in the file too."""
        with self._lock:
            self._forget()
            if self._file is not None:
                self._file.truncate(0)

    def close(self) -> None:
        """Stop writing; waits for an append that is under way."""
        with self._lock:
            if self._file is not None:
                self._file.close()

    def _forget(self) -> None:
        self._lines: list[bytes] = []
        self._seen: dict[str, list[int]] = defaultdict(list)
        self._accepted: dict[str, list[int]] = defaultdict(list)
        self._by_id: dict[tuple[str, str | int], int] = {}
        self._same: dict[str, dict[str, list[int]]] = defaultdict(dict)

    def _restore(self, path: Path) -> None:
        path.touch()
        whole = path.read_bytes()
        complete = whole.rfind(b"\n") + 1
        for number, line in enumerate(whole[:complete].split(b"\n")[:-1], start=1):
            self._index(_parsed(line, number, path), line)
        self._file = FileIO(path, "a")
        # The half-written line was never answered, so nobody was told that it exists.
        self._file.truncate(complete)

    def _index(self, entry: Entry, line: bytes) -> None:
        place, vendor = len(self._lines), entry["vendor"]
        self._lines.append(line)
        self._seen[vendor].append(place)
        if entry["accepted"] and entry["id"] is not None:
            self._accepted[vendor].append(place)
            self._by_id[vendor, entry["id"]] = place
            self._same[vendor].setdefault(_sameness(entry), []).append(place)

    def _places(self, vendor: str | None, accepted: bool) -> list[int]:
        table = self._accepted if accepted else self._seen
        if vendor is not None:
            return table.get(vendor, [])
        return sorted(place for places in table.values() for place in places)


def _sameness(entry: Entry) -> str:
    if entry["reference"] is not None:
        return f"reference {entry['reference']}"
    return hashlib.sha256(json.dumps(entry["body"], sort_keys=True).encode()).hexdigest()


def _parsed(line: bytes, number: int, path: str | Path) -> Entry:
    try:
        entry: Entry = json.loads(line)
        if entry.keys() >= Entry.__required_keys__:
            return entry
    except (ValueError, AttributeError):
        pass
    raise Unreadable(f"line {number} of {path} is not a ledger line")
