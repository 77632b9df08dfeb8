"""What waits for the officer who looks: asked of everybody who knows of something, and counted in one query.

Who knows of more (tasks, approvals, a vendor's doubtful answers) writes a function and hands it to `provider`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leadops.admin.listed import rows_of
from leadops.admin.page_urls import IMPORTS, LEADS, list_url
from leadops.admin.pages import Ids, in_words
from leadops.models import ImportBatch, Lead
from leadops.models.lead import LeadQuerySet


@dataclass(frozen=True)
class Counted:
    """A set of rows that is to be counted, and the list that shows exactly those."""

    label: str
    rows: QuerySet[Any] | Ids
    url: str
    tone: str = "calm"

    def number(self, count: int) -> Number:
        """It, counted."""
        return Number(str(self.label), count, self.url, self.tone)


@dataclass(frozen=True)
class Number:
    """A count that leads to the list of what it counts."""

    label: str
    count: int
    url: str
    tone: str = "calm"

    @property
    def words(self) -> str:
        return in_words(self.count)


Provider = Callable[[HttpRequest], Iterable[Counted]]
_providers: list[Provider] = []


def provider(asked: Provider) -> Provider:
    """Have `asked` tell what waits for an officer; it is asked on every first page, so it queries nothing itself."""
    _providers.append(asked)
    return asked


def waiting(request: HttpRequest) -> list[Counted]:
    """All that may wait for the officer of `request`, in the order in which it was handed in."""
    return [each for asked in _providers for each in asked(request)]


@provider
def own_leads(request: HttpRequest) -> Iterable[Counted]:
    """Leads that the officer owns, where the next step is theirs."""
    leads = cast(LeadQuerySet, rows_of(request, Lead))
    mine = leads.of_real_partners().filter(owner_id=request.user.pk)
    steps: dict[str, tuple[Any, dict[str, Any]]] = {
        "decide": (_("Your leads in review"), {"status": Lead.Status.IN_REVIEW}),
        "submit": (_("Your drafts"), {"status": Lead.Status.DRAFT}),
        "mend": (_("Your leads, delivery stuck"), {"sync_status": Lead.SyncStatus.NEEDS_PERSON}),
    }
    for step, (label, stage) in steps.items():
        filters = {f"{name}__exact": word.value for name, word in stage.items()}
        url = list_url(LEADS, owner="me", space="real", **filters)
        yield Counted(str(label), mine.filter(**stage), url, "calm" if step == "submit" else "bad")


@provider
def own_imports(request: HttpRequest) -> Iterable[Counted]:
    """Workbooks of theirs that go on with an answer only."""
    if request.user.has_perm("leadops.view_importbatch"):
        asking = rows_of(request, ImportBatch).filter(state__in=ImportBatch.ASKING)
        label, url = _("Your imports that ask you"), list_url(IMPORTS, asks="me")
        yield Counted(str(label), asking.filter(uploaded_by_id=request.user.pk), url, "warn")
