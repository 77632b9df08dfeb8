"""The panel "Deliveries": per connection where the record stands, and every HTTP call it took."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from crm_integrations import following
from crm_integrations.admin.standing import (
    Row,
    rows_of,
    standing_of,
    taking_accounts,
    told_of,
    why_of_lead,
)
from crm_integrations.admin.steering import MAY_STEER
from crm_integrations.models import UNFINISHED, Connection, Delivery
from leadops.models import Lead, LoanAccount

SOON = timedelta(minutes=10)


def of_lead(request: HttpRequest, lead: Lead) -> SafeString:
    """The panel of a lead: what every vendor said of it, and of its loan accounts."""
    standing = standing_of(lead)
    url = reverse("admin:crm_integrations_delivery_panel", args=["lead", lead.pk])
    more: dict[str, Any] = {"lead": lead}
    if request.user.has_perm("leadops.change_lead"):
        more |= {"send_url": reverse("admin:leadops_lead_send") + f"?lead={lead.pk}"}
    if standing.without_account:
        known = getattr(lead, "accounts", None)
        has_accounts = lead.loan_accounts.exists() if known is None else bool(known)
        more |= {"without_account": standing.without_account, "has_accounts": has_accounts}
    return _rendered(request, standing.rows, url, more)


def of_lead_again(request: HttpRequest, lead: Lead) -> SafeString:
    """The panel for a page that has it already, with what the top of that page tells now."""
    told = {"why": why_of_lead(lead), "chips": standing_of(lead).chips}
    return of_lead(request, lead) + render_to_string("admin/crm_integrations/standing.html", told)


def of_account(request: HttpRequest, account: LoanAccount) -> SafeString:
    """The panel of a loan account's deliveries."""
    url = reverse("admin:crm_integrations_delivery_panel", args=["account", account.pk])
    rows = rows_of(told_of(account.deliveries.all()))
    reached = {row.connection.pk for row in rows}
    enabled = Connection.objects.filter(enabled=True)
    taking = taking_accounts(enabled, in_test_space=account.in_test_space)
    rows += [Row(each, account.lead_id, account) for each in taking if each.pk not in reached]
    return _rendered(request, rows, url, {"account": account})


def of_delivery(request: HttpRequest, delivery: Delivery) -> SafeString:
    """The panel of one delivery alone."""
    url = reverse("admin:crm_integrations_delivery_panel", args=["delivery", delivery.pk])
    return _rendered(request, rows_of(told_of(Delivery.objects.filter(pk=delivery.pk))), url, {})


def _rendered(request: HttpRequest, rows: list[Row], url: str, more: dict[str, Any]) -> SafeString:
    ordered = sorted(rows, key=lambda row: (row.sent is None, row.connection.name, row.part))
    context = {
        "rows": ordered,
        "url": url,
        "live": any(row.sent and _moves_soon(row.sent.delivery) for row in ordered),
        "may_change": request.user.has_perm(MAY_STEER),
        **more,
    }
    return render_to_string("admin/crm_integrations/deliveries_panel.html", context, request)


def _moves_soon(delivery: Delivery) -> bool:
    """Whether it is worth looking again in two seconds."""
    now = timezone.now()
    if delivery.connection.paused:
        return False
    if delivery.ask_at is not None:  # while the vendor is asked, it is set past the end of the call
        return now - SOON < delivery.ask_at < now + timedelta(seconds=following.LONGEST_ASKING)
    if delivery.state not in UNFINISHED:
        return False
    return delivery.due_at < now + SOON and delivery.updated_at > now - SOON
