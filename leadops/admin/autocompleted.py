"""Records that are found as an officer types: a text that is nobody's id is refused by the form, and is no fault."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.admin import ModelAdmin


class _Ids(AutocompleteMixin):
    """Django looks up whatever was sent to show it again, before the form has said that it is none."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        known = [each for each in value if not each or self._may_be_one(each)]
        return super().optgroups(name, known, attr)

    def _may_be_one(self, text: str) -> bool:
        try:
            self.field.remote_field.model._meta.pk.to_python(text)
        except ValidationError:
            return False
        return True


class OneOfThem(_Ids, AutocompleteSelect):
    pass


class SomeOfThem(_Ids, AutocompleteSelectMultiple):
    pass


class Autocompleted(ModelAdmin):
    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", OneOfThem(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SomeOfThem(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)
