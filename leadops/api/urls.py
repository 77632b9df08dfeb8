"""The addresses of the partner API, under /v1/."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from leadops.api.addresses import AddressesOfApplicantView, AddressesView, AddressView
from leadops.api.applicants import ApplicantsView, ApplicantView, MarkPrimaryView
from leadops.api.banks import BanksOfApplicantView, BanksView, BankView
from leadops.api.borrower_tokens import BorrowerTokenView
from leadops.api.bulk_leads import BulkLeadsView
from leadops.api.documents import ChecklistView, DocumentDownloadView, DocumentsView, DocumentView
from leadops.api.exports import DownloadExcelView
from leadops.api.health import HealthView
from leadops.api.imports import CancelView, CheckView, ImportRowsView, ImportsView, ImportView, StartView
from leadops.api.lead_programs import LeadProgramsView
from leadops.api.leads import LeadsView, LeadView
from leadops.api.loan_accounts import AccountsView, AccountView
from leadops.api.look_ups import IfscView, PincodeView

urlpatterns = [
    path("crm/leads/", LeadsView.as_view(), name="leads"),
    path("crm/leads/bulk/", BulkLeadsView.as_view(), name="leads-bulk"),
    path("crm/leads/download_excel/", DownloadExcelView.as_view(), name="leads-download-excel"),
    path("crm/leads/import/", ImportsView.as_view(), name="imports"),
    path("crm/leads/import/<uuid:import_id>/", ImportView.as_view(), name="import"),
    path("crm/leads/import/<uuid:import_id>/rows/", ImportRowsView.as_view(), name="import-rows"),
    path("crm/leads/import/<uuid:import_id>/start/", StartView.as_view(), name="import-start"),
    path("crm/leads/import/<uuid:import_id>/check/", CheckView.as_view(), name="import-check"),
    path("crm/leads/import/<uuid:import_id>/cancel/", CancelView.as_view(), name="import-cancel"),
    path("crm/leads/<uuid:lead_id>/", LeadView.as_view(), name="lead"),
    path("crm/borrower_token/", BorrowerTokenView.as_view(), name="borrower-token"),
    path("crm/leads/<uuid:lead_id>/programs/", LeadProgramsView.as_view(), name="lead-programs"),
    path("crm/applicants/", ApplicantsView.as_view(), name="applicants"),
    path("crm/applicants/<uuid:applicant_id>/", ApplicantView.as_view(), name="applicant"),
    path("crm/applicants/<uuid:applicant_id>/mark_primary/", MarkPrimaryView.as_view(), name="mark-primary"),
    path(
        "crm/applicants/<uuid:applicant_id>/addresses/",
        AddressesOfApplicantView.as_view(),
        name="applicant-addresses",
    ),
    path("crm/applicants/<uuid:applicant_id>/banks/", BanksOfApplicantView.as_view(), name="applicant-banks"),
    path("crm/addresses/", AddressesView.as_view(), name="addresses"),
    path("crm/addresses/<uuid:address_id>/", AddressView.as_view(), name="address"),
    path("crm/addresses/pincode/<str:pincode>/", PincodeView.as_view(), name="pincode"),
    path("crm/banks/", BanksView.as_view(), name="banks"),
    path("crm/banks/<uuid:bank_id>/", BankView.as_view(), name="bank"),
    path("crm/banks/ifsc/<str:ifsc>/", IfscView.as_view(), name="ifsc"),
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
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
]
