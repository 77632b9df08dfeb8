"""Who calls: a partner, by the key it was given; and what that key may do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from leadops.api.compiled import Compiled
from leadops.api.problems import Problem, Type
from leadops.models import ApiKey, Partner, Scope

if TYPE_CHECKING:  # the framework's views import this module by its settings
    from rest_framework.views import APIView

SCHEME = "Bearer"
LONGEST_KEY = 200
LAST_USED_EVERY = timedelta(minutes=1)
NO_KEY = "This key is unknown, revoked or expired."
"""One answer for all three, so that nobody can search for keys."""


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer lo_…`, looked up by its digest; the partner becomes the request's user."""

    def authenticate(self, request: Request) -> tuple[Partner, ApiKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.casefold() != SCHEME.casefold():
            raise AuthenticationFailed("Send the key as: Authorization: Bearer lo_live_…")
        key = key_of(text.strip())
        return key.partner, key

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="leadops"'


def key_of(text: str) -> ApiKey:
    """The key with this text, in use from now; AuthenticationFailed or Problem when it opens nothing here."""
    return admitted(_live_key(text))


def admitted(key: ApiKey | None) -> ApiKey:
    """The live key that a caller has shown, in use from now; AuthenticationFailed or Problem for any other."""
    if key is None:
        raise AuthenticationFailed(NO_KEY)
    if key.mode == ApiKey.Mode.TEST:
        # Its leads would go to the real vendors: there is no test space yet that they could stay in.
        raise Problem(Type.TEST_KEY, "This is a test key; only live keys (lo_live_…) are served here.")
    _note_use(key)
    return key


_LIVE_KEY = Compiled(lambda: ApiKey.objects.live().filter(digest=""), related="partner")


def _live_key(text: str) -> ApiKey | None:
    if text and len(text) <= LONGEST_KEY and text.isascii():
        return _LIVE_KEY.one(timezone.now(), ApiKey.digest_of(text))
    return None


def _note_use(key: ApiKey) -> None:
    """Keep when the key was last used, to the minute: most requests write nothing."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


class HasScope(BasePermission):
    """Holds the key's scopes against the view's `scopes`, by method. A method without a scope is closed."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            return False
        method = "GET" if request.method == "HEAD" else str(request.method)
        if not hasattr(view, method.lower()) or method == "OPTIONS":
            return True  # the view answers 405 next
        needed = cast("dict[str, Scope]", getattr(view, "scopes", {})).get(method)
        if needed is None or needed not in cast(ApiKey, request.auth).scopes:
            raise PermissionDenied(f"This key lacks the scope {needed}." if needed else None)
        return True


def api_key(request: Request) -> ApiKey:
    """The key that the request carries."""
    return cast(ApiKey, request.auth)


def caller(request: Request) -> Partner:
    """The partner whose key the request carries."""
    return api_key(request).partner


def may_read_pii(request: Request) -> bool:
    """Whether the key shows personal data unmasked."""
    return Scope.PII_READ in api_key(request).scopes
