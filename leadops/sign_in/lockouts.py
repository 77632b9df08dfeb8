"""Lock-outs: who fails to sign in too often waits, by name and address, by name, and by address.

A try is noted before its password is looked at, so that two hundred at the same moment get no further than five one
after another; a sign-in that succeeds takes the tries of its name and address away. What stands in the table is the
name's blind index: people type passwords into the wrong field.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from axes.models import AccessFailureLog
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

from leadops.sealing import blind_index

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)


class LockOuts(AbstractAxesHandler, AxesBaseHandler):
    """What django-axes asks before a password is looked at, and tells of what came of it."""

    def is_allowed(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        index = index_of((credentials or {}).get("username") or "")
        mine = AccessFailureLog.objects.create(username=index, ip_address=request.axes_ip_address)
        request.locked_until = locked_until(mine)
        if request.locked_until is None:
            return True
        mine.delete()  # or asking again and again would keep the owner of the name out
        request.axes_locked_out = True
        log.warning("a sign-in from %s was refused: too many failed before", request.axes_ip_address)
        user_locked_out.send("axes", request=request, username=index, ip_address=request.axes_ip_address)
        return False

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        if request is not None and not request.axes_locked_out:
            log.warning("a sign-in from %s failed", request.axes_ip_address)

    def user_logged_in(self, sender: Any, request: Any, user: AbstractBaseUser, **kwargs: Any) -> None:
        tries = AccessFailureLog.objects.filter(username=index_of(user.get_username()))
        tries.filter(_from(request.axes_ip_address)).delete()

    def user_logged_out(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        """Nothing is counted by it."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """How many of this name and address count now."""
        index = index_of((credentials or {}).get("username") or "")
        tries = AccessFailureLog.objects.filter(_from(request.axes_ip_address), username=index)
        return int(tries.filter(attempt_time__gt=timezone.now() - settings.LOCK_OUT_WITHIN).count())


def locked_until(mine: AccessFailureLog) -> datetime | None:
    """When what locks this try out will have passed; None when nothing does."""
    since = mine.attempt_time - settings.LOCK_OUT_WITHIN
    others = AccessFailureLog.objects.exclude(pk=mine.pk).filter(attempt_time__gt=since)
    ends = []
    for which, limit in _limits(mine):
        times = others.filter(which).order_by("-attempt_time").values_list("attempt_time", flat=True)
        ends += [at + settings.LOCK_OUT_WITHIN for at in times[limit - 1 : limit]]
    return max(ends, default=None)


def _limits(mine: AccessFailureLog) -> Iterator[tuple[Q, int]]:
    name, address = Q(username=mine.username), _from(mine.ip_address)
    yield name & address, settings.LOCK_OUT_AFTER["name and address"]
    yield name, settings.LOCK_OUT_AFTER["name"]
    yield address, settings.LOCK_OUT_AFTER["address"]


def _from(address: str | None) -> Q:
    return Q(ip_address=address) if address else Q(ip_address=None)


def index_of(name: str) -> str:
    """What stands for a name that was typed; spelled in capitals it is the same one."""
    return (blind_index("sign-in", name.strip().casefold()) or b"").hex()


def in_words(until: datetime) -> str:
    """How long somebody waits still."""
    minutes = max(1, ceil((until - timezone.now()).total_seconds() / 60))
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def answer(request: Any, original: HttpResponse, credentials: Any) -> HttpResponse:
    """The page of the sign-in, which says so itself, as the answer that programs understand as well."""
    original.status_code = 429
    original["Retry-After"] = str(max(1, ceil((request.locked_until - timezone.now()).total_seconds())))
    return original


def lift(name: str) -> int:
    """Let `name` try again at once, from wherever; returns how many failed sign-ins are forgotten."""
    return int(AccessFailureLog.objects.filter(username=index_of(name)).delete()[0])


def lift_address(address: str) -> int:
    """Let everybody try again from `address`."""
    return int(AccessFailureLog.objects.filter(ip_address=address).delete()[0])


def prune() -> None:
    """Let go of what counts no longer."""
    AccessFailureLog.objects.filter(attempt_time__lt=timezone.now() - KEPT).delete()
