"""A hub and its hosts: network namespaces with a cable from each host to the hub."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

HUB = "198.18.77.1"
"""Where PostgreSQL, the broker and the vendors listen: an address that RFC 2544 sets aside for benchmarks."""
HOSTS = ("a", "b")


class Missing(Exception):
    """Namespaces can't be made here."""


def name(place: str) -> str:
    """The namespace of `hub`, `a` or `b`; its own for each run."""
    return f"leadops-{os.environ['LEADOPS_HOSTS']}-{place}"


def inside(place: str) -> list[str]:
    """The words before a command that is to run at `place`."""
    return ["ip", "netns", "exec", name(place)]


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"ip {' '.join(words)}: {done.stderr.strip()}")


@contextlib.contextmanager
def cabled() -> Iterator[None]:
    """The hub with a cable to each host, gone afterwards."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise Missing("network namespaces need root and the `ip` command (apt-get install iproute2)")
    os.environ.setdefault("LEADOPS_HOSTS", str(os.getpid()))
    try:
        for place in ("hub", *HOSTS):
            _ip("netns", "add", name(place))
            _ip("-n", name(place), "link", "set", "lo", "up")
        _ip("-n", name("hub"), "address", "add", f"{HUB}/32", "dev", "lo")
        for number, host in enumerate(HOSTS, 2):
            _cable(host, f"198.18.77.{number}")
        yield
    finally:
        for place in ("hub", *HOSTS):
            subprocess.run(["ip", "netns", "delete", name(place)], capture_output=True, check=False)


def _cable(host: str, address: str) -> None:
    hub, here = name("hub"), name(host)
    _ip("-n", hub, "link", "add", f"to-{host}", "type", "veth", "peer", "name", "to-hub", "netns", here)
    _ip("-n", here, "address", "add", f"{address}/32", "dev", "to-hub")
    for place, end in ((hub, f"to-{host}"), (here, "to-hub")):
        _ip("-n", place, "link", "set", end, "up")
    _ip("-n", hub, "route", "add", f"{address}/32", "dev", f"to-{host}")
    _ip("-n", here, "route", "add", f"{HUB}/32", "dev", "to-hub", "src", address)


def cut(host: str) -> None:
    """Pull the cable: nothing is refused and nothing reset, it is just silent."""
    _ip("-n", name("hub"), "link", "set", f"to-{host}", "down")


def mend(host: str) -> None:
    """Put the cable back; taking it out took the route along."""
    _ip("-n", name("hub"), "link", "set", f"to-{host}", "up")
    address = f"198.18.77.{2 + HOSTS.index(host)}"
    _ip("-n", name("hub"), "route", "replace", f"{address}/32", "dev", f"to-{host}")
