"""What a check says: a problem with a value, and the finding it becomes at a place in the lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

from leadops.validation.codes import CODES, Code, Severity

__all__ = [
    "CODES",
    "Checked",
    "Code",
    "Finding",
    "Problem",
    "Severity",
    "errors_in",
    "findings_at",
    "problem",
    "refused",
    "warnings_in",
]

T = TypeVar("T")
_NO_FACTS: Mapping[str, str] = MappingProxyType({})


class Problem(NamedTuple):
    """One thing wrong with a value, by its code in CODES, and the facts that fill its message."""

    code: str
    facts: Mapping[str, str] = _NO_FACTS


class Checked(NamedTuple, Generic[T]):
    """The answer of every check: the value in its one right spelling, and what is wrong with it.

    Where an error is found the value is the one that was given, so that a person can mend what they typed.
    """

    value: T
    problems: tuple[Problem, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether any of the problems is an error."""
        return any(CODES[each.code].severity is Severity.ERROR for each in self.problems)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem at a place in the lead; `field` is a path such as `applicants[0].addresses[0].pincode`."""

    field: str
    code: str
    message: str
    severity: Severity

    @property
    def is_error(self) -> bool:
        """Whether it stops the lead."""
        return self.severity is Severity.ERROR


def problem(code: str, **facts: object) -> Problem:
    return Problem(code, {name: str(fact) for name, fact in facts.items()})


def refused(value: T, code: str, **facts: object) -> Checked[T]:
    """Answer that this value is wrong, and leave it as it was given."""
    return Checked(value, (problem(code, **facts),))


def findings_at(field: str, problems: Iterable[Problem]) -> list[Finding]:
    """Place problems at a field, in the words and with the weight of CODES."""
    return [
        Finding(field, each.code, CODES[each.code].template.format_map(each.facts), CODES[each.code].severity)
        for each in problems
    ]


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    return [each for each in findings if each.is_error]


def warnings_in(findings: Iterable[Finding]) -> list[Finding]:
    return [each for each in findings if not each.is_error]
