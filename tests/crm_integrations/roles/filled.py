"""The forms of a page, and what each is posted with: nothing, nonsense, what stands in it, or what it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

NOT_OF_THE_PAGE = re.compile(r"/(?:logout|language|search)/")
"""What stands on every page: signing out, the language, the search."""
NO_FIELD = ("image", "reset", "button")
NONSENSE = "x" * 70
WORDS = "xq7vkw94 words"


@dataclass
class Field:
    """A field as the page has it; `options` are those of a choice, by value.

    Where a choice is looked up as it is typed, `looked_up` is the field of the model whose records there are.
    """

    name: str
    kind: str
    value: str = ""
    on: bool = True
    options: list[str] = field(default_factory=list)
    looked_up: str = ""


@dataclass
class Form:
    """A form to be posted; each of `buttons` sends it with a name and a value of its own."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def known_by(self) -> tuple[str, ...]:
        """The same for the same form about another record."""
        action = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "…", self.action.partition("?")[0])
        return (action, *sorted({re.sub(r"\d+", "…", each.name) for each in self.fields}))


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: dict[str, Form] = {}
        self._within: Form | None = None
        self._select: Field | None = None
        self._text: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            form = Form(given.get("action") or self.url, given.get("method", "get").lower())
            known = self.forms.setdefault(given.get("id") or f"form {len(self.forms)}", form)
            known.action, known.method = form.action, form.method
            self._within = known
        elif tag == "option" and self._select is not None:
            self._option(given)
        elif tag in ("input", "select", "textarea", "button"):
            self._field(tag, given)

    def _of(self, given: dict[str, str]) -> Form | None:
        """A field may stand outside of the form it belongs to."""
        if outside := given.get("form"):
            return self.forms.setdefault(outside, Form(self.url, "get"))
        return self._within

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name = self._of(given), given.get("name", "")
        kind = (
            given.get("type", "submit" if tag == "button" else "text") if tag in ("input", "button") else tag
        )
        if form is None or kind in NO_FIELD or "__prefix__" in name or "disabled" in given:
            return
        if kind == "submit":
            form.buttons.append((name, given.get("value", "")))
        elif name:
            default = "on" if kind in ("checkbox", "radio") else ""
            made = Field(name, kind, given.get("value", default))
            if "data-app-label" in given:
                made.looked_up = ".".join(
                    given[f"data-{each}"] for each in ("app-label", "model-name", "field-name")
                )
            made.on = kind not in ("checkbox", "radio") or "checked" in given
            form.fields.append(made)
            if tag != "input":
                self._select = made if tag == "select" else None
                self._text = made if tag == "textarea" else None

    def _option(self, given: dict[str, str]) -> None:
        assert self._select is not None
        self._select.options.append(given.get("value", ""))
        if "selected" in given:
            self._select.value = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.value += data


def forms_of(page: str, url: str) -> list[Form]:
    """The page's own forms."""
    found = _Forms(url)
    found.feed(page)
    return [each for each in found.forms.values() if not NOT_OF_THE_PAGE.search(each.action)]


def otherwise(form: Form, other: Callable[[Field], list[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What stands in it with one field after the other said otherwise, as `other` has it, and all so and filled in.

    Of boxes of one name, and of the words of one choice, the first and the last are tried.
    """
    unchosen = {each.name for each in form.fields if each.kind == "select" and not each.value}
    stands = {name: value for name, value in _values(form, AS_IT_STANDS).items() if name not in unchosen}
    found: dict[str, list[str]] = {}
    for each in form.fields:
        if each.kind in ("checkbox", "radio"):
            found.setdefault(each.name, []).extend([] if each.on else [each.value])
        elif each.kind not in ("hidden", "file") and each.name not in ("action", "_selected_action"):
            found[each.name] = [value for value in each.options if value != each.value] + other(each)
    for name, values in found.items():
        for value in dict.fromkeys([*values[:1], *values[-1:]]):
            held = stands.get(name)
            yield f"{name}={value}", {**stands, name: [*held, value] if isinstance(held, list) else value}
    yield "all", {**_values(form, FILLED), **{name: values[-1] for name, values in found.items() if values}}


# What a form is posted with ------------------------------------------------------------------------------------------

EMPTY, WRONG, AS_IT_STANDS, FILLED = "empty", "wrong", "as it stands", "filled"
WAYS = (EMPTY, WRONG, AS_IT_STANDS, FILLED)
NOT_SENT = ("_addanother", "_continue")
"""They say what `_save` says, and lead on."""
TYPED_WRONG = {"number": "-1", "date": "31/02/2026"}


def posted(form: Form) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is sent, in each way once for each of its buttons and of its deeds; the same is not sent twice."""
    sent: list[dict[str, Any]] = []
    for way in WAYS:
        for values in _by_deed(form, _values(form, way)):
            known = {name: value for name, value in values.items() if name != "csrfmiddlewaretoken"}
            if known not in sent:
                sent.append(known)
                yield way, _with_files(form, way, values)


def _by_deed(form: Form, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    buttons = [each for each in form.buttons if each[0] not in NOT_SENT] or [("", "")]
    deeds = next((each.options for each in form.fields if each.name == "action"), [])
    for name, value in dict.fromkeys(buttons):
        pressed = {**values, name: value} if name else values
        yield from [{**pressed, "action": deed, "index": "0"} for deed in deeds] if deeds else [pressed]


def _values(form: Form, way: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in form.fields:
        if each.kind == "hidden":  # no officer fills it in: it says which record, and how many rows
            values[each.name] = each.value
        elif each.kind in ("checkbox", "radio"):
            _tick(each, way, values)
        elif each.kind != "file":
            values[each.name] = _value(each, way)
    return values


def _tick(each: Field, way: str, values: dict[str, Any]) -> None:
    if each.name == "_selected_action":
        ticked = way != EMPTY and each.name not in values
    elif way == WRONG:
        values[each.name] = [NONSENSE]
        return
    else:
        ticked = each.on if way == AS_IT_STANDS else way == FILLED and not each.name.endswith("-DELETE")
    if ticked and (each.kind == "checkbox" or each.name not in values):
        values.setdefault(each.name, []).append(each.value)


def _value(each: Field, way: str) -> str:
    if way in (EMPTY, WRONG):
        return "" if way == EMPTY else TYPED_WRONG.get(each.kind, NONSENSE)
    if each.value or way == AS_IT_STANDS:
        return each.value
    if each.kind == "select":
        return next(filter(None, each.options), "")
    tomorrow = f"{timezone.localdate() + timedelta(days=1)}"
    return {"date": tomorrow, "number": "1", "time": "10:00"}.get(each.kind, WORDS)


def _with_files(form: Form, way: str, values: dict[str, Any]) -> dict[str, Any]:
    """A file is none of its kind, or a table of one lead that is wrong."""
    if way not in (WRONG, FILLED):
        return values
    name, content = ("xq7vkw94.pdf", b"neither") if way == WRONG else ("xq7vkw94.csv", b"Mobile,Name\n9,\n")
    files = [each.name for each in form.fields if each.kind == "file"]
    return {**values, **{each: SimpleUploadedFile(name, content) for each in files}}
