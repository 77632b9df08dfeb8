"""The addresses of the partner API, under /v1/."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from leadops.api.borrower_tokens import BorrowerTokenView
from leadops.api.documents import ChecklistView, DocumentDownloadView, DocumentsView, DocumentView
from leadops.api.exports import DownloadExcelView
from leadops.api.health import HealthView
from leadops.api.imports import CancelView, ImportRowsView, ImportsView, ImportView, StartView
from leadops.api.leads import LeadsView, LeadView
from leadops.api.loan_accounts import AccountsView, AccountView

urlpatterns = [
    path("crm/leads/", LeadsView.as_view(), name="leads"),
    path("crm/leads/download_excel/", DownloadExcelView.as_view(), name="leads-download-excel"),
    path("crm/leads/import/", ImportsView.as_view(), name="imports"),
    path("crm/leads/import/<uuid:import_id>/", ImportView.as_view(), name="import"),
    path("crm/leads/import/<uuid:import_id>/rows/", ImportRowsView.as_view(), name="import-rows"),
    path("crm/leads/import/<uuid:import_id>/start/", StartView.as_view(), name="import-start"),
    path("crm/leads/import/<uuid:import_id>/cancel/", CancelView.as_view(), name="import-cancel"),
    path("crm/leads/<uuid:lead_id>/", LeadView.as_view(), name="lead"),
    path("crm/borrower_token/", BorrowerTokenView.as_view(), name="borrower-token"),
    path("crm/leads/<uuid:lead_id>/checklist/", ChecklistView.as_view(), name="lead-checklist"),
    path("crm/documents/", DocumentsView.as_view(), name="documents"),
    path("crm/documents/<uuid:document_id>/", DocumentView.as_view(), name="document"),
    path(
        "crm/documents/<uuid:document_id>/download/", DocumentDownloadView.as_view(), name="document-download"
    ),
    path("crm/health/", HealthView.as_view(), name="health"),
    path("los/accounts/", AccountsView.as_view(), name="loan-accounts"),
    path("los/accounts/<uuid:account_id>/", AccountView.as_view(), name="loan-account"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]
