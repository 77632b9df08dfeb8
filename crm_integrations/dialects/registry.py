"""Which dialects there are."""

from __future__ import annotations

from crm_integrations.dialects.brainysoft import Brainysoft
from crm_integrations.dialects.broctagon import Broctagon
from crm_integrations.dialects.dialect import Dialect
from crm_integrations.dialects.ispcrm import Ispcrm
from leadops.dialects import declare_dialect
from leadops.validation import declare_long_numbers

DIALECTS: dict[str, Dialect] = {each.slug: each for each in (Brainysoft(), Broctagon(), Ispcrm())}


def declare() -> None:
    """Let the core make keys for them, and take their long numbers for what they are."""
    for dialect in DIALECTS.values():
        declare_long_numbers(dialect.slug, dialect.long_numbers)
        declare_dialect(dialect.slug, dialect.label, dialect.how)
