"""Rights as an officer reads them when they are given: Django keeps their names in the database, in English."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

DEEDS = {
    "add": gettext_lazy("Can add %(name)s"),
    "change": gettext_lazy("Can change %(name)s"),
    "delete": gettext_lazy("Can delete %(name)s"),
    "view": gettext_lazy("Can view %(name)s"),
}


class RightsInWords(ModelAdmin):
    """Mixed into an admin that gives rights."""

    rights = "permissions"
    """The field that holds them."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Who may read rights and not give them is shown hundreds, each of which says where it holds."""
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "GET":
            prefetch_related_objects([found], f"{self.rights}__content_type")
        return found

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.related_model is Permission:
            field.label_from_instance = in_words
        return field


def in_words(right: Permission) -> str:
    """Where it holds, and what it lets one do."""
    model = right.content_type.model_class()
    deed, _sep, name = right.codename.partition("_")
    if model is not None and name == model._meta.model_name and deed in DEEDS:
        said = DEEDS[deed] % {"name": model._meta.verbose_name}
    else:
        said = _(right.name)
    return f"{right.content_type} | {said}"
