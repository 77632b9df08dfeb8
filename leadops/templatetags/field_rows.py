"""The rows of the back office's forms, as the theme's templates lay them out, in a fraction of their time.

What is rare is left to those templates: read-only values and check boxes. Conditional fields are not known here.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.templatetags.unfold import fieldset_row_classes

register = template.Library()

LINE = "field-line flex flex-col grow group group/line px-3 py-2.5"
COMPRESSED_LINE = (
    " border-b border-base-200 border-dashed min-h-[59px] group-[.last]/row:border-b-0 lg:border-l lg:flex-row"
    " lg:items-center dark:border-base-800 lg:first:border-l-0"
)
COMPRESSED_LABEL = (
    "lg:min-w-56 lg:w-56 lg:h-[38px] lg:flex lg:items-center lg:self-start lg:leading-[38px] lg:*:m-0"
)
FIELD = '<div class="{}">{}</div><div class="grow relative">{}{}{}</div>'
HELP = '<div class="leading-relaxed mt-2 text-xs">{}</div>'
ERRORS = '<div class="mt-2 text-red-600 text-xs dark:text-red-500">{}</div>'


@register.simple_tag(takes_context=True)
def field_row(context: Context) -> SafeString:
    """The fields of the `line` that the fieldset's template is at, beside each other."""
    form = context.get("adminform")
    compressed = form is not None and getattr(form.model_admin, "compressed_fields", False)
    last = " last" if context["forloop"]["last"] else ""
    fields = format_html_join("", "{}", ((_field(context, each, compressed),) for each in context["line"]))
    return format_html('<div class="{}{}">{}</div>', fieldset_row_classes(context), last, fields)


def _field(context: Context, field: Any, compressed: bool) -> SafeString:
    errors = "" if field.is_readonly else field.errors()
    classes = LINE + (COMPRESSED_LINE if compressed else "") + (" errors" if errors else "")
    if not field.is_readonly:
        classes += f" field-{field.field.name}"
    if field.is_checkbox:
        inside = _included("fieldset_row_checkbox", context, field)
    else:
        inside = _labelled(context, field, errors, COMPRESSED_LABEL if compressed else "")
    return format_html('<div class="{}">{}</div>', classes, inside)


def _labelled(context: Context, field: Any, errors: str, beside: str) -> SafeString:
    shown = field.field
    if field.is_readonly:
        value, help_text = _included("field_readonly_value", context, field), shown["help_text"]
    else:
        value, help_text = mark_safe(str(shown)), shown.help_text  # noqa: S308  made by the widget
    helped = format_html(HELP, mark_safe(help_text)) if help_text else ""  # noqa: S308  HTML, as Django's own has it
    failed = format_html(ERRORS, errors) if errors else ""
    return format_html(FIELD, beside, field.label_tag(), value, helped, failed)


def _included(name: str, context: Context, field: Any) -> SafeString:
    assert context.template is not None
    found = context.template.engine.get_template(f"unfold/helpers/{name}.html")
    with context.push(field=field):
        return found.render(context)
