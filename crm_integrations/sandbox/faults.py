"""The faults a vendor can be told to have: by flag, by request to /__sandbox__/faults, or by data.

| name | what happens | stored | value |
| --- | --- | --- | --- |
| slow | the answer comes late | yes, at once | seconds (5) |
| drip | the answer comes a byte at a time | yes | seconds between bytes (1) |
| 429 | Retry-After is sent | no | seconds (1) |
| 401 | the vendor's words for bad credentials | no | |
| 500_before, 500_after | a server error | no, yes | another status, e.g. 502 |
| 503 | unavailable | no | Retry-After, if given |
| cut_before, cut_after | the connection ends without an answer | no, yes | |
| error_flag | a 200 whose body says that it failed | no | |
| html | a 200 with a web page, as from a proxy in between | no | |
| truncated | half of the JSON under the full Content-Length | yes | |
| duplicate | the answer comes twice | yes | |
| redirect | a 307 | no | where to (a page of the sandbox's that counts visits) |
| huge | the answer comes after megabytes of blanks | yes | megabytes (10) |
| down | reset at once: no answer, no ledger line | no | |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Any

NAMES = (
    "slow",
    "drip",
    "429",
    "401",
    "500_before",
    "500_after",
    "503",
    "cut_before",
    "cut_after",
    "error_flag",
    "html",
    "truncated",
    "duplicate",
    "redirect",
    "huge",
    "down",
)
CREATES = ("lead", "loan_account", "bank", "document")
KINDS = (*CREATES, "token", "find", "read", "health")
EVERY_VENDOR = "*"
IN_DATA = re.compile(r"fault:([a-z0-9_]+)(?:=(\S+))?")


@dataclass
class Fault:
    """One fault in force; `times` None lasts until it is removed."""

    vendor: str
    name: str
    times: int | None = None
    value: float | str | None = None
    probability: float = 1.0
    seed: int | None = None
    kinds: tuple[str, ...] = CREATES
    where: str = ""
    """The field of the body that asked for it."""
    used: int = 0
    dice: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)

    def strikes(self, vendor: str, kind: str) -> bool:
        if self.vendor not in (EVERY_VENDOR, vendor) or kind not in self.kinds or self.times == 0:
            return False
        return self.probability >= 1 or self.dice.random() < self.probability

    def seconds(self, otherwise: float) -> float:
        return float(self.value) if self.value is not None else otherwise

    def shown(self) -> dict[str, Any]:
        return {
            "vendor": self.vendor,
            "fault": self.name,
            "times": self.times,
            "value": self.value,
            "probability": self.probability,
            "seed": self.seed,
            "kinds": list(self.kinds),
            "used": self.used,
        }


class Faults:
    """The faults in force, in the order in which they were added; the first that strikes is the one."""

    def __init__(self, vendors: Iterable[str], faults: Iterable[Fault] = ()) -> None:
        self.vendors = (*vendors, EVERY_VENDOR)
        self._faults: list[Fault] = []
        self._lock = Lock()
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Put a fault in force; ValueError names what is wrong with it."""
        _known("vendor", fault.vendor, self.vendors)
        _known("fault", fault.name, NAMES)
        for kind in fault.kinds:
            _known("kind", kind, KINDS)
        if fault.name != "redirect" and isinstance(fault.value, str):
            raise ValueError(f"the value of {fault.name} is a number, not {fault.value!r}")
        with self._lock:
            self._faults.append(fault)

    def draw(self, vendor: str, kind: str) -> Fault | None:
        """The fault that this request gets, used up once."""
        with self._lock:
            for fault in self._faults:
                if fault.strikes(vendor, kind):
                    fault.used += 1
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def shown(self) -> list[dict[str, Any]]:
        """Every fault that can still strike."""
        with self._lock:
            return [fault.shown() for fault in self._faults if fault.times != 0]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()


def from_flag(text: str) -> Fault:
    """Read VENDOR[/KIND]:NAME[:TIMES][:VALUE]; no times, or an empty one, is until removed."""
    target, name, times, value = (*text.split(":", 3), "", "", "")[:4]
    vendor, _, kind = target.partition("/")
    _require(not times or times.isdigit(), f"TIMES in {text} is a whole number, or empty for until removed")
    return Fault(
        vendor,
        name,
        int(times) if times else None,
        _value(value) if value else None,
        kinds=(kind,) if kind else CREATES,
    )


def from_json(body: Any) -> Fault:
    """Read the body of POST /__sandbox__/faults; ValueError names what is wrong with it."""
    _require(isinstance(body, dict), "a JSON object is required")
    unknown = body.keys() - {"vendor", "fault", "times", "value", "probability", "seed", "kinds"}
    _require(not unknown, f"unknown: {', '.join(sorted(unknown))}")
    kinds = body.get("kinds") or CREATES
    times, value, seed = body.get("times"), body.get("value"), body.get("seed")
    probability = body.get("probability", 1.0)
    good_times = times is None or (isinstance(times, int) and times >= 0)
    _require(good_times, "times is a whole number, or null for until removed")
    _require(isinstance(kinds, list | tuple), "kinds is a list")
    _require(isinstance(probability, int | float), "probability is a number")
    _require(isinstance(value, int | float | str | None), "value is a number or a text")
    _require(isinstance(seed, int | None), "seed is a whole number")
    vendor, name = str(body.get("vendor")), str(body.get("fault"))
    return Fault(vendor, name, times, value, probability, seed, tuple(kinds))


def in_body(vendor: str, body: Any) -> Fault | None:
    """The fault that a text of the body asks for (`fault:slow=5`); an unknown name there is just text."""
    for where, text in _texts(body, ""):
        found = IN_DATA.search(text)
        if found and found.group(1) in NAMES:
            value = _value(found.group(2)) if found.group(2) else None
            if found.group(1) == "redirect" or not isinstance(value, str):
                return Fault(vendor, found.group(1), 1, value, where=where)
    return None


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text with the names that lead to it: `applicants.tags`."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, where)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{where}.{name}".lstrip("."))


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


def _known(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise ValueError(f"no {what} {name!r}; there are {', '.join(names)}")
