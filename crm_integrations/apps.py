"""The integrations app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CrmIntegrationsConfig(AppConfig):
    name = "crm_integrations"
    verbose_name = "Vendors"

    def ready(self) -> None:
        from crm_integrations import approvals as vendors_approvals
        from crm_integrations import audited, checks, receivers, registry, reporting  # noqa: F401  (checks and receivers register)
        from crm_integrations import subscription_approvals as webhooks_approvals
        from crm_integrations.dialects import registry as dialects
        from leadops.languages import labels
        from leadops.services import approvals
        from leadops.validation import declare_extra

        approvals.register(
            vendors_approvals.ConnectionChange,
            vendors_approvals.NewConnection,
            vendors_approvals.ReplayStart,
            vendors_approvals.Doubt,
        )
        approvals.register(webhooks_approvals.NewSubscription, webhooks_approvals.SubscriptionChange)
        post_migrate.connect(make_partitions, sender=self)
        for slug, connector in registry.vendors().items():
            parts = {each.name: each.choices for each in connector.extra_fields if each.choices}
            declare_extra(slug, {each.name: each.kind for each in connector.extra_fields}, parts)
        dialects.declare()
        audited.declare()
        reporting.declare()
        labels.speak(self)


def make_partitions(**_: Any) -> None:
    """After every migrate, so that a fresh database is ready for its first call."""
    from crm_integrations import partitions

    partitions.make_ahead()
