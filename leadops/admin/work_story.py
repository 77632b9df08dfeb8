"""What the work on a lead adds to the clocks of its page, and to the queue of the first page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leadops.admin.clocks import clock_said, due_conditions
from leadops.admin.listed import rows_of
from leadops.admin.next_steps import Clock, clocks
from leadops.admin.page_urls import LEADS, list_url
from leadops.admin.pending_changes import waiting_ones
from leadops.admin.queue import Counted, provider
from leadops.models import Lead
from leadops.models.lead import LeadQuerySet
from leadops.services import lead_tasks
from leadops.sign_in.sessions import officer_of


@clocks
def due(lead: Lead) -> Iterable[Clock]:
    """When its clock runs out, or who it waits for."""
    if (said := clock_said(lead)) is not None:
        tone, words = said
        yield Clock(str(_("Clock")), words, tone)


@provider
def tasks(request: HttpRequest) -> Iterable[Counted]:
    """The officer's tasks that are overdue, and those of today."""
    if request.user.has_perm("leadops.view_lead"):
        parts, page = lead_tasks.parts_of(officer_of(request)), "admin:leadops_task_changelist"
        overdue = str(_("Your tasks, overdue"))
        yield Counted(overdue, parts["overdue"], list_url(page, due="overdue"), "bad")
        yield Counted(str(_("Your tasks, due today")), parts["today"], list_url(page, due="today"), "warn")


@provider
def clocks_of_leads(request: HttpRequest) -> Iterable[Counted]:
    """Leads of theirs whose clock has run out, and those whose clock does so today."""
    if request.user.has_perm("leadops.view_lead"):
        mine = cast(LeadQuerySet, rows_of(request, Lead)).of_real_partners().filter(owner_id=request.user.pk)
        said = {
            "overdue": (_("Your leads, overdue"), "bad"),
            "still_today": (_("Your leads, due today"), "warn"),
        }
        for due, condition in due_conditions().items():
            label, tone = said[due]
            url = list_url(LEADS, owner="me", due=due, space="real")
            yield Counted(str(label), mine.filter(condition), url, tone)


@provider
def approvals(request: HttpRequest) -> Iterable[Counted]:
    """What others asked for and this officer may approve."""
    url = list_url("admin:leadops_pendingchange_changelist", whose="me")
    yield Counted(str(_("To approve")), waiting_ones(request), url, "warn")
