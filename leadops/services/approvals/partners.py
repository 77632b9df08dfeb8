"""Taking on a partner, and what one gets that it had not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from leadops.models import Branch, Partner, PendingChange
from leadops.models.pending_change import Line
from leadops.services.approvals.kind import Data, Kind, Reach, line, version_of

FIELDS = {
    "name": _("Name"),
    "code": _("Code"),
    "branch": _("Branch"),
    "active": _("Active"),
    "calls_per_minute": _("Calls per minute"),
}


def partner_of(partner: Partner) -> Data:
    """What carries out taking on `partner`, which is not stored yet."""
    return {name: _kept(getattr(partner, name)) for name in FIELDS}


def gains(stored: Partner, wanted: Partner) -> Data:
    """What of `wanted` would give the partner more than it has: its keys again, more calls, other people's desks."""
    more: Data = {}
    if wanted.active and not stored.active:
        more["active"] = True
    if _calls(wanted) > _calls(stored):
        more["calls_per_minute"] = wanted.calls_per_minute
    if wanted.branch_id != stored.branch_id:
        more["branch"] = _kept(wanted.branch)
    return more


def _calls(partner: Partner) -> int:
    return partner.calls_per_minute or settings.API_CALLS_PER_MINUTE


def _kept(value: Any) -> Any:
    """As JSON has it: a branch by its id, the head office as no text."""
    return value if isinstance(value, (str, bool, int)) else str(value.pk) if value else ""


def _fields(data: Data) -> dict[str, Any]:
    """The fields of a partner that `data` tells of."""
    told = {name: value for name, value in data.items() if name != "branch"}
    if "calls_per_minute" in told:
        told["calls_per_minute"] = told["calls_per_minute"] or None
    return {**told, "branch_id": data["branch"] or None} if "branch" in data else told


def _shown(data: Data) -> Data:
    """The same for people."""
    shown = dict(data)
    if "branch" in data:
        branch = Branch.objects.filter(pk=data["branch"]).first() if data["branch"] else None
        shown["branch"] = branch or _("head office")
    if "calls_per_minute" in data:
        shown["calls_per_minute"] = data["calls_per_minute"] or _("as the settings say")
    return shown


class NewPartner(Kind):
    name = "partner"
    label = _("New partner")
    rights = ("leadops.add_partner",)
    seen_with = "leadops.view_partner"

    def what(self, subject: None, data: Data) -> str:
        return f"Take on the partner {data['name']}"

    def describe(self, subject: None, data: Data) -> list[Line]:
        shown = _shown(data)
        return [line(label, "", shown[name]) for name, label in FIELDS.items()]

    def apply(self, subject: None, data: Data, change: PendingChange) -> Model:
        partner = Partner(**_fields(data))
        partner.full_clean()
        partner.save()
        return partner

    def reach(self, subject: None, data: Data) -> Reach:
        return Reach.of({_branch_id(data)})


class MoreForPartner(Kind):
    """What a partner gets back or besides what it has. What is taken from it is taken at once."""

    name = "partner_change"
    label = _("More for a partner")
    model = Partner
    rights = ("leadops.change_partner",)
    seen_with = "leadops.view_partner"

    def what(self, partner: Partner, data: Data) -> str:
        return f"Let the partner {partner} do more"

    def describe(self, partner: Partner, data: Data) -> list[Line]:
        now, then = _shown(partner_of(partner)), _shown(data)
        return [line(label, now[name], then[name]) for name, label in FIELDS.items() if name in data]

    def base(self, partner: Partner, data: Data) -> str:
        return version_of([partner.active, partner.calls_per_minute, partner.branch_id])

    def apply(self, partner: Partner, data: Data, change: PendingChange) -> Model | None:
        fields = _fields(data)
        for name, value in fields.items():
            setattr(partner, name, value)
        partner.save(update_fields=[*fields, "updated_at"])
        return None

    def reach(self, partner: Partner, data: Data) -> Reach:
        return Reach.of({partner.branch_id, _branch_id(data) if "branch" in data else partner.branch_id})


def _branch_id(data: Data) -> UUID | None:
    return UUID(data["branch"]) if data["branch"] else None
