"""What the integrations add to the page of a partner: where its events go, and what is wrong with that."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string

from crm_integrations.admin.subscriptions import MAY_ADD, in_words, state_of
from crm_integrations.models import Subscription
from leadops.admin.partners import PartnerAdmin
from leadops.ids import uuid_in
from leadops.models import Partner

admin.site.unregister(Partner)


@admin.register(Partner)
class IntegratedPartnerAdmin(PartnerAdmin):
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        key = uuid_in(object_id) if request.method == "GET" else None
        more = dict(extra_context or {})
        if key and request.user.has_perm("crm_integrations.view_subscription"):
            found = Subscription.objects.kept().filter(partner=key).select_related("connection")
            shown = [{"one": each, "state": state_of(each), "told": in_words(each)} for each in found]
            context = {"subscriptions": shown, "partner": key, "may_add": request.user.has_perm(MAY_ADD)}
            panel = render_to_string("admin/crm_integrations/subscription/of_partner.html", context)
            more["panels"] = [*more.get("panels", []), panel]
        return super().change_view(request, object_id, form_url, more)
