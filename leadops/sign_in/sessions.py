"""How long a session lasts: so long idle, so long in all, and as long as nothing of the sign-in was changed."""

from __future__ import annotations

import time
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils.translation import ngettext

from leadops.models import Officer
from leadops.sign_in.session_store import SessionStore

STARTED, SEEN, FACTOR = "signed_in_at", "seen_at", "factor_at"
EVERY = 30
"""Seconds after which a session notes anew that it is used: not each page needs a write of its own."""


def officer_of(request: HttpRequest) -> Officer:
    """Who asks; behind the sign-in, that is an officer."""
    return cast(Officer, request.user)


def begin(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Note when somebody signed in; a session of somebody else's second factor is none of theirs."""
    request.session[STARTED] = request.session[SEEN] = time.time()
    request.session.pop(FACTOR, None)


def is_over(request: HttpRequest) -> bool:
    """Whether this session was idle for too long, or began too long ago."""
    now = time.time()
    idle = now - request.session.setdefault(SEEN, now)
    return bool(
        idle > settings.SESSION_IDLE_SECONDS
        or now - request.session.setdefault(STARTED, now) > settings.SESSION_COOKIE_AGE
    )


def is_seen(request: HttpRequest) -> None:
    """Note that somebody is there. What a page asks for by itself is no sign of that."""
    if request.headers.get("Sec-Fetch-Dest") == "empty" and request.method == "GET":
        return
    if time.time() - request.session[SEEN] > EVERY:
        request.session[SEEN] = time.time()


def factor_was_shown(request: HttpRequest) -> None:
    """From now on the session is one of somebody who showed the second factor; its id is a new one."""
    request.session.cycle_key()
    request.session[FACTOR] = time.time()


def has_factor(request: HttpRequest) -> bool:
    return FACTOR in request.session


def is_fresh(request: HttpRequest) -> bool:
    """Whether the second factor was shown a moment ago."""
    return bool(time.time() - request.session.get(FACTOR, 0) <= settings.FRESH_FACTOR_SECONDS)


def context(request: HttpRequest) -> dict[str, int]:
    """What every page of the back office knows of it: the seconds after which it ends while nobody does anything."""
    return {"session_idle": settings.SESSION_IDLE_SECONDS} if request.user.is_authenticated else {}


def tell_codes_left(request: HttpRequest, left: int | None) -> None:
    """Say how many recovery codes are left to somebody who has just used one."""
    if left is not None:
        said = ngettext("%(left)s recovery code is left.", "%(left)s recovery codes are left.", left)
        messages.warning(request, said % {"left": left})


def prune() -> None:
    """Let go of sessions that are over."""
    SessionStore.clear_expired()


user_logged_in.connect(begin, dispatch_uid="leadops.sign_in.sessions")
