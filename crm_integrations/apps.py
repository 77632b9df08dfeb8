"""The integrations app."""

from django.apps import AppConfig


class CrmIntegrationsConfig(AppConfig):
    name = "crm_integrations"
    verbose_name = "Integrations"

    def ready(self) -> None:
        from crm_integrations import checks, receivers  # noqa: F401  (registers checks and receivers)
