"""The addresses of the integrations, under /v1/."""

from __future__ import annotations

from django.urls import path

from crm_integrations.api import LeadDeliveriesView, LeadReadinessView
from crm_integrations.event_api import (
    EventsView,
    ReplayView,
    RotateSecretView,
    SubscriptionsView,
    SubscriptionView,
    TestEventView,
)
from crm_integrations.webhooks import receive

urlpatterns = [
    path("crm/leads/<uuid:lead_id>/deliveries/", LeadDeliveriesView.as_view(), name="lead-deliveries"),
    path("crm/leads/<uuid:lead_id>/readiness/", LeadReadinessView.as_view(), name="lead-readiness"),
    path("events/", EventsView.as_view(), name="events"),
    path("events/subscriptions/", SubscriptionsView.as_view(), name="subscriptions"),
    path("events/subscriptions/<uuid:subscription_id>/", SubscriptionView.as_view(), name="subscription"),
    path(
        "events/subscriptions/<uuid:subscription_id>/rotate_secret/",
        RotateSecretView.as_view(),
        name="subscription-rotate-secret",
    ),
    path(
        "events/subscriptions/<uuid:subscription_id>/test/",
        TestEventView.as_view(),
        name="subscription-test",
    ),
    path(
        "events/subscriptions/<uuid:subscription_id>/replay/",
        ReplayView.as_view(),
        name="subscription-replay",
    ),
    path("webhooks/<uuid:connection_id>/", receive, name="webhook"),
]
