"""What the integrations add to a partner's page: what vendors said to its leads and how soon, where its events go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from crm_integrations.admin.steering import DELIVERIES, MAY_SEE
from crm_integrations.admin.subscriptions import MAY_ADD, state_of
from crm_integrations.admin.subscriptions import in_words as told_of
from crm_integrations.connector import Kind
from crm_integrations.models import Delivery, State, Subscription
from leadops import statements
from leadops.admin.page_urls import list_url
from leadops.admin.pages import capped_counts
from leadops.admin.partner_desk import Score, first_day, leads_url
from leadops.admin.partners import PartnerAdmin
from leadops.admin.scoped import seen
from leadops.ids import first_id_at, midnight, uuid_in
from leadops.models import Lead, Officer, Partner
from leadops.sign_in.sessions import officer_of

NEWEST = 200
# From a lead's arrival to the first word of any vendor about it, of the newest leads only: each is looked up by itself.
FIRST_ANSWER = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM answered.at - l.created_at)), count(answered.at)
FROM ({newest}) l CROSS JOIN LATERAL (
    SELECT min(e.finished_at) AS at FROM crm_integrations_delivery d
    JOIN crm_integrations_exchange e ON e.delivery_id = d.id
    WHERE d.lead_id = l.id AND e.purpose = 'create' AND e.status IS NOT NULL
) answered
WHERE answered.at IS NOT NULL
"""

admin.site.unregister(Partner)


@admin.register(Partner)
class IntegratedPartnerAdmin(PartnerAdmin):
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        key = uuid_in(object_id) if request.method == "GET" else None
        more = dict(extra_context or {})
        if key and request.user.has_perm("crm_integrations.view_subscription"):
            found = (
                seen(Subscription.objects.kept(), request).filter(partner=key).select_related("connection")
            )
            shown = [{"one": each, "state": state_of(each), "told": told_of(each)} for each in found]
            context = {"subscriptions": shown, "partner": key, "may_add": request.user.has_perm(MAY_ADD)}
            panel = render_to_string("admin/crm_integrations/subscription/of_partner.html", context)
            more["panels"] = [*more.get("panels", []), panel]
        return super().change_view(request, object_id, form_url, more)

    def scores(
        self, request: HttpRequest, partner: Partner, counts: list[dict[str, Any]] | None
    ) -> list[Score]:
        own = super().scores(request, partner, counts)
        if not own or not request.user.has_perm(MAY_SEE):
            return own
        return [*own, *_answers(partner, officer_of(request))]


def _answers(partner: Partner, officer: Officer) -> list[Score]:
    since = first_id_at(midnight(first_day()))
    sent = Delivery.objects.visible_to(officer).filter(
        kind=Kind.LEAD, lead__partner=partner, lead_id__gte=since
    )
    found = capped_counts(
        {
            "answered": sent.filter(state__in=(State.DELIVERED, State.REJECTED)),
            "refused": sent.filter(state=State.REJECTED),
        }
    )
    refused = list_url(
        DELIVERIES,
        kind__exact=Kind.LEAD.value,
        lead__partner__id__exact=partner.pk,
        state__exact=State.REJECTED.value,
        lead__gte=since,
    )
    median, leads = _first_answer(Lead.objects.visible_to(officer).filter(partner=partner, pk__gte=since))
    return [
        Score(_("Refused by vendors"), found["refused"], refused, found["answered"]),
        Score(_("To the first answer"), None, leads_url(partner), told=_in_words(median), note=_of(leads)),
    ]


def _first_answer(leads: QuerySet[Lead]) -> tuple[float | None, int]:
    """In how many seconds half of the newest of `leads` were answered, and how many were answered at all."""
    newest = leads.order_by("-pk").values("id", "created_at")[:NEWEST]
    try:
        sql, values = newest.query.sql_with_params()
    except EmptyResultSet:
        return None, 0
    [(median, answered)] = statements.rows(FIRST_ANSWER.format(newest=sql), list(values))
    return median, answered


def _in_words(seconds: float | None) -> str:
    """A duration as people say it: `–` where nothing was answered."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return _("%(seconds)s s") % {
            "seconds": f"{max(seconds, 0):.1f}"
        }  # two clocks tell the two ends of it
    whole = timedelta(seconds=round(seconds))
    hours, minutes = divmod(whole.seconds // 60, 60)
    if whole.days:
        return _("%(days)s d %(hours)s h") % {"days": whole.days, "hours": hours}
    told = {"hours": hours, "minutes": minutes}
    return (_("%(hours)s h %(minutes)s min") if hours else _("%(minutes)s min")) % told


def _of(leads: int) -> str:
    return (
        _("half of %(leads)s leads within") % {"leads": leads} if leads else _("no vendor has answered yet")
    )
