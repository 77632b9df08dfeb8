"""The cells of the back office's lists, as the theme writes them, in a fraction of its time.

What all cells of a column have in common is made once a page. Lists that are edited in place, and labels, headers and
drop-downs that the theme draws into cells, are not known here: no list of ours has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import lookup_field, quote
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import DateField, ForeignKey, ManyToOneRel, TimeField
from django.urls import NoReverseMatch
from django.utils.encoding import iri_to_uri
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import checkbox
from unfold.templatetags.unfold_list import (
    CHECKBOX_CLASSES,
    LINK_CLASSES,
    ROW_CLASSES,
    result_headers,
)
from unfold.utils import display_for_field, display_for_value

CHECKBOX, KEY = "action_checkbox", uuid4().hex
"""`KEY` stands for the key of a row in what is made once for all of them; nobody else writes it into an address."""
LINK = '<a href="{}" class="{}" {}>'
Cell = Callable[[Any], str]
headers_of = result_headers
"""The theme's own, which `headers_once` takes the place of."""


def rows(listed: Any) -> Iterator[SafeString]:
    """The rows of a list, all cells of each in one piece: `change_list_results.html` has nothing to ask of them."""
    columns = list(_columns(listed))
    for row in listed.result_list:
        yield mark_safe("".join(cell(row) for cell in columns))  # noqa: S308  its parts are escaped


def _columns(listed: Any) -> Iterator[Cell]:
    tag = "th"
    for name, header in zip(listed.list_display, headers_once(listed), strict=True):
        if name == CHECKBOX:
            yield _checkbox()
        elif name in (listed.list_display_links or ()):
            yield _cell(listed, name, capfirst(header["text"]), tag, *_link(listed))
            tag = "td"
        else:
            yield _cell(listed, name, capfirst(header["text"]))


def _checkbox() -> Cell:
    """What chooses a row."""
    box, label = checkbox.render(ACTION_CHECKBOX_NAME, KEY), conditional_escape(_("Select record"))
    before, after = _opened("td", CHECKBOX_CLASSES, label) + box.split(KEY)[0], box.split(KEY)[1] + "</td>"
    return lambda row: f"{before}{escape(row.pk)}{after}"


def _cell(
    listed: Any, name: str, label: str, tag: str = "td", link: Cell = lambda row: "", end: str = ""
) -> Cell:
    """What writes the cells of a column, each behind what `link` makes of its row."""
    classes = [f"field-{name}", *ROW_CLASSES]
    opened, on_one_line = _opened(tag, classes, label), _opened(tag, [*classes, "nowrap"], label)
    shown, end = _shown(listed, name), f"{end}</{tag}>"

    def written(row: Any) -> str:
        text, short = shown(row)
        return f"{on_one_line if short else opened}{link(row)}{conditional_escape(text)}{end}"

    return written


def _opened(tag: str, classes: list[str], label: str) -> str:
    return f'<{tag} class="{" ".join(classes)}" data-label="{label}">'


def _shown(listed: Any, name: str) -> Callable[[Any], tuple[Any, bool]]:
    """What a column shows of a row, and whether that stays on one line."""
    read, nothing = _reader(listed, name), listed.model_admin.get_empty_value_display()

    def shown(row: Any) -> tuple[Any, bool]:
        try:
            field, asked, value = read(row)
        except ObjectDoesNotExist:
            return nothing, False
        empty = getattr(asked, "empty_value_display", nothing)
        if field is None or field.auto_created:
            boolean = getattr(asked, "boolean", False)
            return display_for_value(value, empty, boolean), isinstance(value, date | time)
        short = isinstance(field, DateField | TimeField | ForeignKey)
        if isinstance(field.remote_field, ManyToOneRel):
            return empty if value is None else value, short
        return display_for_field(value, field, empty), short

    return shown


def _reader(listed: Any, name: str) -> Callable[[Any], tuple[Any, Any, Any]]:
    """The field, what is asked, and the value, as Django looks them up; what the admin has is asked straight."""
    own = getattr(listed.model_admin, name, None) if name != "__str__" else None
    if callable(own) and name not in {each.name for each in listed.lookup_opts.get_fields()}:
        return lambda row: (None, own, own(row))
    return lambda row: lookup_field(name, row, listed.model_admin)


def _link(listed: Any) -> tuple[Cell, str]:
    """The way to the page of a row, or back to the window that asked for one; none where rows have no page."""
    key = listed.lookup_opts.pk.attname
    try:
        url = listed.url_for_result(SimpleNamespace(**{key: KEY}))
    except NoReverseMatch:
        return lambda row: "", ""
    url = add_preserved_filters({"preserved_filters": listed.preserved_filters, "opts": listed.opts}, url)
    before, after = format_html(LINK, url, " ".join(LINK_CLASSES), KEY).split(KEY, 1)
    opened, closed = after.split(KEY)

    def link(row: Any) -> str:
        chosen = row.serializable_value(str(listed.to_field or key))
        opener = format_html(' data-popup-opener="{}"', chosen) if listed.is_popup else ""
        return f"{before}{iri_to_uri(quote(str(row.pk)))}{opened}{opener}{closed}"

    return link, "</a>"


def headers_once(listed: Any) -> list[dict[str, Any]]:
    """The headers of a list; the theme asks for them with every row, for the names of its cells.

    Those are put into words here, and not once for each cell.
    """
    if not hasattr(listed, "headers_made"):
        made = ({**each, "text": conditional_escape(each["text"])} for each in headers_of(listed))
        listed.headers_made = list(made)
    kept: list[dict[str, Any]] = listed.headers_made
    return kept
