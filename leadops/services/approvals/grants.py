"""Giving officers rights: what they get waits for a second person, what they lose is gone at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from leadops.models import Branch, Officer, PendingChange
from leadops.models.officer import OWN_LEADS_ONLY
from leadops.models.pending_change import Line
from leadops.services.approvals.kind import Data, Kind, Reach, line, version_of

FLAGS = ("is_active", "is_staff", "is_superuser")
LISTS: dict[str, type[Model]] = {"groups": Group, "user_permissions": Permission, "branches": Branch}
NARROWING = OWN_LEADS_ONLY.partition(".")[2]
NARROWED_BY = {"groups": "permissions__codename", "user_permissions": "codename"}
"""Where among an officer's lists the right that narrows is found."""
NO_LONGER = "no_longer"
"""What stops narrowing once it is approved: by the list it is taken out of, the ids."""
WIDER = [Officer.Reach.OWN, Officer.Reach.BRANCHES, Officer.Reach.ALL]


class OfOfficer(Kind):
    """What is about what one officer may do."""

    model = Officer
    rights = ("leadops.change_officer",)
    seen_with = "leadops.view_officer"

    def reach(self, officer: Officer, data: Data) -> Reach:
        """Of the branches where they work now: an officer of none is the head office's."""
        return Reach.of(officer.branch_ids or {None})

    def may_check(self, officer: Officer, subject: Officer, data: Data) -> bool:
        """Nobody approves for themselves, and only a superuser touches superusers."""
        about_superusers = data.get("is_superuser") or subject.is_superuser
        if officer.pk == subject.pk or (about_superusers and not officer.is_superuser):
            return False
        return super().may_check(officer, subject, data)


class Grant(OfOfficer):
    """More rights, or a wider reach, for an officer; or all they had again, who was deactivated."""

    name = "grant"
    label = _("Rights of an officer")

    def what(self, officer: Officer, data: Data) -> str:
        return f"Give {officer} more rights"

    def describe(self, officer: Officer, data: Data) -> list[Line]:
        lines = [line(_label(name), getattr(officer, name), True) for name in FLAGS if data.get(name)]
        # Also where it stays: the same rights are more to who sees more.
        sees = Officer.Reach(data.get("reach") or officer.reach).label
        lines.append(line(_label("reach"), officer.get_reach_display(), sees))
        for name, model in LISTS.items():
            more, less = data.get(name, []), data.get(NO_LONGER, {}).get(name, [])
            if more or less:
                now = getattr(officer, name).all()
                then = [*_names(now.exclude(pk__in=less)), *_names(model._base_manager.filter(pk__in=more))]
                lines.append(line(_label(name), ", ".join(_names(now)), ", ".join(then)))
        if _narrows(data) and not officer.sees_own_only:
            lines.append(line(_("Sees own leads only"), False, True))
        return lines + _sight(data)

    def base(self, officer: Officer, data: Data) -> str:
        lists = [sorted(getattr(officer, name).values_list("pk", flat=True)) for name in LISTS]
        given = Group.objects.filter(pk__in=data.get("groups", [])).values_list("pk", "permissions")
        flags = [getattr(officer, name) for name in (*FLAGS, "reach")]
        return version_of([flags, lists, *sorted(map(str, given))])

    def apply(self, officer: Officer, data: Data, change: PendingChange) -> Model | None:
        for name in FLAGS:
            setattr(officer, name, bool(data.get(name)) or getattr(officer, name))
        officer.reach = data.get("reach") or officer.reach
        officer.save(update_fields=[*FLAGS, "reach"])
        for name in LISTS:
            getattr(officer, name).add(*data.get(name, []))
        for name, less in data.get(NO_LONGER, {}).items():
            getattr(officer, name).remove(*less)
        return None


