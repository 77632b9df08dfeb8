"""What the work on a lead adds to the clocks of its page, and to the queue of the first page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadops.admin.clocks import clock_said
from leadops.admin.lead_tasks import due_ones
from leadops.admin.listed import rows_of
from leadops.admin.next_steps import Clock, clocks
from leadops.admin.page_urls import LEADS, list_url
from leadops.admin.pending_changes import waiting_ones
from leadops.admin.queue import Counted, provider
from leadops.models import Lead
from leadops.models.lead import LeadQuerySet


@clocks
def due(lead: Lead) -> Iterable[Clock]:
    """When its clock runs out, or who it waits for."""
    if (said := clock_said(lead)) is not None:
        tone, words = said
        yield Clock(str(_("Clock")), words, tone)


@provider
def tasks(request: HttpRequest) -> Iterable[Counted]:
    """The officer's tasks up to the end of today."""
    if request.user.has_perm("leadops.view_lead"):
        yield Counted(
            str(_("Your tasks, today and overdue")),
            due_ones(request),
            reverse("admin:leadops_task_changelist"),
            "warn",
        )


@provider
def overdue(request: HttpRequest) -> Iterable[Counted]:
    """Leads of theirs whose clock has run out."""
    if request.user.has_perm("leadops.view_lead"):
        mine = cast(LeadQuerySet, rows_of(request, Lead)).of_real_partners().filter(owner_id=request.user.pk)
        url = list_url(LEADS, owner="me", due="overdue", space="real")
        yield Counted(str(_("Yours, overdue")), mine.filter(due_at__lte=timezone.now()), url, "bad")


@provider
def approvals(request: HttpRequest) -> Iterable[Counted]:
    """What others asked for and this officer may approve."""
    url = list_url("admin:leadops_pendingchange_changelist", whose="me")
    yield Counted(str(_("To approve")), waiting_ones(request), url, "warn")
