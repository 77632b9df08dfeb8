"""The form of a connection, made from what its connector declares; secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _
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
from leadops.admin.json_field import StrictJSONField
from leadops.admin.versions import VersionedForm
from leadops.languages.said import said

SETTING, SECRET = "setting_", "secret_"
STALE = "This connection was changed after you opened it ({change})."
TYPE_AGAIN = "The address changes, so type this again: the stored one is not sent to another address."


class ConnectionForm(VersionedForm):
    """Typed fields for the settings, and a write-only field for each secret."""

    class Meta:
        model = Connection
        fields = ["vendor", "name", "base_url", "test_space", "enabled", "parallel", "rate", "jurisdiction"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(choice := self.fields.get("vendor"), forms.ChoiceField):
            # Partners' webhooks are made with their subscription.
            known = [(slug, vendor.label) for slug, vendor in registry.vendors().items()]
            choice.choices = [("", "---------"), *known]

    def add_error(self, field: str | None, error: Any) -> None:
        """What the model says of its settings as a whole is shown above the form, which has no field `settings`."""
        found = getattr(error, "error_dict", {})
        for each in (one for errors in found.values() for one in errors):
            each.message = said(each.message)
        if "settings" in found:
            super().add_error(None, forms.ValidationError(found.pop("settings")))
        super().add_error(field, error)

    def refusal(self, seen: int | None) -> str:
        return _(STALE).format(change=_last_change(self.instance))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
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
        self._refuse_secrets_elsewhere(cleaned, settings)
        connection.settings = settings
        connection.secrets = secrets
        return cleaned

    def _refuse_secrets_elsewhere(self, cleaned: dict[str, Any], settings: dict[str, Any]) -> None:
        base_url = cleaned.get("base_url", self.instance.base_url)
        for name in self.instance.secrets_to_type_again(base_url, settings):
            if not cleaned.get(SECRET + name):
                self.add_error(SECRET + name if SECRET + name in self.fields else None, _(TYPE_AGAIN))

    def changed_columns(self) -> list[str]:
        """What is to be written. Nothing else is, so that a pause made meanwhile stays."""
        columns = {_column(name) for name in self.changed_data}
        return [*sorted(columns), "updated_at"] if columns else []


def _column(name: str) -> str:
    if name.startswith(SETTING):
        return "settings"
    return "sealed_secrets" if name.startswith(SECRET) else name


def _last_change(connection: Connection) -> str:
    """Who made the connection what it is now, and what they changed, as the admin's history has it."""
    kind = ContentType.objects.get_for_model(Connection)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(connection.pk))
    last = entries.filter(action_time__gte=connection.updated_at).select_related("user").first()
    return f"{last.user}: {said(last.get_change_message())}" if last else _("from the command line")


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
        "label": said(setting.label),
        "help_text": said(setting.help),
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
        return StrictJSONField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **common)
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **common)


def _secret_field(secret: Secret, connection: Connection) -> forms.Field:
    state = _("Set. Leave empty to keep it.") if connection.secrets.get(secret.name) else _("Not set.")
    widget = UnfoldAdminTextInputWidget(attrs={"type": "password", "autocomplete": "new-password"})
    help_text = f"{said(secret.help)} {state}".strip()
    return forms.CharField(
        label=said(secret.label), help_text=help_text, required=False, strip=True, widget=widget
    )
