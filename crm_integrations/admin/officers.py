"""What the integrations add to an officer's page: the role, chosen as one thing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from crm_integrations import roles
from leadops.admin.gates import drop_changed
from leadops.admin.officers import OfficerAdmin, OfficerForm
from leadops.languages.said import said
from leadops.models import Officer
from leadops.services.approvals.grants import NO_LONGER

admin.site.unregister(Officer)


def _choices() -> list[tuple[str, Any]]:
    return [
        ("", _("No role")),
        *((role.group, f"{said(role.group)}: {said(role.sees)}") for role in roles.ROLES.values()),
    ]


class RoleForm(OfficerForm):
    """It is shown to who may give rights, or ask for them."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=_choices,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_(
            "Its group gives the rights. Another role comes with its reach, unless you choose one below."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = roles.role_of(self.instance)


@admin.register(Officer)
class IntegratedOfficerAdmin(OfficerAdmin):
    list_display = ["username", "first_name", "last_name", "role_held", "reach", "is_active", "last_login"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and self.may_give_rights(request):
            kwargs["form"] = RoleForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        role = "role" if self.may_give_rights(request) else "role_held"
        about, *others = [each for each in fieldsets if each[0] != "Leads"]
        return [about, (_("Role"), {"fields": [role, "reach", "branches"]}), *others]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "role_held"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("Role"))
    def role_held(self, officer: Officer) -> str:
        if officer.is_superuser:
            return str(_("Superuser"))
        held = {group.name for group in officer.groups.all()}
        return ", ".join(role for role in roles.ROLES if role in held) or "–"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if isinstance(form, RoleForm) and "role" in form.changed_data:
            _take_apart(form)
        super().save_model(request, obj, form, change)
        gains = getattr(form, "gains", None) or {}
        if "groups" in gains or "groups" in gains.get(NO_LONGER, ()):
            drop_changed(form, ["role"])


def _take_apart(form: RoleForm) -> None:
    """Have the form say what the chosen role stands for, so that it waits as that does where it is chosen by itself."""
    wanted, role = form.cleaned_data, form.cleaned_data["role"]
    held = set(form.instance.groups.values_list("name", flat=True))
    wanted["groups"] = roles.groups_with(role, wanted["groups"])
    if role and role not in held:
        wanted["is_staff"] = form.instance.is_staff = True
        if "reach" not in form.changed_data:
            wanted["reach"] = form.instance.reach = roles.ROLES[role].reach
