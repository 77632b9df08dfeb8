"""A connection to every vendor of the local sandbox, with what the sandbox accepts as credentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm_integrations import registry
from crm_integrations.connector import Secret, Setting
from crm_integrations.demo.people import WANTED
from crm_integrations.models import Connection, Route
from crm_integrations.sandbox.credentials import CREDENTIALS


def connect(base_url: str) -> dict[str, Connection]:
    """The connections by name, each with a route for every program; they follow the sandbox to another address."""
    connections = {}
    for order, vendor in enumerate(registry.vendors()):
        name = vendor.replace("_", "-")
        connection = Connection.objects.filter(name=name).first() or _new(vendor, name)
        if connection.base_url != base_url:
            connection.base_url = base_url
            connection.full_clean()
            connection.save()
        Route.objects.get_or_create(program=None, connection=connection, defaults={"order": order})
        connections[name] = connection
    return connections


def _new(vendor: str, name: str) -> Connection:
    connector = registry.get(vendor)
    told = accepted(vendor, connector.settings)
    if any(each.name == "document_types" for each in connector.settings):
        told["document_types"] = {code: code for code, *_ in WANTED}
    connection = Connection(vendor=vendor, name=name, settings=told)
    connection.secrets = accepted(vendor, connector.secrets)
    return connection


def accepted(vendor: str, declared: Sequence[Setting | Secret]) -> dict[str, Any]:
    """Those of the sandbox's credentials that the connector declares; some vendors' are settings in part."""
    return {
        each.name: CREDENTIALS[vendor][each.name] for each in declared if each.name in CREDENTIALS[vendor]
    }
