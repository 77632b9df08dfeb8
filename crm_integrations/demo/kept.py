"""The demo's passwords and key in clear, kept beside the database they work with: that has their hashes alone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crm_integrations.demo.people import LogIn


def path(folder: Path, database: Mapping[str, Any]) -> Path:
    """`demo.json` for the database that comes along, a name of its own for every other one."""
    if database["ENGINE"] == "leadops.embedded_postgres":
        return folder / "demo.json"
    where = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return folder / f"demo-{hashlib.sha256(where.encode()).hexdigest()[:8]}.json"


def read(path: Path) -> dict[str, Any]:
    """What an earlier run wrote down; nothing when that can't be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def log_ins(kept: Mapping[str, Any]) -> dict[str, LogIn]:
    """The log-ins that were written down, by user name."""
    hashes = kept.get("hashes", {})
    return {
        each["username"]: LogIn(each["password"], hashes.get(each["username"], ""))
        for each in kept.get("officers", [])
    }


def write(path: Path, shown: dict[str, Any]) -> None:
    """Write it down for its owner's eyes alone, in one go."""
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(shown, file, indent=2)
    draft.replace(path)
