"""The switch between the languages of the back office."""

from __future__ import annotations

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from leadops.models import Officer

A_YEAR = 365 * 86_400


def urls(site: AdminSite) -> list[URLPattern]:
    """The address that the switch posts to; also before anybody signed in."""
    return [path("language/", require_POST(_choose), name="language")]


def _choose(request: HttpRequest) -> HttpResponse:
    """Keep the language with the officer, and in the browser for the page on which they sign in."""
    language = request.POST.get("language", "")
    answer = HttpResponseRedirect(_way_back(request))
    if language in dict(settings.LANGUAGES):
        if isinstance(request.user, Officer):
            Officer.objects.filter(pk=request.user.pk).update(language=language)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=A_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return answer


def _way_back(request: HttpRequest) -> str:
    """The page the switch stood on, never another site's."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe and asked.startswith("/") else reverse("admin:index")
