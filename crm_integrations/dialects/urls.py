"""The addresses of the dialects, which are the vendors' own."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from crm_integrations.dialects.brainysoft.login import LoginView
from crm_integrations.dialects.registry import DIALECTS
from crm_integrations.dialects.views import CreateLeadView, UnknownAddressView

urlpatterns: list[URLPattern] = [
    *(
        path(each.path, CreateLeadView.as_view(dialect=each), name=f"dialect-{each.slug}")
        for each in DIALECTS.values()
    ),
    path(
        "bs-core/main/login",
        LoginView.as_view(dialect=DIALECTS["brainysoft"]),
        name="dialect-brainysoft-login",
    ),
    *(re_path(f"^{each.prefix}", UnknownAddressView.as_view(dialect=each)) for each in DIALECTS.values()),
]
