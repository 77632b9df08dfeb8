"""The kinds of change that there are: each app registers its own when it is ready."""

from __future__ import annotations

from leadops.models import Officer
from leadops.services.approvals.kind import Kind

_KINDS: dict[str, Kind] = {}


def register(*kinds: type[Kind]) -> None:
    """Make these known by their names."""
    for each in kinds:
        _KINDS[each.name] = each()


def kind_of(name: str) -> Kind:
    """The kind of this name; KeyError where no app has it."""
    return _KINDS[name]


def kinds() -> list[Kind]:
    """All there are, by their names."""
    return [_KINDS[name] for name in sorted(_KINDS)]


def checked_by(officer: Officer) -> list[str]:
    """The names of the kinds that `officer` has the rights for."""
    return [each.name for each in kinds() if officer.has_perms(each.rights)]


def seen_by(officer: Officer) -> list[str]:
    """The names of the kinds whose records `officer` may look at."""
    return [each.name for each in kinds() if officer.has_perm(each.seen_with)]
