"""The settings of the audit as the environment writes them; leadops.settings reads them."""

from __future__ import annotations

from pathlib import Path

from leadops.environment import env, env_int, env_list

# The law of the countries that the lenders are in asks for a year at least; so does the database.
KEEP_DAYS: int = env_int("AUDIT_KEEP_DAYS", 1096, least=366)
EMAIL: list[str] = env_list("AUDIT_EMAIL")


def heads_folder(var: Path) -> Path:
    """Where the newest seals are written down, outside the database."""
    return Path(env("AUDIT_HEADS", str(var / "audit")))
