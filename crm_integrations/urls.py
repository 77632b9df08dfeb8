"""The addresses of the integrations, under /v1/."""

from __future__ import annotations

from django.urls import path

from crm_integrations.api import LeadDeliveriesView, LeadReadinessView
from crm_integrations.webhooks import receive

urlpatterns = [
    path("crm/leads/<uuid:lead_id>/deliveries/", LeadDeliveriesView.as_view(), name="lead-deliveries"),
    path("crm/leads/<uuid:lead_id>/readiness/", LeadReadinessView.as_view(), name="lead-readiness"),
    path("webhooks/<uuid:connection_id>/", receive, name="webhook"),
]
