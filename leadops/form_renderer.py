"""How the fields of forms become HTML: the common ones in Python, as Django's templates for them were most of a form.

A lead's form holds two hundred of them, and a template of one field includes another of its attributes. What is written
is the same as the theme's templates write, but for white space; whatever is not known here they still write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeData

ADORNED = ("prefix", "prefix_icon", "suffix", "suffix_icon")
"""What the theme draws into a text field; its template does, where there is one."""
ROOMY = "flex flex-col max-w-2xl min-w-56 relative w-full"
ARROW = (
    '<span class="material-symbols-outlined absolute group-[.primary]:text-white pointer-events-none mr-[12px] right-0'
    " text-base-400 top-0 top-1/2 hover:text-base-700 dark:text-base-500 dark:hover:text-base-200"
    ' -translate-y-1/2">expand_more</span>'
)


def _text(value: object) -> str:
    """As an attribute holds it: what is safe stays, anything else is escaped."""
    return value if isinstance(value, str) and isinstance(value, SafeData) else escape(value)


def attributes(attrs: Mapping[str, Any] | None) -> str:
    """Attributes with a blank before each; False leaves one out, True writes its name alone."""
    written = (
        f" {escape(name)}" if value is True else f' {escape(name)}="{_text(value)}"'
        for name, value in (attrs or {}).items()
        if value is not False
    )
    return "".join(written)


def _input(context: dict[str, Any]) -> str:
    widget = context["widget"]
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    name, attrs = conditional_escape(widget["name"]), attributes(widget["attrs"])
    return f'<input type="{conditional_escape(widget["type"])}" name="{name}"{value}{attrs}>'


def _boxed(classes: str) -> Callable[[dict[str, Any]], str | None]:
    def box(context: dict[str, Any]) -> str | None:
        if any(context["widget"].get(each) for each in ADORNED):
            return None
        return f'<div class="{classes}">{_input(context)}</div>'

    return box


def _area(context: dict[str, Any]) -> str:
    widget = context["widget"]
    text = conditional_escape(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{conditional_escape(widget["name"])}"{attributes(widget["attrs"])}>{text}</textarea>'


def _select(context: dict[str, Any]) -> str | None:
    widget, parts = context["widget"], []
    for group, options, _ in widget["optgroups"]:
        if any(each["template_name"] != OPTION for each in options):
            return None  # as those of an autocomplete
        shown = "".join(map(_option, options))
        label = conditional_escape(group) if group else ""
        parts.append(f'<optgroup label="{label}">{shown}</optgroup>' if label else shown)
    name, attrs = conditional_escape(widget["name"]), attributes(widget["attrs"])
    return f'<select name="{name}"{attrs}>{"".join(parts)}</select>'


def _option(option: dict[str, Any]) -> str:
    value, label = _text(option["value"]), conditional_escape(option["label"])
    return f'<option value="{value}"{attributes(option["attrs"])}>{label}</option>'


def _arrowed_select(context: dict[str, Any]) -> str | None:
    plain = _select(context)
    return plain and f'<div class="grow relative max-w-2xl">{plain}{ARROW}</div>'


def _label(context: dict[str, Any]) -> str:
    label = conditional_escape(context["label"])
    if not context["use_tag"]:
        return label
    return f"<{context['tag']}{attributes(context['attrs'])}>{label}</{context['tag']}>"


def _errors(context: dict[str, Any]) -> str | None:
    return None if context["errors"] else ""


INPUTS = ["checkbox", "color", "date", "datetime", "email", "file", "hidden", "input", "number", "password"]
INPUTS += ["search", "tel", "text", "time", "url"]
OPTION = "django/forms/widgets/select_option.html"
QUICK: dict[str, Callable[[dict[str, Any]], str | None]] = {
    **{f"django/forms/widgets/{kind}.html": _input for kind in INPUTS},
    "django/forms/widgets/select.html": _select,
    "django/forms/label.html": _label,
    "django/forms/errors/list/ul.html": _errors,
    "unfold/widgets/text.html": _boxed("max-w-2xl relative w-full"),
    "unfold/widgets/date.html": _boxed(ROOMY),
    "unfold/widgets/time.html": _boxed(ROOMY),
    "unfold/widgets/textarea.html": _area,
    "unfold/widgets/select.html": _arrowed_select,
}


class QuickFields(DjangoTemplates):
    """Writes the common fields itself and leaves the others to their templates."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> Any:
        write = QUICK.get(template_name)
        written = write(context) if write else None
        return super().render(template_name, context, request) if written is None else written
