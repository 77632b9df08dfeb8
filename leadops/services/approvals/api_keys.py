"""What a partner's API keys may do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from leadops.models import ApiKey, Partner, PendingChange, Program, Scope
from leadops.models.pending_change import Line
from leadops.services import keys
from leadops.services.approvals.kind import Data, Kind, Reach, line, version_of


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
            line(_("From"), "", _networks(data["networks"])),
            line(_("Dialect"), "", data["dialect"]),
            line(_("Program"), "", program),
            line(_("Expires on"), "", _day(data["expires_at"])),
        ]

    def apply(self, partner: Partner, data: Data, change: PendingChange) -> Model:
        fields = {name: value for name, value in data.items() if name not in ("mode", "drawn", "program")}
        fields["expires_at"] = parse_datetime(data["expires_at"]) if data["expires_at"] else None
        fields["program"] = Program.objects.get(pk=data["program"]) if data["program"] else None
        return keys.make_drawn(partner, data["mode"], tuple(data["drawn"]), **fields)

    def reach(self, partner: Partner, data: Data) -> Reach:
        return Reach.of({partner.branch_id})


class OfKey(Kind):
    """What is about a key that there is."""

    model = ApiKey
    seen_with = "leadops.view_apikey"

    def reach(self, key: ApiKey, data: Data) -> Reach:
        return Reach.of({key.partner.branch_id})


class KeyRotation(OfKey):
    """A successor of a key: its text is shown to who asks at once, as a new key's is, and opens nothing until then."""

    name = "key_rotation"
    label = _("Rotation of an API key")
    rights = ("leadops.add_apikey",)

    def what(self, key: ApiKey, data: Data) -> str:
        return f"Rotate the key {key} of {key.partner}"

    def describe(self, key: ApiKey, data: Data) -> list[Line]:
        may = _scopes(key.scopes)
        return [
            line(_("Key begins"), key, f"{data['drawn'][0]}…"),
            line(_("May"), may, may),
            line(_("From"), _networks(key.networks), _networks(key.networks)),
            line(_("Expires on"), _day(_end_of(key)), _day("")),
            line(_("Days that the old key works on"), "", data["days"]),
        ]

    def base(self, key: ApiKey, data: Data) -> str:
        return version_of([sorted(key.scopes), key.networks, key.dialect, key.program_id, key.revoked_at])

    def apply(self, key: ApiKey, data: Data, change: PendingChange) -> Model:
        return keys.rotate_drawn(key, tuple(data["drawn"]), timedelta(days=data["days"]))


class MoreForKey(OfKey):
    """What a key gets besides what it has: scopes, addresses, a later end, more calls.

    What is taken from it is taken at once.
    """

    name = "key_scopes"
    label = _("More for an API key")
    rights = ("leadops.change_apikey",)

    def what(self, key: ApiKey, data: Data) -> str:
        return f"Let the key {key} of {key.partner} do more"

    def describe(self, key: ApiKey, data: Data) -> list[Line]:
        lines = []
        if "scopes" in data:
            lines.append(line(_("May"), _scopes(key.scopes), _scopes([*key.scopes, *data["scopes"]])))
        if "networks" in data:
            lines.append(line(_("From"), _networks(key.networks), _networks(data["networks"])))
        if "expires_at" in data:
            lines.append(line(_("Expires on"), _day(_end_of(key)), _day(data["expires_at"])))
        if "calls_per_minute" in data:
            lines.append(
                line(
                    _("Calls per minute"),
                    key.calls_per_minute,
                    data["calls_per_minute"] or _("as its partner"),
                )
            )
        return lines

    def base(self, key: ApiKey, data: Data) -> str:
        return version_of(
            [sorted(key.scopes), key.networks, key.expires_at, key.calls_per_minute, key.revoked_at]
        )

    def apply(self, key: ApiKey, data: Data, change: PendingChange) -> Model | None:
        wider = dict(data)
        if "scopes" in data:
            wider["scopes"] = [*key.scopes, *data["scopes"]]
        if "expires_at" in data:
            wider["expires_at"] = parse_datetime(data["expires_at"]) if data["expires_at"] else None
        keys.change(key, **wider)
        return None


def _scopes(scopes: list[str]) -> str:
    return ", ".join(str(Scope(each).label) for each in scopes)


def _networks(networks: list[str]) -> str:
    return ", ".join(networks) or str(_("anywhere"))


def _end_of(key: ApiKey) -> str:
    """When it expires, as JSON has it; empty for never."""
    return timezone.localtime(key.expires_at).isoformat() if key.expires_at else ""


def _day(moment: str) -> str:
    """The day of a moment as JSON has it; empty is never."""
    return moment[:10] or str(_("never"))
