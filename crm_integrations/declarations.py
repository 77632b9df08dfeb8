"""What a connector declares that it needs to be told, and what a connection tells it.

Pure Python: no Django, no sockets, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a connection, or one extra field of a lead. `kind` is the Python type of its value.

    A setting is a str, int, bool or dict; an extra field may be a float or a list too. The `choices` of an extra field
    that is a dict are the names that may stand in it.
    """

    name: str
    label: str
    kind: type[str] | type[int] | type[bool] | type[float] | type[dict[str, Any]] | type[list[Any]] = str
    default: Any = ""
    choices: tuple[Any, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """One write-only credential of a connection. What is sent `in_header` takes fewer characters than a body does."""

    name: str
    label: str
    help: str = ""
    in_header: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """One connection as its connector sees it: settings are complete (defaults filled in)."""

    base_url: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
