"""The one box in the header of every page: what it finds, in groups, and straight to the page of one exact hit.

What officers look for is personal data: it is sent by POST, and stands sealed in the address of what was found. Each
part of the product that can be found in registers a finder; all of them see what the officer's own lists show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadops import masking, search
from leadops.admin.lead_list import status_chip
from leadops.admin.listed import rows_of
from leadops.admin.page_urls import LEADS, list_url, page_url
from leadops.admin.sealed_search import opened, sealed
from leadops.models import Applicant, ImportBatch, Lead, LoanAccount, Partner, Program
from leadops.models.lead import LeadQuerySet
from leadops.sign_in.sessions import officer_of

SHOWN = 10
"""Hits of a group on the page; its list has the others."""
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One record that was found; `exact` where the text is a key of it and not a part of its name."""

    title: str
    url: str
    words: str = ""
    chip: SafeString | str = ""
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """What a finder found; `more` is the list of all of it, where the page shows the first alone."""

    label: Any
    hits: Sequence[Hit]
    more: str = ""


Finder = Callable[[HttpRequest, str], Group]


@dataclass(frozen=True, slots=True)
class _Known:
    permission: str
    find: Finder = field(compare=False)


_finders: list[_Known] = []


def finder(permission: str) -> Callable[[Finder], Finder]:
    """Have a function asked by those who have `permission`; each of its conditions has to meet an index."""

    def registered(find: Finder) -> Finder:
        _finders.append(_Known(permission, find))
        return find

    return registered


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of the page, within the admin."""

    def view(request: HttpRequest) -> HttpResponse:
        return _search(request, site)

    return [path("search/", site.admin_view(view), name="search")]


def _search(request: HttpRequest, site: AdminSite) -> HttpResponse:
    if request.method == "POST":
        text = request.POST.get("q", "").strip()[:LONGEST]
        if not text:
            return HttpResponseRedirect(reverse("admin:search"))
        hits = [hit for group in found(request, text) for hit in group.hits]
        if len({hit.url for hit in hits}) == 1 and hits[0].exact:
            return HttpResponseRedirect(hits[0].url)
        return HttpResponseRedirect(list_url("admin:search", q=sealed(text)))
    text = opened(request.GET.get("q", ""))[:LONGEST].strip()
    context = {**site.each_context(request), "title": _("Search"), "content_title": _("Search")}
    context |= {"searched": text, "groups": found(request, text) if text else []}
    return TemplateResponse(request, "admin/leadops/search.html", context)


def found(request: HttpRequest, text: str) -> list[Group]:
    """What the officer finds by `text`, group by group; groups without a hit are left out."""
    allowed = [each.find for each in _finders if request.user.has_perm(each.permission)]
    return [group for group in (find(request, text) for find in allowed) if group.hits]


@finder("leadops.view_lead")
def leads(request: HttpRequest, text: str) -> Group:
    """Leads by their keys, or else by a part of a name."""
    visible = cast(LeadQuerySet, rows_of(request, Lead))
    ids, by_key = search.found(text, within=None if officer_of(request).sees_all else visible)
    primary = Applicant.objects.filter(is_primary=True).only("lead_id", "name")
    rows = visible.filter(pk__in=ids[: SHOWN + 1]).select_related("partner")
    rows = rows.prefetch_related(Prefetch("applicants", primary, to_attr="primary_applicants"))
    hits = [_lead(each, by_key) for each in rows.order_by("-pk")]
    more = list_url(LEADS, q=sealed(text)) if len(ids) > SHOWN else ""
    return Group(gettext_lazy("Leads"), hits[:SHOWN], more)


def _lead(lead: Any, exact: bool) -> Hit:
    names = ", ".join(each.name for each in lead.primary_applicants)
    facts = [names, masking.dotted(lead.primary_mobile), str(lead.partner)]
    url = page_url(Lead, lead.pk)
    return Hit(lead.reference, url, " · ".join(filter(None, facts)), status_chip(lead), exact)


@finder("leadops.view_loanaccount")
def loan_accounts(request: HttpRequest, text: str) -> Group:
    """Loan accounts by their number."""
    of_any_program = rows_of(request, LoanAccount).filter(program__in=list(_program_ids()), ref_id=text)
    hits = [
        Hit(
            each.ref_id,
            page_url(LoanAccount, each.pk),
            f"{each.program} · {each.status}",
        )
        for each in of_any_program.select_related("program")[:SHOWN]
    ]
    return Group(gettext_lazy("Loan accounts"), hits)


def _program_ids() -> Any:
    """All of them: the accounts' index begins with the program."""
    return Program.objects.order_by().values_list("pk", flat=True)


@finder("leadops.view_importbatch")
def imports(request: HttpRequest, text: str) -> Group:
    """Imports by a part of their file's name."""
    named = rows_of(request, ImportBatch).filter(file_name__icontains=text).order_by("-pk")
    told = named.select_related(None).select_related("partner")  # its list shows the program, too
    hits = [
        Hit(
            each.file_name,
            page_url(ImportBatch, each.pk),
            f"{each.partner} · {each.get_state_display()}",
            exact=False,
        )
        for each in told.only("file_name", "state", "partner__name")[:SHOWN]
    ]
    return Group(gettext_lazy("Imports"), hits)


@finder("leadops.view_partner")
def partners(request: HttpRequest, text: str) -> Group:
    """Partners by a part of their name, or by their code."""
    rows = rows_of(request, Partner)
    hits = [
        Hit(
            each.name,
            page_url(Partner, each.pk),
            each.code,
            exact=text.lower() == each.code.lower(),
        )
        for each in (rows.filter(name__icontains=text) | rows.filter(code__iexact=text))[:SHOWN]
    ]
    return Group(gettext_lazy("Partners"), hits)
