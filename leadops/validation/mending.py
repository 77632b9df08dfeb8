"""Putting checked values back into a draft, field by field."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

from leadops.validation.findings import Checked, Finding, findings_at
from leadops.validation.plain_text import free_text

Check = Callable[[Any], Checked[Any]]


class Checks:
    """The checks of a draft's fields that need no other field, in the order of their findings."""

    def __init__(self, **checks: Check) -> None:
        # What stands for "nothing given" in each field: an empty text, or None for a day or an amount.
        self._named = tuple((name, check, check("").value) for name, check in checks.items())
        self._values: Callable[[object], tuple[Any, ...]] = attrgetter(*checks)  # all fields in one call

    def mend(self, part: object, path: str) -> list[Finding]:
        """Run every field that is not absent through its check; `path` is that of the part, with its dot."""
        findings: list[Finding] = []
        for value, (name, check, absent) in zip(self._values(part), self._named, strict=True):
            if value or value == 0:
                mended, problems = check(value)
                if mended is not value:
                    setattr(part, name, mended)
                if problems:
                    findings += findings_at(path + name, problems)
            elif absent is None and value is not None:
                setattr(part, name, None)
        return findings


def words_up_to(limit: int, *, with_aadhaar: bool = True) -> Check:
    """Make the check of a free text of at most `limit` characters."""
    return partial(free_text, limit=limit, with_aadhaar=with_aadhaar)


def settle(part: object, path: str, name: str, given: object, checked: Checked[Any]) -> list[Finding]:
    """Put one checked value into its field and place its problems there."""
    value, problems = checked
    if value is not given:
        setattr(part, name, value)
    return findings_at(path + name, problems) if problems else []
