"""Putting checked values back into a draft, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from leadops.validation.findings import Checked, Finding, findings_at
from leadops.validation.plain_text import free_text

Check = Callable[[Any], Checked[Any]]


def words_up_to(limit: int, *, with_aadhaar: bool = True) -> Check:
    """Make the check of a free text of at most `limit` characters."""
    return partial(free_text, limit=limit, with_aadhaar=with_aadhaar)


def mend(part: object, path: str, checks: Iterable[tuple[str, Check]]) -> list[Finding]:
    """Run each named field of a draft through its check; absent values are left alone."""
    findings: list[Finding] = []
    for name, check in checks:
        value = getattr(part, name)
        if value or value == 0:
            checked = check(value)
            if checked.value is not value:
                setattr(part, name, checked.value)
            if checked.problems:
                findings += findings_at(path + name, checked.problems)
    return findings
