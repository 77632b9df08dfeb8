"""The core app."""

from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.db.models.signals import post_migrate, pre_migrate

from leadops.languages import kept, labels


class LeadopsConfig(AppConfig):
    name = "leadops"
    verbose_name = "Lending"

    def ready(self) -> None:
        kept.by_thread()
        from leadops.services import approvals
        from leadops.services.approvals import (
            api_keys,
            bank_accounts,
            grants,
            imports,
            partners,
            passwords,
            pushes,
        )

        approvals.register(pushes.Push, imports.Import, bank_accounts.BankChange)
        approvals.register(partners.NewPartner, partners.MoreForPartner)
        approvals.register(api_keys.NewKey, api_keys.KeyRotation, api_keys.MoreForKey)
        approvals.register(grants.Grant, grants.GroupRights, passwords.NewPassword)
        from leadops import checks  # noqa: F401  (it registers)
        from leadops.audit import acting, sign_ins, task_signals  # noqa: F401  (they register)

        acting.follow_connections()
        pre_migrate.connect(before_migrating, sender=self)
        post_migrate.connect(after_migrating, sender=self)
        from leadops.admin import labels as admin_labels

        labels.speak(self)
        admin_labels.speak(admin.site)


def before_migrating(plan: Any, **_: Any) -> None:
    """Audited columns can't be changed under their triggers."""
    from leadops.audit import triggers

    triggers.step_aside(plan)


def after_migrating(**_: Any) -> None:
    """A fresh database is audited from its first row on."""
    from leadops.audit import months, triggers

    months.make_ahead()
    triggers.install()
