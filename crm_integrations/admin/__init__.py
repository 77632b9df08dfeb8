"""The officer's desk for deliveries and connections, and what it adds to the pages of leads and loan accounts."""

from crm_integrations.admin import (
    connections,
    deliveries,
    exchanges,
    import_rows,
    inbound,
    notices,
    officers,
    partners,
    reconciliations,
    records,
    replays,
    search,
    subscriptions,
)

__all__ = [
    "connections",
    "deliveries",
    "exchanges",
    "import_rows",
    "inbound",
    "notices",
    "officers",
    "partners",
    "reconciliations",
    "records",
    "replays",
    "search",
    "subscriptions",
]
