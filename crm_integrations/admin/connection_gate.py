"""Holds up what the form of a connection would change about where its calls and secrets go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from crm_integrations.admin.connection_form import SECRET, SETTING
from crm_integrations.approvals import connection_of
from crm_integrations.egress import origins
from crm_integrations.models import Connection
from leadops.admin.gates import HeldUp, Holding, drop_changed
from leadops.services import approvals
from leadops.services.approvals import Data


class HoldsAddresses(Holding):
    """Mixed into the admin of connections."""

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        if not approvals.needed():
            obj.save(update_fields=form.changed_columns() if change else None)
        elif not change:
            raise HeldUp("new_connection", connection_of(obj))
        else:
            form.held_up = _gated(form, Connection.objects.get(pk=obj.pk))
            obj.save(update_fields=form.changed_columns())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if any(formset.has_changed() for formset in formsets):
            form.instance.save(update_fields=["updated_at"])  # the page with its routes has one version
        if data := getattr(form, "held_up", None):
            stored = Connection.objects.get(pk=form.instance.pk)
            self.hold(request, form.instance, "connection", data, stored)


def _gated(form: Any, stored: Connection) -> Data:
    """What needs a second person, taken out of what the form stores."""
    wanted, columns = form.instance, form.changed_columns()
    data: Data = {}
    if "base_url" in columns:
        data["base_url"] = wanted.base_url
    if "settings" in columns and _elsewhere(wanted, stored):
        data["settings"] = wanted.settings
    typed = {name: form.cleaned_data[name] for name in form.changed_data if name.startswith(SECRET)}
    if typed:
        data["secrets"] = {name.removeprefix(SECRET): value for name, value in typed.items()}
    names = ["base_url", *typed]
    if "settings" in data:
        names += [name for name in form.changed_data if name.startswith(SETTING)]
    drop_changed(form, names)
    return data


def _elsewhere(wanted: Connection, stored: Connection) -> bool:
    return origins(stored.base_url, wanted.settings) != origins(stored.base_url, stored.settings)
