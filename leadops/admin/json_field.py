"""A form field for JSON, as strict as the API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput, JSONString

from leadops import strict_json


class StrictJSONField(forms.JSONField):
    """Refuses what the database could not keep; Django's own field fails on it, or lets it through."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, JSONString) and (wrong := _wrong(value)):
            raise forms.ValidationError(f"This {wrong}")
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed is shown again as it was typed."""
        if isinstance(data, str) and _wrong(data):
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)


def _wrong(text: str) -> str:
    if not text:
        return ""
    try:
        strict_json.read(text)
    except strict_json.NotStrict as refusal:
        return refusal.shown
    return ""
