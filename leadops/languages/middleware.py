"""In which language a request is answered: the officer's choice, else what their browser kept or asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from leadops.languages.kept import keep_found

DESK = "/admin/"


class DeskLanguage:
    """For the back office only: what a partner's program reads must not change with a header of its library."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(DESK):
            return self.get_response(request)
        language = getattr(request.user, "language", "") or translation.get_language_from_request(request)
        known = language if translation.check_for_language(language) else settings.LANGUAGE_CODE
        with translation.override(known):
            keep_found()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", known)
        return response
