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


_PASSED_ON = ("label", "scopes", "networks", "calls_per_minute", "dialect", "program")


class NotLive(LeadopsError):
    """This key is revoked or has expired; make a new one."""


def make(partner: Partner, mode: str, **fields: Any) -> tuple[ApiKey, str]:
    """A new key of `partner` and its text, which can't be read again; raises ValidationError when it has enough."""
    with transaction.atomic():
        _one_after_the_other(partner)
        return ApiKey.issue(partner, mode, **fields)


def make_drawn(partner: Partner, mode: str, drawn: tuple[str, str], **fields: Any) -> ApiKey:
    """The key of `partner` whose text was given out before it works; raises as `make` does."""
    with transaction.atomic():
        _one_after_the_other(partner)
        return ApiKey.made(partner, mode, drawn, **fields)


def rotate(key: ApiKey, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """A new key that may do what `key` may, and its text; `key` itself ends after `overlap`, or earlier as it was to.

    Raises NotLive, and ValidationError when the partner has another live key besides.
    """
    with transaction.atomic():
        _one_after_the_other(key.partner)
        if not ApiKey.objects.live().filter(pk=key.pk).exists():
            raise NotLive
        same = {name: getattr(key, name) for name in _PASSED_ON}
        made = ApiKey.issue(key.partner, key.mode, **same)
        until = timezone.now() + overlap
        ApiKey.objects.filter(pk=key.pk).exclude(expires_at__lt=until).update(
            expires_at=until, updated_at=timezone.now()
        )
    return made


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
