"""Holds up new API keys, those that take an old one's place, and what a key did not have."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from django.http import HttpRequest

from leadops.models import ApiKey, Partner, PendingChange
from leadops.services import approvals, keys
from leadops.services.approvals.api_keys import KeyRotation, MoreForKey, NewKey, key_of
from leadops.sign_in.sessions import officer_of


def holds(mode: str) -> bool:
    """Whether a key of this mode waits for a second person: a test key reaches no real lead, so it does not."""
    return approvals.needed() and mode == ApiKey.Mode.LIVE


def ask_for_key(request: HttpRequest, partner: Partner, fields: dict[str, Any]) -> tuple[PendingChange, str]:
    """Ask for a key and draw its text, which opens nothing yet; raises ValidationError, AlreadyWaits."""
    text = ApiKey.new_text(fields["mode"])
    prefix, digest = ApiKey.drawn(text)
    ApiKey(partner=partner, prefix=prefix, digest=digest, **fields).full_clean()
    return _ask(request, NewKey.name, key_of(fields, text), partner), text


def ask_for_successor(request: HttpRequest, key: ApiKey, days: int) -> tuple[PendingChange, str]:
    """Ask for a key in the place of `key`, which works on for `days` after that is made, and draw the new one's text.

    Raises NotLive, ValidationError, AlreadyWaits.
    """
    keys.refuse_ended(key)
    text = ApiKey.new_text(key.mode)
    prefix, digest = ApiKey.drawn(text)
    same = keys.passed_on(key)
    ApiKey(partner=key.partner, mode=key.mode, prefix=prefix, digest=digest, **same).full_clean()
    return _ask(request, KeyRotation.name, {"drawn": [prefix, digest], "days": days}, key), text


def take_out_more(request: HttpRequest, key: ApiKey, fields: dict[str, Any]) -> PendingChange | None:
    """Ask for what `fields` would give `key` and take it out of there; raises AlreadyWaits."""
    more = _more(key, fields) if holds(key.mode) else {}
    if not more:
        return None
    base = ApiKey.objects.select_related("partner").get(pk=key.pk)
    for name in ("scopes", "networks", "expires_at", "calls_per_minute"):
        setattr(base, name, fields[name])
    return _ask(request, MoreForKey.name, more, base)


def _more(key: ApiKey, fields: dict[str, Any]) -> dict[str, Any]:
    """Scopes that `key` lacks, addresses it is refused from, a later end, more calls; `fields` keep the rest."""
    more: dict[str, Any] = {}
    if new := [each for each in fields["scopes"] if each not in key.scopes]:
        more["scopes"] = new
        fields["scopes"] = [each for each in fields["scopes"] if each in key.scopes]
    known = [each for each in fields["networks"] if _within(each, key.networks)]
    if key.networks and (not fields["networks"] or known != fields["networks"]):
        more["networks"] = fields["networks"]
        fields["networks"] = known or key.networks  # none at all would be from anywhere
    ends = fields["expires_at"]
    if key.expires_at and (ends is None or ends > key.expires_at):
        more["expires_at"] = ends.isoformat() if ends else ""
        fields["expires_at"] = key.expires_at
    calls = fields["calls_per_minute"]
    if key.calls_per_minute and (not calls or calls > key.calls_per_minute):
        more["calls_per_minute"] = calls
        fields["calls_per_minute"] = key.calls_per_minute
    return more


def _within(network: str, networks: list[str]) -> bool:
    """Whether one of `networks` holds all of `network`."""
    inner: Any = ip_network(network)
    return any(
        inner.version == outer.version and inner.subnet_of(outer) for outer in map(ip_network, networks)
    )


def _ask(request: HttpRequest, kind: str, data: dict[str, Any], subject: ApiKey | Partner) -> PendingChange:
    return approvals.ask(kind, officer_of(request), data, subject)
