"""What the person at the keyboard is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def say(text: str) -> None:
    print(text, flush=True)


def welcome(
    host: str, port: int, sandbox_port: int, demo: dict[str, Any], logs: Path, seconds: float
) -> None:
    """Where to go and whom to sign in as."""
    web = f"http://{host}:{port}"
    lines = [
        "",
        f"leadops is ready after {seconds:.1f} s. Ctrl-C stops it.",
        "",
        f"  Back office     {web}/admin/",
        f"  Partner API     {web}/v1/docs/",
        f"  Vendor sandbox  http://{host}:{sandbox_port}/",
        "",
        *_officers(demo["officers"]),
        f"  Partner key     {demo['key']}  ({demo['partner']})",
        *_remade(demo["remade"]),
        f"  Logs            {logs}",
        "",
    ]
    say("\n".join(lines))


def _officers(officers: list[dict[str, str]]) -> list[str]:
    """A line for each log-in; only the first has the heading."""
    headings = ["Officers", *[""] * len(officers)]
    return [
        f"  {heading:<14}  {each['username']:<8} {each['password']:<18} {each['role']}"
        for heading, each in zip(headings, officers, strict=False)
    ]


def _remade(names: list[str]) -> list[str]:
    """Tell whose log-in is another than the last time."""
    return (
        [f"  New log-ins     {', '.join(names)}: those kept before do not work with this database"]
        if names
        else []
    )
