"""What the back office calls its columns, actions and filters, in the reader's language.

As with the names of models: made lazy in one place, once, so that each admin says its words plainly.
"""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite, ListFilter, ModelAdmin
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

OURS = ("leadops", "crm_integrations")
SAID = ("search_help_text", "when_empty", "verbose_name", "verbose_name_plural")


def speak(site: AdminSite) -> None:
    """Have all that our admins call something looked up when it is shown."""
    for admin in site._registry.values():
        for kind in type(admin).__mro__:
            if kind.__module__.split(".")[0] in OURS:
                _speak_kind(kind)
        _speak_filters(admin)
        _speak_inlines(admin)


def _speak_inlines(admin: Any) -> None:
    for inline in getattr(admin, "inlines", ()):
        _speak_kind(inline)
        _speak_inlines(inline)


def _speak_kind(kind: type) -> None:
    for value in list(vars(kind).values()):
        _speak(value, "short_description")
    for name in SAID:
        if name in vars(kind):
            _speak(kind, name)


def _speak_filters(admin: ModelAdmin[Any]) -> None:
    for each in admin.list_filter if isinstance(admin.list_filter, list | tuple) else ():
        if isinstance(each, type) and issubclass(each, ListFilter):
            _speak(each, "title")


def _speak(owner: Any, name: str) -> None:
    text = getattr(owner, name, None)
    if text and isinstance(text, str) and not isinstance(text, Promise):
        setattr(owner, name, gettext_lazy(text))
