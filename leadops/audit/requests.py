"""Who acts in a request: an officer by their session, a partner by its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from leadops import masking, request_ids
from leadops.audit.acting import Acting, doing


class ActingMiddleware:
    """Tells every write of a request who sent it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with doing(lambda: acting_in(request)):
            return self.get_response(request)


def acting_in(request: HttpRequest) -> Acting:
    """Who sent `request`, as far as it is known by now; the address without its query, which may hold a search."""
    told: dict[str, Any] = {
        "request_id": request_ids.current.get(),
        "origin": f"{request.method} {request.path}",
    }
    if call := getattr(request, "leadops_call", None):
        by = ", a borrower's token" if getattr(_caller(request), "only_lead", None) else ""
        return Acting(who=f"partner {call.space.code}, key {call.key.prefix}…{by}", **told)
    match = request.resolver_match
    if request.method == "POST" and match is not None and match.app_name == "admin":
        told["reason"] = masking.text(request.POST.get("reason", ""))
        if action := request.POST.get("action"):
            told["origin"] += f" ({action})"
    user: Any = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return Acting(who=f"officer {user.get_username()}", officer_id=user.pk, **told)
    return Acting(who="nobody signed in", **told)


def _caller(request: HttpRequest) -> Any:
    return getattr(request, "leadops_caller", None)
