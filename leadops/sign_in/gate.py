"""The gate behind the sign-in: whose session is over signs in anew, and without the second factor no page opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from leadops.models import Officer
from leadops.sign_in import sessions

CODE, ENROL = "admin:sign_in_code", "admin:sign_in_enrol"
OPEN = {"admin:login", "admin:logout", "admin:jsi18n"}
"""What somebody opens who has shown the password alone, besides the one page that asks for the factor."""


class SignInGate:
    """After AuthenticationMiddleware: lets a session through that is not over and has all it needs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _signed_in(request):
            return self.get_response(request)
        if sessions.is_over(request):
            logout(request)
        else:
            sessions.is_seen(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not _signed_in(request) or sessions.has_factor(request):
            return None
        officer = sessions.officer_of(request)
        if not needs_factor(officer):
            return None
        wanted = CODE if officer.factor_since else ENROL
        name = request.resolver_match.view_name if request.resolver_match else ""
        return None if name in OPEN | {wanted} else _to(wanted, request)


def needs_factor(officer: Officer) -> bool:
    """Whether `officer` shows a second factor: whoever has one does, and where it is compulsory everybody."""
    return bool(settings.SECOND_FACTOR or officer.factor_since)


def _signed_in(request: HttpRequest) -> bool:
    """A caller of the API shows a key and has no session: nothing is asked of the database for one."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


def _to(page: str, request: HttpRequest) -> HttpResponse:
    url = reverse(page)
    if request.method == "GET":
        url += "?" + urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(url)
