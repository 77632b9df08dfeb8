"""The pages of the second factor: its code at the sign-in, enrolling a phone, recovery codes, and staying signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qrcode
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from qrcode.image.svg import SvgPathImage

from leadops.admin.page_urls import within
from leadops.errors import LeadopsError
from leadops.models import Authenticator
from leadops.services import second_factor
from leadops.sign_in import sessions
from leadops.sign_in.fresh import CODE, CodeForm, fresh_factor
from leadops.sign_in.sessions import officer_of


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of these pages, within the admin."""

    def page(view: Callable[..., HttpResponse]) -> Any:
        def shown(request: HttpRequest) -> HttpResponse:
            return view(site, request)

        return shown

    hidden = sensitive_post_parameters()
    return [
        path("sign-in/code/", site.admin_view(hidden(page(code_view))), name="sign_in_code"),
        path("sign-in/phone/", site.admin_view(hidden(_once_in(page(enrol_view)))), name="sign_in_enrol"),
        path("sign-in/codes/", site.admin_view(hidden(fresh_factor(page(codes_view)))), name="sign_in_codes"),
        path("sign-in/stay/", site.admin_view(require_POST(stay_view)), name="sign_in_stay"),
    ]


def code_view(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Ask for the code after the password."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            left = second_factor.show(officer_of(request), form.cleaned_data[CODE])
            sessions.factor_was_shown(request)
            sessions.tell_codes_left(request, left)
            return HttpResponseRedirect(_next(request))
        except LeadopsError as refusal:
            form.add_error(CODE, refusal.shown)
    context = {"title": _("Your second factor"), "form": form}
    return _page(site, request, "code", context)


def enrol_view(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Show the picture that the phone reads, take its first code, and show the recovery codes, this once."""
    officer, form = officer_of(request), CodeForm(request.POST or None)
    form.fields[CODE].help_text = _("The six digits that the app shows now.")
    phone = second_factor.to_enrol(officer)
    if form.is_valid():
        try:
            codes = second_factor.enrol(officer, form.cleaned_data[CODE])
            update_session_auth_hash(request, officer)  # all other sessions end
            sessions.factor_was_shown(request)
            return _codes(site, request, codes)
        except LeadopsError as refusal:
            form.add_error(CODE, refusal.shown)
    context = {"title": _("Enrol your phone"), "form": form, "picture": _picture(phone)}
    context |= {"secret": _grouped(phone.secret), "first": not officer.factor_since}
    return _page(site, request, "enrol", context)


def codes_view(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """New recovery codes in the place of the old ones."""
    officer = officer_of(request)
    if not officer.factor_since:
        return HttpResponseRedirect(reverse("admin:sign_in_enrol"))
    if request.method == "POST":
        return _codes(site, request, second_factor.new_codes(officer))
    left = officer.recovery_codes.filter(used_at=None).count()
    return _page(site, request, "codes", {"title": _("Your second factor"), "left": left})


def stay_view(request: HttpRequest) -> HttpResponse:
    """Somebody is there: that the request came is all."""
    return HttpResponse(status=204)


def _once_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """Who has a phone shows it before it is replaced; who has none yet can't."""
    fresh = fresh_factor(view, reading=True)

    def asked(request: HttpRequest) -> Any:
        return (fresh if officer_of(request).factor_since else view)(request)

    return asked


def _codes(site: AdminSite, request: HttpRequest, codes: list[str]) -> HttpResponse:
    context = {
        "title": _("Your recovery codes"),
        "codes": codes,
        "next": _next(request),
    }
    return _page(site, request, "new_codes", context)


def _page(site: AdminSite, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
    shown = {**site.each_context(request), **context, "compulsory": settings.SECOND_FACTOR}
    return TemplateResponse(request, f"admin/leadops/sign_in/{name}.html", shown)


def _next(request: HttpRequest) -> str:
    """Where the officer wanted to go."""
    return within(request, request.GET.get("next", ""))


def _picture(phone: Authenticator) -> SafeString:
    """The QR code as SVG within the page: a picture of its own would have an address, and the secret in it."""
    drawn = qrcode.make(phone.address, image_factory=SvgPathImage).to_string(encoding="unicode")
    return mark_safe(drawn.replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S308  paths that the library drew


def _grouped(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
