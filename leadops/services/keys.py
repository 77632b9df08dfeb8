"""Partners' keys: making them, putting a new one in an old one's place, ending them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadops.errors import LeadopsError
from leadops.models import ApiKey, Partner

OVERLAP = timedelta(days=7)
"""How long the old key still works once there is a new one, unless somebody says otherwise."""


class NotLive(LeadopsError):
    """This key is revoked or has expired; make a new one."""


def make(partner: Partner, mode: str, **fields: Any) -> tuple[ApiKey, str]:
    """A new key of `partner` and its text, which can't be read again; raises ValidationError when it has enough."""
    text = ApiKey.new_text(mode)
    return make_drawn(partner, mode, ApiKey.drawn(text), **fields), text


def make_drawn(partner: Partner, mode: str, drawn: tuple[str, str], **fields: Any) -> ApiKey:
    """The key of `partner` whose text was given out before it works; raises as `make` does."""
    with transaction.atomic():
        _one_after_the_other(partner)
        return ApiKey.made(partner, mode, drawn, **fields)


def rotate(key: ApiKey, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """A new key that may do what `key` may, and its text; `key` itself ends after `overlap`, or earlier as it was to.

    Raises NotLive, and ValidationError when the partner has another live key besides.
    """
    text = ApiKey.new_text(key.mode)
    return rotate_drawn(key, ApiKey.drawn(text), overlap), text


def rotate_drawn(key: ApiKey, drawn: tuple[str, str], overlap: timedelta) -> ApiKey:
    """The same where the text of the new key was given out before it works."""
    with transaction.atomic():
        _one_after_the_other(key.partner)
        refuse_ended(key)
        made = ApiKey.made(key.partner, key.mode, drawn, **passed_on(key))
        until = timezone.now() + overlap
        ApiKey.objects.filter(pk=key.pk).exclude(expires_at__lt=until).update(
            expires_at=until, updated_at=timezone.now()
        )
    return made


def passed_on(key: ApiKey) -> dict[str, Any]:
    """What the successor of `key` has of it."""
    names = ("label", "scopes", "networks", "calls_per_minute", "dialect", "program")
    return {name: getattr(key, name) for name in names}


def refuse_ended(key: ApiKey) -> None:
    """Raise NotLive unless `key` opens something still."""
    if not ApiKey.objects.live().filter(pk=key.pk).exists():
        raise NotLive


def change(key: ApiKey, **fields: Any) -> None:
    """Give `key` other scopes, addresses, a limit, an end or a label, from its next call on."""
    for name, value in fields.items():
        setattr(key, name, value)
    key.save(update_fields=[*fields, "updated_at"])


def revoke(key: ApiKey) -> None:
    """End `key`: its next call is refused."""
    now = timezone.now()
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now, updated_at=now)


def _one_after_the_other(partner: Partner) -> None:
    """How many live keys there are is counted before one is made, so two at once must not count alike."""
    Partner.objects.select_for_update().get(pk=partner.pk)
