"""What the integrations add to the pages of leads and loan accounts, by Django's unregister, subclass, register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm_integrations.admin import lead_page, panel, sending, standing  # noqa: F401  (what is told registers itself)
from crm_integrations.admin.chips import TOLD_OF_CONNECTIONS, TOLD_OF_DELIVERIES, chips, lead_chips
from crm_integrations.admin.gap_filter import MissingFilter
from crm_integrations.admin.preview import Previewed
from crm_integrations.admin.steering import MAY_SEE, MAY_STEER, RETRY
from crm_integrations.connector import Kind
from crm_integrations.models import Connection, Delivery, Gap
from leadops.admin import chosen
from leadops.admin.gates import held
from leadops.admin.leads import LeadAdmin
from leadops.admin.loan_accounts import LoanAccountAdmin
from leadops.admin.markup import counted
from leadops.admin.page_urls import LEADS, page_url
from leadops.errors import LeadopsError
from leadops.kept_queries import Kept, read, read_together
from leadops.models import Lead, LoanAccount
from leadops.services import approvals, leads
from leadops.services.approvals import pushes
from leadops.sign_in.sessions import officer_of

admin.site.unregister(Lead)
admin.site.unregister(LoanAccount)


SENT = Kept(
    lambda leads: Delivery.objects.filter(kind=Kind.LEAD, lead__in=leads).only(*TOLD_OF_DELIVERIES), [UUID]
)
REACHED = Kept(
    lambda ids: Connection.objects.filter(pk__in=ids).select_related("health").only(*TOLD_OF_CONNECTIONS),
    [UUID],
)
MISSING = Kept(
    lambda leads: (
        Gap.objects.filter(connection__enabled=True, lead__in=leads)
        .select_related("connection")
        .only("lead_id", "field", "message", "connection__name")
    ),
    [UUID],
)


@admin.register(Lead)
class IntegratedLeadAdmin(Previewed, LeadAdmin):
    list_display = [*LeadAdmin.list_display[:-1], "connections", "age"]
    list_filter = [*LeadAdmin.list_filter, MissingFilter]
    preview_kind = Kind.LEAD
    actions = [*LeadAdmin.actions, "send_selected", "retry_selected"]

    class Media:
        js = ["leadops/deliveries.js"]

    def for_list(self, ids: Sequence[UUID]) -> list[Any]:
        page = super().for_list(ids)
        sent, missing = read_together(SENT(list(ids)), MISSING(list(ids)))
        reached = read(REACHED(list({each.connection_id for each in sent})))
        connections = {each.pk: each for each in reached}
        told: dict[UUID, list[Delivery]] = defaultdict(list)
        for delivery in sent:
            delivery.connection = connections[delivery.connection_id]
            told[delivery.lead_id].append(delivery)
        gaps: dict[UUID, list[Gap]] = defaultdict(list)
        for gap in missing:
            gaps[gap.lead_id].append(gap)
        for lead in page:
            lead.sent, lead.missing = told[lead.pk], gaps[lead.pk]
        return page

    @admin.display(description="Deliveries")
    def connections(self, lead: Any) -> SafeString:
        return lead_chips(lead, lead.sent, lead.missing)

    def panels(self, request: HttpRequest, lead: Lead) -> list[SafeString]:
        may_see = request.user.has_perm(MAY_SEE)
        return [*super().panels(request, lead), *([panel.of_lead(request, lead)] if may_see else [])]

    def why(self, request: HttpRequest, lead: Lead) -> str:
        return standing.why_of_lead(lead) if request.user.has_perm(MAY_SEE) else super().why(request, lead)

    def connection_chips(self, request: HttpRequest, lead: Lead) -> list[SafeString]:
        return standing.standing_of(lead).chips if request.user.has_perm(MAY_SEE) else []

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Who may retry."""
        return request.user.has_perm(MAY_STEER)

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Who may say where a lead goes, which changes the lead."""
        return self.has_steer_permission(request) and self.has_change_permission(request)

    @admin.action(description="Send to…", permissions=["send"])
    def send_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return HttpResponseRedirect(chosen.url_of("admin:leadops_lead_send", "lead", queryset))

    @admin.action(description="Retry deliveries…", permissions=["steer"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return HttpResponseRedirect(chosen.url_of(RETRY, "lead", queryset))

    def get_urls(self) -> list[URLPattern]:
        own = [path("send/", self.admin_site.admin_view(self.send_view), name="leadops_lead_send")]
        return own + super().get_urls()

    def send_view(self, request: HttpRequest) -> HttpResponse:
        """Choose the connections for the leads in the URL, and send."""
        if not self.has_send_permission(request) or not self.has_submit_permission(request):
            raise PermissionDenied
        if not (chosen := sending.chosen_leads(request)):
            raise Http404
        found = sending.prospects(chosen)
        officer = officer_of(request)
        form = sending.SendForm(found, request.POST if request.method == "POST" else None)
        if form.is_valid() and approvals.needed_over("push", len(chosen)):
            names = {each.connection.pk: each.connection.name for each in found}
            return held(request, "push", pushes.push_of(chosen, [(key, names[key]) for key in form.chosen()]))
        if form.is_valid():
            try:
                self.tell_sent(request, chosen, leads.submit(chosen, form.chosen(), by=officer))
            except LeadopsError as refusal:
                self.message_user(request, refusal.shown, messages.ERROR)
            back = page_url(Lead, chosen[0].pk) if len(chosen) == 1 else reverse(LEADS)
            return HttpResponseRedirect(back)
        what = chosen[0] if len(chosen) == 1 else counted(len(chosen), Lead)
        title = _("Send %(what)s to…") % {"what": what}
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        context |= {"leads": chosen, "prospects": found, "form": form}
        return TemplateResponse(request, "admin/crm_integrations/send.html", context)


@admin.register(LoanAccount)
class IntegratedLoanAccountAdmin(Previewed, LoanAccountAdmin):
    list_display = [*LoanAccountAdmin.list_display[:-1], "connections", "created_at"]
    preview_kind = Kind.LOAN_ACCOUNT

    class Media:
        js = ["leadops/deliveries.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoanAccount]:
        sent = Delivery.objects.select_related("connection__health")
        return super().get_queryset(request).prefetch_related(Prefetch("deliveries", sent, to_attr="sent"))

    @admin.display(description="Deliveries")
    def connections(self, account: Any) -> SafeString:
        return chips(account.sent)

    def panels(self, request: HttpRequest, account: LoanAccount) -> list[SafeString]:
        may_see = request.user.has_perm(MAY_SEE)
        return [*super().panels(request, account), *([panel.of_account(request, account)] if may_see else [])]
