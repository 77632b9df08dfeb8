"""Who may do what in the back office: the roles, and the groups that are made of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from leadops.errors import LeadopsError

CORE, VENDORS = "leadops", "crm_integrations"
VIEW, KEEP, ALL = ("view",), ("view", "add", "change"), ("view", "add", "change", "delete")


class Right(NamedTuple):
    """What Django writes `leadops.change_lead`."""

    app: str
    name: str


class Settled(NamedTuple):
    """What became of a role's group; `rights` is how many it has now."""

    role: str
    done: str
    rights: int


class RightsNotMade(LeadopsError):
    """The database has no rights yet: run manage.py migrate first."""


def _may(verbs: tuple[str, ...], app: str, *models: str) -> frozenset[Right]:
    return frozenset(Right(app, f"{verb}_{model}") for model in models for verb in verbs)


LOAN_OFFICER = (
    _may(KEEP, CORE, "lead", "loanaccount", "importbatch")
    | _may(ALL, CORE, "applicant", "address", "bank", "document", "consent")
    | _may(
        ("view", "add"), CORE, "export"
    )  # masked: only who is given export_unmasked takes data out as it is
    | _may(VIEW, CORE, "partner", "program", "documenttype", "importrow")
    | _may(VIEW, VENDORS, "connection", "route", "replay", "notice", "reconciliation", "difference")
    | _may(VIEW, VENDORS, "subscription")
    | _may(VIEW, VENDORS, "delivery", "exchange", "inbound", "statuschange")
    | _may(("change",), VENDORS, "delivery")  # send, retry, cancel and decide
    | _may(("change",), VENDORS, "notice")  # put it away
)
OPERATIONS = (
    LOAN_OFFICER
    | _may(KEEP, CORE, "partner", "program", "apikey")  # all of these are ended, and stay on record
    | _may(ALL, CORE, "documenttype")  # lines of a list
    | _may(KEEP, VENDORS, "connection", "subscription")
    | _may(ALL, VENDORS, "route")  # it can't be switched off in another way
)
ROLES = {"Loan officers": LOAN_OFFICER, "Operations": OPERATIONS}


@transaction.atomic
def settle(roles: Collection[str] = tuple(ROLES), *, exact: bool = False) -> list[Settled]:
    """Have a group for each of `roles` with the rights that it needs.

    Rights that somebody gave it besides stay, unless it is to be `exact`; so do its officers and all other groups.
    """
    made = {Right(app, name): pk for app, name, pk in _permissions()}
    if not all(ROLES[role] <= made.keys() for role in roles):
        raise RightsNotMade
    return [_settle(role, {made[right] for right in ROLES[role]}, exact) for role in roles]


def _permissions() -> Collection[tuple[str, str, int]]:
    ours = Permission.objects.filter(content_type__app_label__in=(CORE, VENDORS))
    return ours.order_by().values_list("content_type__app_label", "codename", "pk")


def _settle(role: str, needed: set[int], exact: bool) -> Settled:
    group, new = Group.objects.get_or_create(name=role)
    before = set(group.permissions.values_list("pk", flat=True))
    after = needed if exact else before | needed
    group.permissions.remove(*before - after)
    group.permissions.add(*after - before)
    done = "made" if new else "unchanged" if after == before else "updated"
    return Settled(role, done, len(after))
