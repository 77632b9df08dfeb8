"""What the theme does anew for each row and field, done once.

A template that asks an object for what it has not got has Python list all that it has got: 0.3 ms for an admin. The
theme's templates ask so for each row of a list and each field of a form, hence the defaults.
"""

from __future__ import annotations

from typing import Any

from django.utils.html import conditional_escape
from unfold.admin import ModelAdmin
from unfold.templatetags import unfold_list

ASKED_FOR: dict[str, Any] = {
    "list_sections": (),
    "conditional_fields": {},
    "change_form_show_cancel_button": False,
}

headers_of = unfold_list.result_headers


def apply() -> None:
    """Before any admin is made."""
    for name, default in ASKED_FOR.items():
        setattr(ModelAdmin, name, default)
    unfold_list.result_headers = headers_once


def headers_once(listed: Any) -> list[dict[str, Any]]:
    """The headers of a list; the theme asks for them with every row, for the names of its cells.

    Those are put into words here, and not once for each cell.
    """
    if not hasattr(listed, "headers_made"):
        made = ({**each, "text": conditional_escape(each["text"])} for each in headers_of(listed))
        listed.headers_made = list(made)
    kept: list[dict[str, Any]] = listed.headers_made
    return kept
