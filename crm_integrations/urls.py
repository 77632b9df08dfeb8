"""The addresses of the integrations, under /v1/."""

from __future__ import annotations

from django.urls import path

from crm_integrations.api import LeadDeliveriesView, LeadReadinessView
from crm_integrations.bank_checks_api import VerifyBankView
from crm_integrations.service_accounts_api import SendToServiceView, ServiceAccountsView
from crm_integrations.webhooks import receive

urlpatterns = [
    path("crm/leads/<uuid:lead_id>/deliveries/", LeadDeliveriesView.as_view(), name="lead-deliveries"),
    path("crm/leads/<uuid:lead_id>/readiness/", LeadReadinessView.as_view(), name="lead-readiness"),
    path(
        "crm/leads/<uuid:lead_id>/service_accounts/",
        ServiceAccountsView.as_view(),
        name="lead-service-accounts",
    ),
    path(
        "crm/leads/<uuid:lead_id>/send_to_service/", SendToServiceView.as_view(), name="lead-send-to-service"
    ),
    path("crm/banks/<uuid:bank_id>/verify/", VerifyBankView.as_view(), name="bank-verify"),
    path("webhooks/<uuid:connection_id>/", receive, name="webhook"),
]
