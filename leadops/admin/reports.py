"""The pages of reports: charts with their tables, as a workbook, and by mail."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leadops.admin.downloads import downloaded
from leadops.admin.reasons import for_a_reason
from leadops.admin.report_charts import drawn
from leadops.admin.report_forms import FilterForm, MailForm
from leadops.admin.sealed_search import sealed
from leadops.errors import LeadopsError
from leadops.models import AuditEvent, Officer, ReportClock, ReportDay, ReportSubscription
from leadops.reports import catalogue
from leadops.reports.asked import Asked
from leadops.reports.spoken import spoken
from leadops.reports.tables import Cell, Link, Report, Result, Table, Unit
from leadops.reports.workbook import workbook
from leadops.services import audit, report_mails
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

MAY_READ = "leadops.view_reports"
LIST = "admin:reports"


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the pages, within the admin."""
    view = site.admin_view
    return [
        path("reports/", view(require_GET(lambda request: _list(site, request))), name="reports"),
        path("reports/mails/<uuid:key>/end/", view(require_POST(_end_view)), name="report_mail_end"),
        path("reports/<slug:slug>/", view(fresh_factor(partial(_page, site))), name="report"),
        path(
            "reports/<slug:slug>/workbook/",
            view(fresh_factor(_workbook_view)),
            name="report_workbook",
        ),
    ]


def _list(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The reports that this officer may read, and what they get by mail."""
    officer = officer_of(request)
    if not officer.has_perm(MAY_READ):
        raise PermissionDenied
    mails = [(each, _title_of(each)) for each in ReportSubscription.objects.filter(officer=officer)]
    context = {**site.each_context(request), "title": _("Reports"), "content_title": _("Reports")}
    context |= {"reports": catalogue.offered(officer), "mails": mails}
    return TemplateResponse(request, "admin/leadops/reports/list.html", context)


def _page(site: AdminSite, request: HttpRequest, slug: str) -> HttpResponse:
    officer = officer_of(request)
    report = _report(officer, slug)
    form = FilterForm(report, officer, request.GET)
    result = report.answer(form.asked) if form.is_valid() else Result([], [])
    mail = MailForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and mail.is_valid():
        try:
            report_mails.subscribe(form.asked, report, **mail.cleaned_data)
        except LeadopsError as refusal:
            mail.add_error(None, refusal.shown)
        else:
            messages.success(
                request, _("The report will come by mail to %(address)s.") % {"address": officer.email}
            )
            return HttpResponseRedirect(reverse(LIST))
    context = {**site.each_context(request), "title": report.title, "content_title": report.title}
    context |= {
        "report": report,
        "form": form,
        "mail": mail,
        "result": result,
        "query": request.GET.urlencode(),
    }
    context |= {
        "charts": [drawn(chart) for chart in result.charts],
        "tables": [_shown(t) for t in result.tables],
    }
    context |= {"counted_at": _counted_at(report, officer)}
    return TemplateResponse(request, "admin/leadops/reports/report.html", context)


def _workbook_view(request: HttpRequest, slug: str) -> HttpResponseBase:
    officer = officer_of(request)
    report = _report(officer, slug)
    form = FilterForm(report, officer, request.GET)
    page = f"{reverse('admin:report', args=[slug])}?{request.GET.urlencode()}"
    if not form.is_valid():
        return HttpResponseRedirect(page)
    asked = form.asked
    what = f"{report.title}, {date_format(asked.first)} – {date_format(asked.last)}"
    return for_a_reason(request, what, page, partial(_taken, report, asked))


def _taken(report: Report, asked: Asked, reason: str) -> FileResponse:
    narrowed: dict[str, Any] = {name: str(key) for name, key in asked.chosen.items()}
    first, last = asked.first.isoformat(), asked.last.isoformat()
    told = {"report": report.slug, "first": first, "last": last, **narrowed}
    audit.note(AuditEvent.Action.DOWNLOADED, ReportDay, reason, **told)
    name = f"{report.slug}-{asked.last:%Y-%m-%d}.xlsx"
    return downloaded(workbook(report, asked, report.answer(asked)), name)


def _end_view(request: HttpRequest, key: UUID) -> HttpResponse:
    """Whoever may see no report any more can still end what they get."""
    if report_mails.end(officer_of(request), key):
        messages.success(request, _("This report comes by mail no more."))
    return HttpResponseRedirect(reverse(LIST))


def _report(officer: Officer, slug: str) -> Report:
    report = catalogue.REPORTS.get(slug)
    if report is None:
        raise Http404
    if not catalogue.may_read(officer, report):
        raise PermissionDenied
    return report


def _title_of(subscription: ReportSubscription) -> Any:
    report = catalogue.REPORTS.get(subscription.report)
    return report.title if report else subscription.report


def _counted_at(report: Report, officer: Officer) -> Any:
    """Up to when what changed is in it; None where it is counted as it is asked for."""
    counted = report.slug in catalogue.COUNTED and not officer.sees_own_only
    clock = ReportClock.objects.filter(pk=1).first() if counted else None
    return clock and clock.changes_until


# Cells ---------------------------------------------------------------------------------------------------------------


def _shown(table: Table) -> dict[str, Any]:
    units = [cell.unit for cell in table.rows[0]] if table.rows else [Unit.TEXT] * len(table.columns)
    columns = [
        {"label": label, "is_text": unit is Unit.TEXT}
        for label, unit in zip(table.columns, units, strict=True)
    ]
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    return {
        "title": table.title,
        "columns": columns,
        "rows": rows,
        "total": [_cell(each) for each in table.total],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    url = _address(cell.link) if cell.link and cell.value else ""
    return {"text": spoken(cell), "url": url, "is_text": cell.unit is Unit.TEXT}


def _address(link: Link) -> str:
    query = {**link.query, **{name: sealed(text) for name, text in link.sealed.items()}}
    return f"{reverse(link.page)}?{urlencode(query)}"
