"""What every answer tells a browser not to do with it, whatever made it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
# Nothing that is not named, nothing from elsewhere, within no frame. No script stands within a page, so none is
# allowed to, not by a nonce either. Colours and widths do: the theme writes them into style attributes.
ANYWHERE = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; style-src 'self'"
ANYWHERE += "; img-src 'self'; font-src 'self'"
DOCS = ANYWHERE.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src 'self'", "img-src 'self' data:"
)
DOCS += "; script-src 'self'; connect-src 'self'"
# The theme's Alpine evaluates its attributes.
DESK = DOCS.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'")
UNUSED = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeaders:
    """Outermost, so that nothing leaves without. Django's own SecurityMiddleware adds HSTS, nosniff, referrer, COOP."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(HEADER, policy_of(request.path))
        response.headers.setdefault("Permissions-Policy", UNUSED)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def policy_of(path: str) -> str:
    """The policy for what stands at `path`: the back office, the API's page for people, or anything else."""
    if path.startswith("/admin/"):
        return DESK
    return DOCS if path == "/v1/docs/" else ANYWHERE
