"""Partners, and the desk of each: its keys, its calls, how its leads fare."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from leadops.admin import partner_desk
from leadops.admin.gates import HeldUp, Holding, drop_changed
from leadops.admin.partner_desk import Score
from leadops.admin.partner_keys import KeyPages
from leadops.admin.scoped import Scoped
from leadops.admin.versions import SeenAdmin, SeenForm
from leadops.ids import uuid_in
from leadops.models import Partner
from leadops.services import approvals
from leadops.services.approvals import Data
from leadops.services.approvals.partners import MoreForPartner, NewPartner, gains, partner_of
from leadops.sign_in.sessions import officer_of


@admin.register(Partner)
class PartnerAdmin(Scoped, Holding, KeyPages, SeenAdmin, ModelAdmin):
    when_empty = (
        "Leads come from partners, also the lender's own branches: somebody who may set things up adds one."
    )
    form = SeenForm
    list_display = ["name", "code", "branch", "active", "test_of", "created_at"]
    list_select_related = ["test_of", "branch"]
    list_filter = ["active"]
    search_fields = ["name", "code"]
    fields = ["name", "code", "branch", "active", "calls_per_minute"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A partner is ended, not deleted; and the page that asks about it would list its leads."""
        return request.user.is_superuser and super().has_delete_permission(request, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "calls_per_minute":
            words = _("Calls that all its keys may make in a minute together; empty: %(count)s.")
            field.help_text = words % {"count": f"{settings.API_CALLS_PER_MINUTE:,}"}
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        return super().get_queryset(request).select_related("test_of")

    def save_model(self, request: HttpRequest, obj: Partner, form: Any, change: bool) -> None:
        if approvals.needed() and not change:
            raise HeldUp(NewPartner.name, partner_of(obj))
        more = _take_out_more(form) if approvals.needed() else {}
        super().save_model(request, obj, form, change)
        if more:
            self.hold(request, obj, MoreForPartner.name, more, Partner.objects.get(pk=obj.pk))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        shown_id = uuid_in(object_id) if request.method == "GET" else None
        partner = self.get_queryset(request).filter(pk=shown_id).first() if shown_id else None
        shown = self.desk(request, partner) if partner else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def desk(self, request: HttpRequest, partner: Partner) -> dict[str, Any]:
        """What the page shows beside the form, to this officer."""
        may_see = request.user.has_perm("leadops.view_apikey")
        counts = partner_desk.counts(partner) if may_see else None
        return {
            "may_make_keys": request.user.has_perm("leadops.add_apikey"),
            "may_change_keys": request.user.has_perm("leadops.change_apikey"),
            "days": partner_desk.DAYS,
            "scores": self.scores(request, partner, counts),
            "desk": partner_desk.shown(partner, counts or [])
            if may_see and not partner.is_test_space
            else None,
        }

    def scores(
        self, request: HttpRequest, partner: Partner, counts: list[dict[str, Any]] | None
    ) -> list[Score]:
        """The numbers of the card, to those who may see what is behind them; `counts` are None for who may not."""
        if not request.user.has_perm("leadops.view_lead"):
            return []
        return partner_desk.scores(partner, counts, officer_of(request))


def _take_out_more(form: Any) -> Data:
    """What the form says that needs a second person, taken out of what it stores."""
    stored = Partner.objects.get(pk=form.instance.pk)
    more = gains(stored, form.instance)
    for name in more:
        setattr(form.instance, name, getattr(stored, name))
    drop_changed(form, more)
    return more
