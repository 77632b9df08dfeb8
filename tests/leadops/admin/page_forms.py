"""A page's form as a browser would send it: every field with the value it is shown with."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """Collects the fields of the form with one id, templates of further rows left out."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.values: dict[str, str] = {}
        self.textarea = self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "form":
            self.inside = found.get("id") == self.form_id
        if not self.inside or "__prefix__" in name:
            return
        if tag == "input" and name and found.get("type") not in ("submit", "file"):
            if found.get("type") in ("checkbox", "radio") and "checked" not in found:
                return
            self.values[name] = found.get("value") or ("on" if found.get("type") == "checkbox" else "")
        elif tag == "select":
            self.select, self.values[name] = name, ""
        elif tag == "option" and self.select and "selected" in found:
            self.values[self.select] = found.get("value") or ""
        elif tag == "textarea":
            self.textarea, self.values[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.inside and self.textarea:
            self.values[self.textarea] += data.lstrip("\n")


def fields(html: str, form_id: str = "lead_form") -> dict[str, str]:
    """The names and values that the form would be sent with, unchanged."""
    parser = _Fields(form_id)
    parser.feed(html)
    return parser.values
