"""Who calls: a partner, by the key it was given; and what that key may do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from leadops.api import admission
from leadops.api.admission import Admitted
from leadops.api.problems import Problem, Type, not_found
from leadops.client_address import client_address
from leadops.models import ApiKey, Partner, Scope
from leadops.prepared import Along
from leadops.services import borrower_tokens

if TYPE_CHECKING:  # the framework's views import this module by its settings
    from rest_framework.views import APIView

SCHEME = "Bearer"
LONGEST_KEY = 200
LAST_USED_EVERY = timedelta(minutes=1)
NO_KEY = "This key is unknown, revoked or expired."
"""One answer for all three, so that nobody can search for keys."""


class Caller(NamedTuple):
    """Who makes a call: the key, whose records it sees, and the one lead that a borrower's token opens."""

    key: ApiKey
    space: Partner
    only_lead: UUID | None = None


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer lo_…`; the partner, or its test space, becomes the request's user."""

    def authenticate(self, request: Request) -> tuple[Partner, Caller] | None:
        found = identified(request._request)
        return (found.space, found) if found else None

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="leadops"'


class ApiRequest(HttpRequest):
    """A request with what was found out of its sender; none is made, Django's own hold it."""

    leadops_caller: Caller | APIException | Problem | None
    leadops_call: Admitted
    leadops_counted: bool
    leadops_along: Along | None


def identified(request: HttpRequest) -> Caller | None:
    """Who makes this call, found and counted once however often it is asked; None when no key was sent.

    Raises what refuses the call: a wrong key, an address that the key is not for, a limit.
    """
    call = cast(ApiRequest, request)
    try:
        known = call.leadops_caller
    except AttributeError:
        try:
            known = _identify(request)
        except (APIException, Problem) as refusal:
            known = refusal
        call.leadops_caller = known
    if isinstance(known, Exception):
        raise known
    return known


def _identify(request: HttpRequest) -> Caller | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.casefold() != SCHEME.casefold():
        raise AuthenticationFailed("Send the key as: Authorization: Bearer lo_live_…")
    found, only_lead = _looked_up(text.strip(), client_address(request))
    return admitted(request, found, only_lead)


def caller_of(request: HttpRequest, text: str) -> Caller:
    """Who shows this key in a way of its own; raises as `admitted` does."""
    return admitted(request, _by_key(text, client_address(request)))


def admitted(request: HttpRequest, found: Admitted | None, only_lead: UUID | None = None) -> Caller:
    """The caller whose key was found and counted.

    Raises what refuses the call: no key, an address that the key is not for, a limit.
    """
    if found is None:
        admission.refuse_more_failures(client_address(request))
        raise AuthenticationFailed(NO_KEY)
    cast(ApiRequest, request).leadops_call = found  # for the counts, also of a call refused below
    if not found.fits:
        raise Problem(Type.WRONG_ADDRESS, "This key is for other addresses than the one you call from.")
    for who, count in found.counts:
        count.check(who)
    _note_use(found.key)
    return Caller(found.key, found.space, only_lead)


def _looked_up(text: str, address: str | None) -> tuple[Admitted | None, UUID | None]:
    """The key and, where the text is a borrower's token, the lead that it opens."""
    if not text.startswith(borrower_tokens.PREFIX):
        return _by_key(text, address), None
    token = borrower_tokens.used(text, address)
    if token is None:
        return None, None
    found = admission.admit_borrower(token.pk, token.api_key_id)
    if found is None or Scope.BORROWER_TOKEN not in found.key.scopes:
        return None, None
    return found, token.lead_id


def _by_key(text: str, address: str | None) -> Admitted | None:
    if not text or len(text) > LONGEST_KEY or not text.isascii():
        return None
    return admission.admit(ApiKey.digest_of(text), address)


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
        caller = cast(Caller, request.auth)
        if caller.only_lead is not None:
            _refuse_others(caller.only_lead, method, view)
        needed = scope_of(type(view), method)  # a token opens no more than the key that made it
        if needed is None or needed not in caller.key.scopes:
            raise PermissionDenied(f"This key lacks the scope {needed}." if needed else None)
        return True


class ReadsTheSchema(BasePermission):
    """In production the schema and its page are for officers and for partners with a key; elsewhere for anybody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not settings.PRODUCTION:
            return True
        officer = get_user(request._request)  # the framework has put the key's partner in the request's
        return bool((officer.is_active and officer.is_staff) or identified(request._request))


def scope_of(view: type[APIView], method: str) -> Scope | None:
    """The scope that opens `method` of this view."""
    return cast("dict[str, Scope]", getattr(view, "scopes", {})).get(method)


def _refuse_others(lead_id: UUID, method: str, view: APIView) -> None:
    """Let a borrower's token for this lead open what the view's `for_borrowers` names, and nothing else.

    Of any other lead it learns as little as of an unknown one.
    """
    if method not in getattr(view, "for_borrowers", ()):
        raise PermissionDenied("A borrower's token opens its own lead and nothing else.")
    if view.kwargs.get("lead_id", lead_id) != lead_id:
        raise not_found()


def api_key(request: Request) -> ApiKey:
    """The key that the request carries, or that made the borrower's token in it."""
    return cast(Caller, request.auth).key


def caller(request: Request) -> Partner:
    """The partner whose key the request carries; of a test key, the partner's test space."""
    return cast(Caller, request.auth).space


def only_lead(request: Request) -> UUID | None:
    """The one lead that the request may be about, because it carries a borrower's token; None: all of the caller's."""
    return cast(Caller, request.auth).only_lead


def may_read_pii(request: Request) -> bool:
    """Whether the key shows personal data unmasked."""
    return sees_pii(cast(Caller, request.auth))


def sees_pii(caller: Caller) -> bool:
    """Whether this caller is shown personal data unmasked."""
    return Scope.PII_READ in caller.key.scopes and caller.only_lead is None
