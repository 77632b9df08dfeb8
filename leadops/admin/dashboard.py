"""The first page: what waits for the officer, how a program's leads stand, what came in, and what is under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leadops.admin import queue
from leadops.admin.intake import chart
from leadops.admin.lead_list import TONES
from leadops.admin.listed import rows_of
from leadops.admin.page_urls import IMPORTS, LEADS, list_url
from leadops.admin.pages import capped_counts
from leadops.admin.queue import Counted, Number
from leadops.ids import uuid_in
from leadops.models import ImportBatch, Lead, Program
from leadops.models.lead import LeadQuerySet

UNDER_WAY, MOST_IMPORTS = "imports under way", 5


def context(
    request: HttpRequest, context: dict[str, Any], more: Mapping[str, Counted] | None = None
) -> dict[str, Any]:
    """What the core shows on the first page to those who may see leads; `more` is counted along, as `numbers`."""
    if not request.user.has_perm("leadops.view_lead"):
        return context
    programs = list(Program.objects.order_by("name").only("id", "name"))
    chosen = _chosen(request, programs)
    leads = cast(LeadQuerySet, rows_of(request, Lead)).of_real_partners()
    queued = {f"queue {at}": each for at, each in enumerate(queue.waiting(request))}
    stages = stages_of(leads, programs, chosen)
    numbers = counted({**queued, **stages, **_under_way(request), **(more or {})})
    return {
        **context,
        "title": _("Overview"),
        "queue": [numbers[key] for key in queued],
        "funnel": funnel([numbers[key] for key in stages]),
        "programs": programs,
        "program": chosen,
        "chart": chart(leads, [each.pk for each in programs]),
        "imports": _imports(request) if UNDER_WAY in numbers and numbers[UNDER_WAY].count else [],
        "under_way": numbers.get(UNDER_WAY),
        "numbers": numbers,
        "may_add_lead": request.user.has_perm("leadops.add_lead"),
        "may_import": request.user.has_perm("leadops.add_importbatch"),
    }


def counted(rows: Mapping[str, Counted]) -> dict[str, Number]:
    """All of them counted, up to 10,001, in one query."""
    counts = capped_counts({key: each.rows for key, each in rows.items()})
    return {key: each.number(counts[key]) for key, each in rows.items()}


def _chosen(request: HttpRequest, programs: Sequence[Program]) -> Program | None:
    wanted = uuid_in(request.GET.get("program", ""))
    return next((each for each in programs if each.pk == wanted), None)


def stages_of(leads: LeadQuerySet, programs: Sequence[Program], chosen: Program | None) -> dict[str, Counted]:
    """The leads of a program, or of all, by status."""
    ids: list[UUID] = [chosen.pk] if chosen else [each.pk for each in programs]
    narrowed = {"program__id__exact": chosen.pk} if chosen else {}
    return {
        f"stage {status.value}": Counted(
            str(status.label),
            leads.filter(program__in=ids, status=status),
            list_url(LEADS, status__exact=status.value, **narrowed, space="real"),
            TONES[status],
        )
        for status in Lead.Status
    }


def funnel(stages: Sequence[Number]) -> dict[str, Any]:
    """The stages with the length of their bars, of 100."""
    most = max((each.count for each in stages), default=0) or 1
    return {
        "stages": [{"number": each, "share": round(100 * each.count / most, 1)} for each in stages],
        "total": sum(each.count for each in stages),
    }


def _under_way(request: HttpRequest) -> dict[str, Counted]:
    """The imports that go on, or wait for an answer: mostly there are none, and then nothing is asked of them."""
    if not request.user.has_perm("leadops.view_importbatch"):
        return {}
    return {UNDER_WAY: Counted(UNDER_WAY, _going_on(request), list_url(IMPORTS, progress="under_way"))}


def _going_on(request: HttpRequest) -> QuerySet[Any]:
    return rows_of(request, ImportBatch).exclude(state__in=ImportBatch.ENDED)


def _imports(request: HttpRequest) -> list[Any]:
    under_way = _going_on(request).select_related("partner", "program")
    return list(under_way.defer("columns", "proposal", "preview")[:MOST_IMPORTS])
