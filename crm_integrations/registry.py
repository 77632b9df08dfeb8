"""Which vendors there are: every module of `connectors/` holds one."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil

from crm_integrations import connectors
from crm_integrations.connector import Connector
from crm_integrations.partner_webhook import PartnerWebhook
from crm_integrations.removed import removed


class BrokenConnector(Exception):
    """A module in `connectors/` does not hold exactly one connector named like itself."""


def _connector_in(name: str) -> type[Connector]:
    module = importlib.import_module(f"{connectors.__name__}.{name}")
    found = [
        each
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, Connector) and each.__module__ == module.__name__
    ]
    if len(found) != 1 or found[0].slug != name:
        raise BrokenConnector(f"connectors/{name}.py must hold exactly one Connector with slug = {name!r}.")
    return found[0]


@functools.cache
def vendors() -> dict[str, type[Connector]]:
    """Every connector by its slug, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(connectors.__path__))
    return {name: _connector_in(name) for name in names}


def get(slug: str) -> type[Connector]:
    """The connector of vendor `slug`, or of partners' webhooks; where its file is gone, one that says so."""
    return PartnerWebhook if slug == PartnerWebhook.slug else vendors().get(slug) or removed(slug)


def waits_for(slug: str) -> str:
    """Why a record waits that goes after its lead to vendor `slug`."""
    return f"Waiting until {get(slug).label} knows the lead."


def choices() -> list[tuple[str, str]]:
    """Vendors for a field's choices. The callable itself goes into the field, so no migration lists vendors."""
    named = [(slug, connector.label) for slug, connector in vendors().items()]
    return [*named, (PartnerWebhook.slug, PartnerWebhook.label)]
