"""Why something is done that stays on record: asked for on the page that starts it, and kept with the event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from leadops import masking

SHORTEST, LONGEST = 5, 300
LAST = "last reason"
"""Where the session keeps what an officer said last: who opens ten papers in a row says it once."""


class LogField(forms.CharField):
    """Words of an officer that the append-only log keeps, whatever is erased later; so they may hold no number."""

    def __init__(self, **given: Any) -> None:
        attrs = {"autocomplete": "off"} | given.pop("attrs", {})
        limits = {"min_length": SHORTEST, "max_length": LONGEST}
        super().__init__(**limits | {"widget": UnfoldAdminTextInputWidget(attrs=attrs)} | given)

    def clean(self, value: Any) -> str:
        words: str = super().clean(value)
        if masking.text(words) != words:
            raise forms.ValidationError(_("Say it without any number or address: this stays in the log."))
        return words


class ReasonForm(forms.Form):
    """Why an officer does something that stays on record; another label or help is a field of a subclass."""

    reason = LogField(
        label=_("Reason"),
        help_text=_(
            "For instance “Monthly review with the bank”. It stays in the log: write no number of a person here."
        ),
    )


def for_a_reason(
    request: HttpRequest,
    what: str,
    back: str,
    hand_out: Callable[[str], HttpResponseBase],
    deed: str = "",
    told: Iterable[object] = (),
) -> HttpResponseBase:
    """What `hand_out` makes of the reason; until there is one the page that asks for it.

    `what` says what is taken out, `back` is the address of the page that offered it, `deed` what the button says where
    it is no download, `told` what to know before. The view stands behind `fresh_factor`, which carries the reason on.
    """
    posted = request.POST if request.method == "POST" else None
    form = ReasonForm(posted, initial={"reason": request.session.get(LAST, "")})
    form.fields["reason"].widget.attrs["autofocus"] = ""
    if form.is_valid():
        request.session[LAST] = form.cleaned_data["reason"]
        return hand_out(request.session[LAST])
    context = {**admin.site.each_context(request), "title": deed or _("Download"), "what": what, "back": back}
    context |= {"form": form, "told": told or (_("Who took it out, when and why stays in the log."),)}
    return TemplateResponse(request, "admin/leadops/reason.html", context)
