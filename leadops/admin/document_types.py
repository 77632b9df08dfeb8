"""The type of a document as it is chosen: from what the program lists for whom the document is about.

Where the program lists nothing for an owner, its types are typed, as partners send them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms.renderers import BaseRenderer
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from leadops.form_renderer import ARROW, attributes
from leadops.models import DocumentType
from leadops.services.document_checklist import Owner, called

Lists = Iterable[tuple[Owner, list[DocumentType]]]


class TypeWidget(UnfoldAdminTextInputWidget):
    """A list for each owner that has one, and a text for those that have none; `about` is the id of whose is shown.

    documents.js shows another's when another is chosen; what is not shown is not sent.
    """

    class Media:
        js = ["leadops/documents.js"]

    lists: Lists = ()
    about = ""

    def render(
        self,
        name: str,
        value: Any,
        attrs: Mapping[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        groups = [(owner, types) for owner, types in self.lists if types]
        if not groups:
            return super().render(name, value, dict(attrs or {}), renderer)
        listed = self.about in {str(owner.pk) for owner, _ in groups}
        given = {**(attrs or {}), "name": name}
        text = self.build_attrs(self.attrs, {**given, "id": f"{given['id']}_typed", "aria-label": _("Type")})
        text |= {"type": "text", "hidden": listed, "disabled": listed, "value": "" if listed else value or ""}
        chosen = {**UnfoldAdminSelectWidget().attrs, **given, "disabled": not listed}
        options = format_html_join("", "{}", ((self._group(*group, value),) for group in groups))
        return format_html(
            '<div data-document-types><div class="grow relative max-w-2xl"{}><select{}>'
            '<option value="">---------</option>{}</select>{}</div><input{}></div>',
            "" if listed else SafeString(" hidden"),
            SafeString(attributes(chosen)),
            options,
            SafeString(ARROW),
            SafeString(attributes(text)),
        )

    def _group(self, owner: Owner, types: list[DocumentType], value: Any) -> SafeString:
        shown = str(owner.pk) == self.about
        pairs = (
            (each.code, SafeString(" selected") if shown and each.code == value else "", each.name)
            for each in types
        )
        options = format_html_join("", '<option value="{}"{}>{}</option>', pairs)
        told = {"label": called(owner), "data-about": owner.pk, "hidden": not shown, "disabled": not shown}
        return format_html("<optgroup{}>{}</optgroup>", SafeString(attributes(told)), options)
