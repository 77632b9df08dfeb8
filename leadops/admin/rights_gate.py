"""Holds up what the forms of officers and groups would give; what they take away is taken at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.http import HttpRequest
from django.shortcuts import redirect
from unfold.forms import AdminPasswordChangeForm

from leadops.admin.gates import HeldUp, Holding, drop_changed, held
from leadops.models import Officer
from leadops.services import approvals
from leadops.services.approvals import Data, grants, passwords


class HoldsGrants(Holding):
    """Mixed into the admin of officers."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change and approvals.needed():
            stored = Officer.objects.get(pk=obj.pk)
            form.gains = grants.gains(stored, form.cleaned_data)
            _put_back(form, obj, stored)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if gains := getattr(form, "gains", None):
            self.hold(
                request, form.instance, grants.Grant.name, gains, Officer.objects.get(pk=form.instance.pk)
            )


def _put_back(form: Any, obj: Any, stored: Officer) -> None:
    gains: Data = form.gains
    for name in gains.keys() - grants.LISTS.keys() - {grants.NO_LONGER}:
        setattr(obj, name, getattr(stored, name))
    for name in gains.keys() & grants.LISTS.keys():
        more = {str(key) for key in gains[name]}
        form.cleaned_data[name] = [each for each in form.cleaned_data[name] if str(each.pk) not in more]
    freed: Data = gains.get(grants.NO_LONGER, {})
    for name, less in freed.items():
        kept = grants.LISTS[name]._base_manager.filter(pk__in=less)
        form.cleaned_data[name] = [*form.cleaned_data[name], *kept]
    drop_changed(form, [*gains, *freed])


class PasswordForm(AdminPasswordChangeForm):
    """Another officer's password: given, it waits for a second person; taken away, it is gone at once."""

    def save(self, commit: bool = True) -> Any:
        officer = super().save(commit=False)
        if approvals.needed() and officer.has_usable_password():
            raise HeldUp(passwords.NewPassword.name, {"password": officer.password})
        return super().save(commit)


class HoldsPasswords(Holding):
    """Mixed into the admin of officers."""

    change_password_form = PasswordForm

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """One's own is changed where the present one is asked for."""
        if id == str(request.user.pk):
            return redirect("admin:password_change")
        try:
            return super().user_change_password(request, id, form_url)
        except HeldUp as up:
            return held(request, up.kind, up.data, self.get_object(request, id))


class HoldsGroupRights(Holding):
    """Mixed into the admin of groups. A group that is made has nobody in it yet, so that is not held up."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        gains: Data = {}
        if change and approvals.needed():
            wanted = form.cleaned_data["permissions"]
            gains = grants.group_gains(form.instance, wanted)
        if gains:
            freed = gains.get(grants.NO_LONGER, {}).get("permissions", [])
            kept = Permission.objects.filter(pk__in=freed)
            stays = [each for each in wanted if each.pk not in gains.get("permissions", [])]
            form.cleaned_data["permissions"] = [*stays, *kept]
            drop_changed(form, ["permissions"])
        super().save_related(request, form, formsets, change)
        if gains:
            self.hold(request, form.instance, grants.GroupRights.name, gains, form.instance)
