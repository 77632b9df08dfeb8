"""Every address of the product; those of the integrations are named as a string, because the core knows them not."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from leadops.api.problems import unknown_address

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("v1/", include("leadops.api.urls")),
    path("v1/", include("crm_integrations.urls")),
    path("", include("crm_integrations.dialects.urls")),
    # Last, so that whatever leads nowhere under /v1/, an address with a line's end in it too, is answered in the API's
    # own shape.
    re_path(r"^v1(?:/[\s\S]*)?$", unknown_address),
]
