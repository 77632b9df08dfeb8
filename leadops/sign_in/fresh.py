"""What is dear asks for a fresh code of the phone: `@fresh_factor` over a view of the back office."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from leadops.errors import LeadopsError
from leadops.sealing import CannotOpen, open_sealed, seal
from leadops.services import second_factor
from leadops.sign_in import sessions
from leadops.sign_in.gate import needs_factor

if TYPE_CHECKING:
    from django.http.request import _ImmutableQueryDict

CODE, CARRIED = "factor_code", "factor_carried"
READING = ("GET", "HEAD", "OPTIONS")
View = Callable[..., Any]


class CodeForm(forms.Form):
    """A code of the phone, or one of those on paper."""

    factor_code = forms.CharField(
        label=_("Code"),
        max_length=32,
        strip=True,
        widget=UnfoldAdminTextInputWidget(
            attrs={
                "autocomplete": "one-time-code",
                "autofocus": "",
                "inputmode": "text",
                "spellcheck": "false",
            }
        ),
        help_text=_("The six digits that your authenticator app shows, or one of your recovery codes."),
    )


def fresh_factor(view: View, *, reading: bool = False) -> View:
    """Let `view` change something only for who showed the second factor within the last five minutes.

    Everybody else is asked for a code in between, and what they had sent is carried on to `view`. With `reading` it
    asks before it shows something, too. For a method of a class: `@method_decorator(fresh_factor)`.
    """

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if CODE in request.POST and CARRIED in request.POST:
            if answer := _checked(request):
                return answer
        elif (request.method in READING and not reading) or not _must_ask(request):
            return view(request, *args, **kwargs)
        else:
            return _page(request, CodeForm(), _carried(request))
        return view(request, *args, **kwargs)

    return asked


def _must_ask(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and needs_factor(user) and not sessions.is_fresh(request)


def _checked(request: HttpRequest) -> HttpResponse | None:
    """Take the code; None when it is right and the request is again what was sent at first."""
    carried, form = request.POST[CARRIED], CodeForm(request.POST)
    sent = _opened(request, carried)
    if not form.is_valid():
        return _page(request, form, carried)
    try:
        left = second_factor.show(sessions.officer_of(request), form.cleaned_data[CODE])
    except LeadopsError as refusal:
        form.add_error(CODE, refusal.shown)
        return _page(request, form, carried)
    sessions.factor_was_shown(request)
    sessions.tell_codes_left(request, left)
    if sent is None:
        return HttpResponseRedirect(request.get_full_path())
    request.POST = sent
    return None


def _page(request: HttpRequest, form: CodeForm, carried: str) -> TemplateResponse:
    context = {**admin.site.each_context(request), "title": _("Confirm that it is you"), "form": form}
    context |= {"carried": carried, "with_files": bool(request.FILES)}
    return TemplateResponse(request, "admin/leadops/sign_in/confirm.html", context)


def _carried(request: HttpRequest) -> str:
    """What was sent, sealed for this session and address; files are too large for it, so their form is filled anew."""
    sent = "" if request.method in READING or request.FILES else "=" + request.POST.urlencode()
    return base64.urlsafe_b64encode(seal(sent, _place(request))).decode() if sent else ""


def _opened(request: HttpRequest, carried: str) -> _ImmutableQueryDict | None:
    """What was sent at first; None when the page was only asked for."""
    if not carried:
        return None
    try:
        text = open_sealed(base64.urlsafe_b64decode(carried), _place(request))
    except (CannotOpen, ValueError):
        raise BadRequest("What was carried along is not what was sent.") from None
    return QueryDict(text.removeprefix("="))


def _place(request: HttpRequest) -> str:
    return f"fresh factor:{request.session.session_key}:{request.get_full_path()}"
