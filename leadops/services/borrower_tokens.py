"""Tokens by which a borrower opens its own lead for a few minutes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import F
from django.utils import timezone

from leadops.ids import uuid_in
from leadops.models import ApiKey, BorrowerToken, Lead

PREFIX = "lo_borrower_"
_SIGNER = Signer(salt="leadops.borrower_tokens")


def make(lead: Lead, key: ApiKey, address: str | None) -> tuple[BorrowerToken, str]:
    """A token for the borrower of `lead`, and its text; it ends after `BORROWER_TOKEN_MINUTES`, or with its key."""
    until = timezone.now() + timedelta(minutes=settings.BORROWER_TOKEN_MINUTES)
    token = BorrowerToken.objects.create(lead=lead, api_key=key, expires_at=until, made_from=address)
    return token, PREFIX + _SIGNER.sign(token.pk.hex)


def used(text: str, address: str | None) -> BorrowerToken | None:
    """The token that `text` is, its use noted; None when it is none of ours or has expired."""
    if (token_id := _id_in(text)) is None:
        return None
    now = timezone.now()
    valid = BorrowerToken.objects.filter(pk=token_id, expires_at__gt=now)
    if not valid.update(calls=F("calls") + 1, last_used_at=now, last_used_from=address, updated_at=now):
        return None
    return valid.first()


def _id_in(text: str) -> UUID | None:
    try:
        return uuid_in(_SIGNER.unsign(text.removeprefix(PREFIX)))
    except BadSignature:
        return None
