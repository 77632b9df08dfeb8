"""The form of a connection, made from what its connector declares; secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from crm_integrations import registry
from crm_integrations.connector import Connector, Secret, Setting
from crm_integrations.models import Connection

SETTING, SECRET = "setting_", "secret_"


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Typed fields for the settings, and a write-only field for each secret."""

    class Meta:
        model = Connection
        fields = ["vendor", "name", "base_url", "enabled", "parallel", "jurisdiction"]

    def _update_errors(self, errors: Any) -> None:
        """What the model says of its settings as a whole is shown above the form, which has no field `settings`."""
        found = getattr(errors, "error_dict", {})
        if "settings" in found:
            self.add_error(None, forms.ValidationError(found.pop("settings")))
        super()._update_errors(errors)  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        connection = self.instance
        if connection._state.adding:
            return cleaned
        settings, secrets = {}, connection.secrets
        for each in connection.connector_class.settings:
            value = cleaned.get(SETTING + each.name)
            if value not in (None, "") and value != each.default:
                settings[each.name] = value
        for secret in connection.connector_class.secrets:
            if typed := cleaned.get(SECRET + secret.name):
                secrets[secret.name] = typed
        connection.settings = settings
        connection.secrets = secrets
        return cleaned


def form_for(connector: type[Connector], connection: Connection) -> type[ConnectionForm]:
    """A ConnectionForm with the fields that `connector` declares."""
    fields: dict[str, Any] = {
        SETTING + each.name: _setting_field(each, connection) for each in connector.settings
    }
    fields |= {SECRET + each.name: _secret_field(each, connection) for each in connector.secrets}
    return type("DeclaredConnectionForm", (ConnectionForm,), fields)


def declared_fields(vendor: str, prefix: str) -> list[str]:
    """The names of the form fields of a vendor's settings or secrets."""
    connector = registry.get(vendor)
    declared = connector.settings if prefix == SETTING else connector.secrets
    return [prefix + each.name for each in declared]


def _setting_field(setting: Setting, connection: Connection) -> forms.Field:
    common = {
        "label": setting.label,
        "help_text": setting.help,
        "required": False,
        "initial": connection.settings.get(setting.name, setting.default),
    }
    if setting.choices:
        choices = [(each, str(each)) for each in setting.choices]
        return forms.TypedChoiceField(
            choices=choices, coerce=setting.kind, widget=UnfoldAdminSelectWidget, **common
        )
    if setting.kind is bool:
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **common)
    if setting.kind is int:
        return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget, **common)
    if setting.kind is dict:
        return forms.JSONField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **common)
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **common)


def _secret_field(secret: Secret, connection: Connection) -> forms.Field:
    state = "Set. Leave empty to keep it." if connection.secrets.get(secret.name) else "Not set."
    widget = UnfoldAdminTextInputWidget(attrs={"type": "password", "autocomplete": "new-password"})
    help_text = f"{secret.help} {state}".strip()
    return forms.CharField(label=secret.label, help_text=help_text, required=False, strip=True, widget=widget)
