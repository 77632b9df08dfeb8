"""Officers and their groups."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserChangeForm, UserCreationForm

from leadops.admin.autocompleted import Autocompleted
from leadops.admin.rights_gate import HoldsGrants, HoldsGroupRights, HoldsPasswords
from leadops.admin.rights_in_words import RightsInWords
from leadops.admin.scoped import Scoped
from leadops.admin.versions import SeenAdmin, SeenForm
from leadops.models import Officer
from leadops.services import approvals, second_factor
from leadops.sign_in import lockouts
from leadops.sign_in.fresh import fresh_factor

admin.site.unregister(Group)


class OfficerCreationForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = Officer


class OfficerForm(SeenForm, UserChangeForm):
    """An officer's own page."""


@admin.register(Officer)
class OfficerAdmin(Autocompleted, Scoped, HoldsGrants, HoldsPasswords, SeenAdmin, UserAdmin, RightsInWords):  # type: ignore[type-arg]  # generic in the stubs alone
    when_empty = "Add the people who work here."
    form = OfficerForm
    add_form = OfficerCreationForm
    rights = "user_permissions"
    actions = ["lift_lock_outs", "reset_second_factors"]
    list_display = [
        "username",
        "first_name",
        "last_name",
        "email",
        "is_active",
        "is_superuser",
        "last_login",
        "factor_since",
    ]
    list_filter = ["is_active", "is_superuser"]
    autocomplete_fields = ["groups", "branches"]
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("Leads", {"fields": ["reach", "branches"]}),
        (_("Signing in"), {"fields": ["factor_since"]}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may edit officers can't raise their own or another's rights by themselves."""
        rights = ["is_staff", "groups", "user_permissions", "reach", "branches"]
        closed = [] if request.user.is_superuser else ["is_superuser"]
        closed += [] if self.may_give_rights(request) else rights
        return ["last_login", "date_joined", "factor_since", *closed]

    def may_give_rights(self, request: HttpRequest) -> bool:
        """A superuser; where a second person decides, who may edit officers asks for rights as well."""
        return request.user.is_superuser or (
            approvals.needed() and request.user.has_perm("leadops.change_officer")
        )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the mark that takes all out at once: it is no entry, and stands within the list of them."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name in self.autocomplete_fields and field is not None:
            field.widget.is_required = True
        return field

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        mine_to_change = obj is None or request.user.is_superuser or not obj.is_superuser
        return mine_to_change and super().has_change_permission(request, obj)

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leadops.reset_sign_in")

    @admin.action(description=_("Lift lock-outs"), permissions=["reset"])
    def lift_lock_outs(self, request: HttpRequest, queryset: QuerySet[Officer]) -> None:
        for officer in self._not_above(request, queryset):
            lockouts.lift(officer.get_username())
            self.log_change(request, officer, "Lifted the lock-out.")
            self.message_user(request, _("%s may try to sign in again.") % officer, messages.SUCCESS)

    @admin.action(description=_("Reset second factors"), permissions=["reset"])
    def reset_second_factors(self, request: HttpRequest, queryset: QuerySet[Officer]) -> None:
        """For a lost phone; one's own is changed under “Second factor”, with a code."""
        for officer in self._not_above(request, queryset):
            if officer == request.user:
                continue
            second_factor.reset(officer)
            self.log_change(request, officer, "Reset the second factor.")
            said = _("%s enrols a phone anew at the next sign-in; their sessions have ended.") % officer
            self.message_user(request, said, messages.SUCCESS)

    def _not_above(self, request: HttpRequest, officers: QuerySet[Officer]) -> list[Officer]:
        """Those of `officers` that this one may do something to: a superuser is a superuser's to touch."""
        return [each for each in officers if request.user.is_superuser or not each.is_superuser]

    @method_decorator(fresh_factor)
    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changelist_view(request, *args, **kwargs)

    @method_decorator(fresh_factor)
    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().user_change_password(request, *args, **kwargs)

    @method_decorator(fresh_factor)
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An officer is deactivated, not deleted: the history of what they did would go with them."""
        return False


@admin.register(Group)
class GroupAdmin(HoldsGroupRights, SeenAdmin, DjangoGroupAdmin, RightsInWords):
    form = SeenForm
    fields = ["name", "permissions"]
    when_empty = "Groups are made by `manage.py roles`, each with the rights of a role."

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A group with officers in it stays: what it narrows would be wide, and nobody would have approved it."""
        peopled = obj is not None and obj.user_set.exists()
        return not peopled and super().has_delete_permission(request, obj)
