"""Holds up new API keys and scopes that a key did not have."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from leadops.models import ApiKey, Partner, PendingChange
from leadops.services import approvals
from leadops.services.approvals.partners_and_keys import KeyScopes, NewKey, key_of
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


def take_out_scopes(request: HttpRequest, key: ApiKey, fields: dict[str, Any]) -> PendingChange | None:
    """Ask for the scopes of `fields` that `key` has not got and take them out of there; raises AlreadyWaits."""
    more = [each for each in fields["scopes"] if each not in key.scopes]
    if not more or not holds(key.mode):
        return None
    fields["scopes"] = [each for each in fields["scopes"] if each in key.scopes]
    base = ApiKey.objects.select_related("partner").get(pk=key.pk)
    base.scopes = fields["scopes"]
    return _ask(request, KeyScopes.name, {"scopes": more}, base)


def _ask(request: HttpRequest, kind: str, data: dict[str, Any], subject: ApiKey | Partner) -> PendingChange:
    return approvals.ask(kind, officer_of(request), data, subject)
