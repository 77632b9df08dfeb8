"""The integrations app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CrmIntegrationsConfig(AppConfig):
    name = "crm_integrations"
    verbose_name = "Vendors"

    def ready(self) -> None:
        from crm_integrations import checks, receivers, registry  # noqa: F401  (checks and receivers register)
        from crm_integrations.dialects import registry as dialects
        from leadops.validation import declare_extra

        post_migrate.connect(make_partitions, sender=self)
        for slug, connector in registry.vendors().items():
            parts = {each.name: each.choices for each in connector.extra_fields if each.choices}
            declare_extra(slug, {each.name: each.kind for each in connector.extra_fields}, parts)
        dialects.declare()


def make_partitions(**_: Any) -> None:
    """After every migrate, so that a fresh database is ready for its first call."""
    from crm_integrations import partitions

    partitions.make_ahead()
