"""The switch between the languages of the back office."""

from __future__ import annotations

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from leadops.admin.page_urls import within
from leadops.models import Officer

A_YEAR = 365 * 86_400


def urls(site: AdminSite) -> list[URLPattern]:
    """The address that the switch posts to; also before anybody signed in."""
    return [path("language/", require_POST(_choose), name="language")]


def _choose(request: HttpRequest) -> HttpResponse:
    """Keep the language with the officer, and in the browser for the page on which they sign in."""
    language = request.POST.get("language", "")
    answer = HttpResponseRedirect(within(request, request.POST.get("next", "")))
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