class GroupRights(Kind):
    """More rights for everybody in a group."""

    name = "group_rights"
    label = _("Rights of a group")
    model = Group
    rights = ("auth.change_group",)
    seen_with = "auth.view_group"

    def what(self, group: Group, data: Data) -> str:
        return f"Give the group {group} more rights"

    def describe(self, group: Group, data: Data) -> list[Line]:
        more = _names(Permission.objects.filter(pk__in=data.get("permissions", [])))
        lines = [line(_("Rights"), _("{count} rights").format(count=group.permissions.count()), "")]
        lines += [line("", "", name) for name in more]
        return lines + _sight(data)

    def base(self, group: Group, data: Data) -> str:
        return version_of(sorted(group.permissions.values_list("pk", flat=True)))

    def apply(self, group: Group, data: Data, change: PendingChange) -> Model | None:
        group.permissions.add(*data.get("permissions", []))
        group.permissions.remove(*data.get(NO_LONGER, {}).get("permissions", []))
        return None

    def may_check(self, officer: Officer, group: Group, data: Data) -> bool:
        """Nobody approves rights for themselves."""
        member = officer.groups.filter(pk=group.pk).exists()
        return not member and super().may_check(officer, group, data)


def gains(officer: Officer, wanted: dict[str, Any]) -> Data:
    """What of `wanted` (the officer's form) would give the officer, as stored, more than they have."""
    more: Data = {name: True for name in FLAGS if wanted.get(name) and not getattr(officer, name)}
    reach = wanted.get("reach")
    if reach and WIDER.index(reach) > WIDER.index(Officer.Reach(officer.reach)):
        more["reach"] = str(reach)
    for name in LISTS:
        if name in wanted:
            has = set(getattr(officer, name).values_list("pk", flat=True))
            new = [each.pk for each in wanted[name] if each.pk not in has]
            more |= {name: [key if isinstance(key, int) else str(key) for key in new]} if new else {}
    if freed := _freed(officer, wanted):
        more[NO_LONGER] = freed
    return more


def _narrows(data: Data) -> bool:
    """Whether what is given binds an officer to their own leads."""
    return any(
        LISTS[name]._base_manager.filter(pk__in=data.get(name, []), **{place: NARROWING}).exists()
        for name, place in NARROWED_BY.items()
    )


def _freed(officer: Officer, wanted: dict[str, Any]) -> Data:
    """What narrows `officer` to their own leads and is not in `wanted`, where other rights would stay to them.

    Who keeps none of them sees nothing, so their last role is taken away at once.
    """
    held = {name: {*getattr(officer, name).values_list("pk", flat=True)} for name in NARROWED_BY}
    kept = {
        name: held[name] & {each.pk for each in wanted.get(name, getattr(officer, name).all())}
        for name in held
    }
    narrowing = {
        name: {*getattr(officer, name).filter(**{place: NARROWING}).values_list("pk", flat=True)}
        for name, place in NARROWED_BY.items()
    }
    if not any(kept.values()) or any(kept[name] & narrowing[name] for name in kept):
        return {}
    return {name: sorted(found) for name, found in narrowing.items() if found}


def group_gains(group: Group, wanted: Collection[Permission]) -> Data:
    """What of `wanted` (the group's form) would give its officers more than they have: rights, or more leads to see.

    Whom it narrows may have other rights of their own, or be put into it meanwhile: what narrows always waits.
    """
    has = {*group.permissions.values_list("pk", flat=True)}
    keys = {each.pk for each in wanted}
    narrowing = {*group.permissions.filter(codename=NARROWING).values_list("pk", flat=True)}
    new, freed = sorted(keys - has), sorted(narrowing - keys)
    more: Data = {"permissions": new} if new else {}
    return more | ({NO_LONGER: {"permissions": freed}} if freed else {})


def _sight(data: Data) -> list[Line]:
    return [line(_("Sees own leads only"), True, False)] if data.get(NO_LONGER) else []


def _label(name: str) -> Any:
    field: Any = Officer._meta.get_field(name)
    return str(field.verbose_name).capitalize()


def _names(rows: Any) -> list[str]:
    return sorted(str(each.name) for each in rows)
