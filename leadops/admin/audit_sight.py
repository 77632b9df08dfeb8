"""Which events of the audit the pages of records tell an officer: those about what they may see."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.db.models import Model, Q
from django.http import HttpRequest

from leadops.models import AuditEvent

REVEALS = "leadops.reveal"
TOLD_WITH_THEIR_RECORD = {
    f"leadops.{name}"
    for name in (
        *("authenticator", "bankverification", "columnmapping", "documentevent", "duplicate", "leadmerge"),
        *("leadnumber", "merge", "note", "recoverycode", "reportsubscription", "savedview", "statusstep"),
    )
}
"""Models that no role has a right of its own to: who sees the record that they belong to is told of them."""


def unseen_by(request: HttpRequest, among: Collection[str] = ()) -> frozenset[str]:
    """The labels of the models that the officer may not see, of all or of these; that of reveals is the act, too."""
    models = _models()
    asked = among or models.keys() - TOLD_WITH_THEIR_RECORD
    return frozenset(label for label in asked if not _may_see(request, models[label]))


def seen_without(unseen: frozenset[str]) -> Q:
    """The events that are left where nothing of these models is told."""
    seen = ~Q(model__in=sorted(unseen)) if unseen else Q()
    return seen & ~Q(action=AuditEvent.Action.REVEALED) if REVEALS in unseen else seen


@cache
def _models() -> dict[str, type[Model]]:
    """By label, whose right each asks for: the rows of a link are seen with what they link."""
    models = apps.get_models(include_auto_created=True)
    return {each._meta.label_lower: cast(Any, each._meta.auto_created) or each for each in models}


def _may_see(request: HttpRequest, model: type[Model]) -> bool:
    if (page := admin.site._registry.get(model)) is not None:
        return page.has_view_permission(request)
    options = model._meta
    return request.user.has_perm(f"{options.app_label}.{get_permission_codename('view', options)}")
