"""Who may do what in the back office: the roles, and the groups that are made of them.

roles.toml has the matrix of both; this module reads it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from leadops.errors import LeadopsError
from leadops.models import Officer

MATRIX: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("roles.toml").read_text())
VERBS = ("view", "add", "change", "delete")


class Right(NamedTuple):
    """What Django writes `leadops.change_lead`."""

    app: str
    name: str


class Role(NamedTuple):
    """A column of the matrix: `rights` says of which records each is, in the matrix's own words."""

    group: str
    reach: str
    sees: str
    may: str
    may_not: str
    rights: Mapping[Right, str]


class Settled(NamedTuple):
    """What became of a role's group; `rights` is how many it has now."""

    role: str
    done: str
    rights: int


class RightsNotMade(LeadopsError):
    """The database has no rights yet: run manage.py migrate first."""


def _right(record: str, action: str) -> Right:
    app, _, model = record.partition(".")
    return Right(app, f"{action}_{model}" if action in VERBS else action)


def _read(name: str, place: int) -> Role:
    cells = {
        _right(record, action): of_which[place]
        for record, actions in MATRIX["rights"].items()
        for action, of_which in actions.items()
    }
    return Role(**MATRIX["roles"][name], rights={right: cell for right, cell in cells.items() if cell})


ROLES = {role.group: role for place, name in enumerate(MATRIX["order"]) for role in [_read(name, place)]}
"""By the names of their groups."""


@transaction.atomic
def settle(roles: Collection[str] = tuple(ROLES), *, exact: bool = False) -> list[Settled]:
    """Have a group for each of `roles` with the rights that it needs.

    Rights that somebody gave it besides stay, unless it is to be `exact`; so do its officers and all other groups.
    """
    made = {Right(app, name): pk for app, name, pk in _permissions()}
    if not all(ROLES[role].rights.keys() <= made.keys() for role in roles):
        raise RightsNotMade
    return [_settle(role, {made[right] for right in ROLES[role].rights}, exact) for role in roles]


def _permissions() -> Collection[tuple[str, str, int]]:
    ours = Permission.objects.filter(content_type__app_label__in=("leadops", "crm_integrations", "auth"))
    return ours.order_by().values_list("content_type__app_label", "codename", "pk")


def _settle(role: str, needed: set[int], exact: bool) -> Settled:
    group, new = Group.objects.get_or_create(name=role)
    before = set(group.permissions.values_list("pk", flat=True))
    after = needed if exact else before | needed
    group.permissions.remove(*before - after)
    group.permissions.add(*after - before)
    done = "made" if new else "unchanged" if after == before else "updated"
    return Settled(role, done, len(after))


def role_of(officer: Officer) -> str:
    """The role that `officer` has, empty for none; of several the first in the order of the matrix."""
    held = set(officer.groups.values_list("name", flat=True))
    return next((role for role in ROLES if role in held), "")


def groups_with(role: str, groups: Iterable[Group]) -> list[Group]:
    """Those of `groups` that are no role's, and that of `role`, which is made where there is none yet."""
    others = [each for each in groups if each.name not in ROLES]
    if not role:
        return others
    if not Group.objects.filter(name=role).exists():
        settle([role])
    return [*others, Group.objects.get(name=role)]


@transaction.atomic
def give(officer: Officer, role: str, reach: str = "") -> None:
    """Have `officer` be in the group of `role` and of no other role, none where it is empty; other groups stay.

    With another role comes its reach, unless one is chosen, and that they may sign in.
    """
    before = list(officer.groups.all())
    officer.groups.set(groups_with(role, before))
    if role and role not in {each.name for each in before}:
        officer.reach, officer.is_staff = reach or ROLES[role].reach, True
        officer.save(update_fields=["reach", "is_staff"])


def table() -> str:
    """The roles as the docs have them, in Markdown."""
    lines = ["| role | sees | may | may not |", "| --- | --- | --- | --- |"]
    rows = ((role.group, role.sees, role.may, role.may_not) for role in ROLES.values())
    return "\n".join([*lines, *(f"| *{group}* | {' | '.join(told)} |" for group, *told in rows)])
