"""The pages "Help": what docs/ tells officers and partners' developers, for whoever is signed in."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

DOCS = settings.BASE_DIR / "docs"
PAGES = {
    "officer.md": ("Officers' guide", "help"),
    "partners.md": ("Partners' first steps", "rocket_launch"),
    "api.md": ("Partners' API", "api"),
    "dialects.md": ("Vendors' clients", "swap_horiz"),
}
"""Each with its title, and its icon in the menu."""
FILES = ["openapi.yaml", "samples/*.xlsx", "images/*.png"]
"""What the pages show or link to. They stand beside the pages, as in docs/, so every link leads where it says."""

markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def _table(renderer: Any, tokens: Any, at: int, options: Any, _env: Any) -> str:
    """One that is wider than the screen scrolls: the keyboard has to reach it."""
    tokens[at].attrSet("tabindex", "0")
    return str(renderer.renderToken(tokens, at, options, _env))


markdown.add_render_rule("table_open", _table)


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the pages and of their files, within the admin."""

    def view(request: HttpRequest, name: str) -> HttpResponse:
        return _page(request, name, site.each_context(request)) if name in PAGES else _file(name)

    return [path("help/<path:name>", site.admin_view(view), name="help")]


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
    heading, _line, text = _written(name).read_text(encoding="utf-8").removeprefix("# ").partition("\n")
    body = mark_safe(markdown.render(text))  # noqa: S308  our own words only
    pages = {each: _(title) for each, (title, _icon) in PAGES.items()}
    context |= {"title": pages[name], "content_title": pages[name], "heading": heading, "body": body}
    context |= {"name": name, "pages": pages}
    return TemplateResponse(request, "admin/leadops/help.html", context)


def _written(name: str) -> Path:
    """The page or file in the reader's language where it is written in it: partners' developers read English."""
    known = DOCS / name
    theirs = known.with_suffix(f".{get_language()}{known.suffix}")
    return theirs if theirs.exists() else known


def _file(name: str) -> HttpResponse:
    served = {str(each.relative_to(DOCS)) for pattern in FILES for each in DOCS.glob(pattern)}
    if name not in served:
        raise Http404
    kind, _ = guess_type(name)
    return HttpResponse(_written(name).read_bytes(), content_type=kind or "text/plain; charset=utf-8")
