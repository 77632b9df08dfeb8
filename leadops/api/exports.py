"""Leads as a workbook over REST."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from django.utils.timezone import localdate
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from leadops import masking
from leadops.api.authentication import api_key, caller, may_read_pii
from leadops.api.filters import LeadFilters
from leadops.api.lead_shapes import text
from leadops.api.parsers import body_of
from leadops.api.problems import invalid
from leadops.api.renderers import QuickJSONRenderer
from leadops.api.schema import DOWNLOADING, answers
from leadops.api.shapes import Shape, error, read
from leadops.client_address import client_address
from leadops.excel.writer import CONTENT_TYPE
from leadops.models import Export, Lead, Scope
from leadops.services import exports

WORDS = (
    "A workbook of the leads that the filters find, newest first: the sheets Leads, Applicants, Addresses, Banks and"
    f" LoanAccounts, joined by `leadops id`. At most {exports.AT_ONCE:,} leads at a time. What is masked is as in the"
    " answers of the lists. The workbook can be imported again as it is."
)


class WorkbookRenderer(QuickJSONRenderer):
    """Lets a caller ask for a workbook by `Accept`; what it renders are the problems, which stay JSON."""

    media_type = CONTENT_TYPE
    format = "xlsx"


class DownloadShape(Shape):
    """The filters of the list of leads; each may be left out."""

    draft = dict

    program_id = text(36)
    primary_mobile = text(30)
    partner_ref_id = text(100)
    status = text(12)
    tags = text(500, "One tag, or several with commas: those that have all of them.")
    search = text(200)
    created_at_after = text(40, "From this day or moment on.")
    created_at_before = text(40, "Up to this day or moment.")


FILTERS = DownloadShape()


class DownloadExcelView(GenericAPIView[Lead]):
    """The caller's leads as a workbook."""

    scopes = {"PUT": Scope.LEAD_READ}
    renderer_classes = [QuickJSONRenderer, WorkbookRenderer]
    queryset = Lead.objects.none()

    @extend_schema(
        operation_id="leads_download_excel", summary="Download leads as a workbook", description=WORDS, tags=["Leads"],
        request=DownloadShape, filters=False,
        responses={(200, CONTENT_TYPE): OpenApiTypes.BINARY} | answers(DOWNLOADING, {}),
    )  # fmt: skip
    def put(self, request: Request) -> FileResponse:
        given = _filters(request)
        found = LeadFilters(given, Lead.objects.of_partner(caller(request)), request=request)
        if not found.is_valid():
            raise invalid(
                [
                    error(name, "invalid_filter", words=words)
                    for name, told in found.errors.items()
                    for words in told
                ]
            )
        try:
            file = exports.at_once(found.qs, _asked(request, given))
        except exports.TooManyLeads as refusal:
            raise invalid([error("created_at_after", "too_many_leads", most=f"{refusal.most:,}")]) from None
        name = f"leads-{localdate().isoformat()}.xlsx"
        return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def _filters(request: Request) -> dict[str, str]:
    """The filters in the body; Problem for what is none."""
    taken, errors = read(FILTERS, body_of(request))
    if errors:
        raise invalid(errors)
    return {name: value for name, value in taken.items() if value}


def _asked(request: Request, given: dict[str, str]) -> Export:
    """A partner gives no reason: its agreement is one, and what it asked for stands for it."""
    what = _in_words(given)
    return Export(
        road=Export.Road.API,
        partner=caller(request),
        key_prefix=api_key(request).prefix,
        ip_address=client_address(request._request),
        what=what,
        reason=f"Asked for by the API: {what}"[:300],
        shown=Export.Shown.WHOLE if may_read_pii(request) else Export.Shown.NUMBERS_MASKED,
    )


def _in_words(given: dict[str, Any]) -> str:
    """The filters as the log keeps them, which many read."""
    personal = {name: masking.dotted(given[name]) for name in ("primary_mobile", "search") if name in given}
    shown = given | personal
    return " · ".join(f"{name} {value}" for name, value in shown.items())[:500] or "All leads of the partner"
