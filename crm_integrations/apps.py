"""The integrations app."""

from django.apps import AppConfig


class CrmIntegrationsConfig(AppConfig):
    name = "crm_integrations"
    verbose_name = "Vendors"

    def ready(self) -> None:
        from crm_integrations import checks, receivers, registry  # noqa: F401  (checks and receivers register)
        from leadops.validation import declare_extra

        for slug, connector in registry.vendors().items():
            declare_extra(slug, {field.name: field.kind for field in connector.extra_fields})
