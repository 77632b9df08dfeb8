"""Which dialects there are."""

from __future__ import annotations

from crm_integrations.dialects.brainysoft import Brainysoft
from crm_integrations.dialects.broctagon import Broctagon
from crm_integrations.dialects.dialect import Dialect
from crm_integrations.dialects.ispcrm import Ispcrm
from leadops.dialects import declare_dialect

DIALECTS: dict[str, Dialect] = {each.slug: each for each in (Brainysoft(), Broctagon(), Ispcrm())}


def declare() -> None:
    """Let the core make keys for them."""
    for dialect in DIALECTS.values():
        declare_dialect(dialect.slug, dialect.label, dialect.how)
