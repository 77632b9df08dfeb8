"""Taking on a partner, and what its API keys may do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from leadops.models import ApiKey, Branch, Partner, PendingChange, Program, Scope
from leadops.models.pending_change import Line
from leadops.services import keys
from leadops.services.approvals.kind import Data, Kind, Reach, line, version_of

PARTNER_FIELDS = {
    "name": _("Name"),
    "code": _("Code"),
    "branch": _("Branch"),
    "active": _("Active"),
    "calls_per_minute": _("Calls per minute"),
}


def partner_of(partner: Partner) -> Data:
    """What carries out taking on `partner`, which is not stored yet."""
    values = {name: getattr(partner, name) for name in PARTNER_FIELDS if name != "branch"}
    return {**values, "branch": str(partner.branch_id or "")}


class NewPartner(Kind):
    name = "partner"
    label = _("New partner")
    rights = ("leadops.add_partner",)
    seen_with = "leadops.view_partner"

    def what(self, subject: None, data: Data) -> str:
        return f"Take on the partner {data['name']}"

    def describe(self, subject: None, data: Data) -> list[Line]:
        branch = Branch.objects.filter(pk=data["branch"]).first() if data["branch"] else None
        shown = {**data, "branch": branch or _("head office")}
        return [line(label, "", shown[name]) for name, label in PARTNER_FIELDS.items()]

    def apply(self, subject: None, data: Data, change: PendingChange) -> Model:
        values = {name: data[name] for name in PARTNER_FIELDS if name != "branch"}
        partner = Partner(**values, branch_id=data["branch"] or None)
        partner.full_clean()
        partner.save()
        return partner

    def reach(self, subject: None, data: Data) -> Reach:
        return Reach.of({UUID(data["branch"]) if data["branch"] else None})


def key_of(fields: dict[str, Any], text: str) -> Data:
    """What carries out making the key of this text, whose owner has it already; only its digest is kept."""
    told = {**fields, "program": str(fields["program"].pk) if fields.get("program") else ""}
    ends = fields.get("expires_at")
    return {**told, "expires_at": ends.isoformat() if ends else "", "drawn": list(ApiKey.drawn(text))}


class NewKey(Kind):
    """Who asks for it is shown the key at once; until it is approved there is none of this text."""

    name = "new_key"
    label = _("New API key")
    model = Partner
    rights = ("leadops.add_apikey",)
    seen_with = "leadops.view_apikey"

    def what(self, partner: Partner, data: Data) -> str:
        return f"Make a {data['mode']} key of {partner}"

    def describe(self, partner: Partner, data: Data) -> list[Line]:
        program = Program.objects.filter(pk=data["program"]).first() if data["program"] else None
        return [
            line(_("Key begins"), "", f"{data['drawn'][0]}…"),
            line(_("Label"), "", data["label"]),
            line(_("May"), "", _scopes(data["scopes"])),
            line(_("From"), "", ", ".join(data["networks"]) or _("anywhere")),
            line(_("Dialect"), "", data["dialect"]),
            line(_("Program"), "", program),
            line(_("Expires on"), "", data["expires_at"][:10] or _("never")),
        ]

    def apply(self, partner: Partner, data: Data, change: PendingChange) -> Model:
        fields = {name: value for name, value in data.items() if name not in ("mode", "drawn", "program")}
        fields["expires_at"] = parse_datetime(data["expires_at"]) if data["expires_at"] else None
        fields["program"] = Program.objects.get(pk=data["program"]) if data["program"] else None
        return keys.make_drawn(partner, data["mode"], tuple(data["drawn"]), **fields)

    def reach(self, partner: Partner, data: Data) -> Reach:
        return Reach.of({partner.branch_id})


class KeyScopes(Kind):
    """Scopes that a key gets besides those it has; what is taken from it is taken at once."""

    name = "key_scopes"
    label = _("Scopes of an API key")
    model = ApiKey
    rights = ("leadops.change_apikey",)
    seen_with = "leadops.view_apikey"

    def what(self, key: ApiKey, data: Data) -> str:
        return f"Give the key {key} of {key.partner} more scopes"

    def describe(self, key: ApiKey, data: Data) -> list[Line]:
        return [line(_("May"), _scopes(key.scopes), _scopes([*key.scopes, *data["scopes"]]))]

    def base(self, key: ApiKey, data: Data) -> str:
        return version_of([sorted(key.scopes), key.revoked_at])

    def apply(self, key: ApiKey, data: Data, change: PendingChange) -> Model | None:
        keys.change(key, scopes=[*key.scopes, *data["scopes"]])
        return None

    def reach(self, key: ApiKey, data: Data) -> Reach:
        return Reach.of({key.partner.branch_id})


def _scopes(scopes: list[str]) -> str:
    return ", ".join(str(Scope(each).label) for each in scopes)
