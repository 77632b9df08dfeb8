"""Officers and their groups."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from leadops.admin.versions import SeenAdmin, SeenForm
from leadops.models import Officer

admin.site.unregister(Group)


class OfficerCreationForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = Officer


class OfficerForm(SeenForm, UserChangeForm):
    """An officer's own page."""


@admin.register(Officer)
class OfficerAdmin(SeenAdmin, UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    form = OfficerForm
    add_form = OfficerCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "email", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    autocomplete_fields = ["groups"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only a superuser gives rights: whoever may edit officers can't raise their own or another's."""
        rights = ["is_superuser", "is_staff", "groups", "user_permissions"]
        return ["last_login", "date_joined", *([] if request.user.is_superuser else rights)]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        mine_to_change = obj is None or request.user.is_superuser or not obj.is_superuser
        return mine_to_change and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An officer is deactivated, not deleted: the history of what they did would go with them."""
        return False


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass
