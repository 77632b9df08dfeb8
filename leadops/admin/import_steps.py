"""What an officer tells an import: what its columns are, to go on, to stop, to be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadops.admin.gates import held
from leadops.admin.page_urls import page_url
from leadops.admin.scoped import Scoped
from leadops.errors import LeadopsError
from leadops.excel.columns import KNOWN
from leadops.excel.proposals import Proposal
from leadops.models import ImportBatch, ImportMode, ImportState, Layout, Officer
from leadops.services import approvals, column_mappings, import_steering, import_undoing
from leadops.sign_in.sessions import officer_of

MAY_STEER = "leadops.add_importbatch"
"""Who may upload may also say what the columns are, start and stop, and mend rows."""
MAY_UNDO = "leadops.change_importbatch"


class ImportSteps(Scoped):
    """Mixed into the admin of imports: their steps, each a page or a button."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "leadops_importbatch_"
        own = [
            path("<uuid:batch_id>/columns/", view(self.columns_view), name=f"{name}columns"),
            path("<uuid:batch_id>/go-on/", view(require_POST(self.go_on_view)), name=f"{name}go_on"),
            path("<uuid:batch_id>/change/columns/", view(require_POST(self.back_view)), name=f"{name}back"),
            path("<uuid:batch_id>/check/", view(require_POST(self.check_view)), name=f"{name}check"),
            path("<uuid:batch_id>/cancel/", view(require_POST(self.cancel_view)), name=f"{name}cancel"),
            path("<uuid:batch_id>/undo/", view(self.undo_view), name=f"{name}undo"),
        ]
        return own + super().get_urls()

    # Rights --------------------------------------------------------------------------------------------------

    def may_steer(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_STEER)

    def to_steer(self, request: HttpRequest, batch_id: UUID, right: str = MAY_STEER) -> ImportBatch:
        """The batch, for who may tell it what to do."""
        if not request.user.has_perm(right):
            raise PermissionDenied
        batch: ImportBatch = self.to_view(request, batch_id)
        return batch

    # Steps ---------------------------------------------------------------------------------------------------

    def columns_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """What each column becomes, to be corrected."""
        batch = self.to_steer(request, batch_id)
        if batch.state != ImportState.MAPPING:
            return HttpResponseRedirect(page_url(ImportBatch, batch.pk))
        proposal = Proposal.of(batch.proposal, batch.mapping)
        refusal, mode = "", batch.mode
        if request.method == "POST":
            mode = _take_over(proposal, request.POST, mode)
            try:
                if (row := str(request.POST.get("header_row", ""))).isdecimal():
                    column_mappings.choose_header(batch, int(row[:9]))
                else:
                    officer = officer_of(request)
                    column_mappings.confirm(
                        batch, proposal.mapping, proposal.layout, mode=mode, officer=officer
                    )
                return HttpResponseRedirect(page_url(ImportBatch, batch.pk))
            except LeadopsError as error:
                refusal = error.shown
        said = column_mappings.said_against(proposal.mapping, proposal.layout, mode)
        shown = {"proposal": proposal, "refusal": refusal, "troubles": said, "columns": KNOWN}
        shown |= {"layouts": Layout.to_choose(), "modes": ImportMode.choices, "mode": mode}
        title = _("The columns of %(file)s") % {"file": batch.file_name}
        return self.page(request, "columns", batch, title, shown)

    def go_on_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch, seen = self.to_steer(request, batch_id), str(request.POST.get("seen", ""))
        is_held = batch.state == ImportState.READY and needs_approval(batch)
        if is_held and import_steering.is_as_seen(batch, seen):
            return held(request, "import", {}, batch)
        return self._told(request, batch, lambda each: import_steering.go_on(each, seen))

    def back_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        return self._told(request, self.to_steer(request, batch_id), import_steering.change_columns)

    def check_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        return self._told(request, self.to_steer(request, batch_id), import_steering.check_again)

    def cancel_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch, officer = self.to_steer(request, batch_id), officer_of(request)
        return self._told(request, batch, lambda each: import_steering.cancel(each, officer))

    def undo_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """What undoing would do, and the button that does it."""
        batch = self.to_steer(request, batch_id, MAY_UNDO)
        if not import_undoing.may_be_undone(batch):
            return HttpResponseRedirect(page_url(ImportBatch, batch.pk))
        shown = {"foreseen": (foreseen := import_undoing.foresee(batch))}
        if request.method == "POST" and not foreseen["in_vain"]:
            officer = officer_of(request)
            return self._told(request, batch, lambda each: import_undoing.begin(each, officer))
        title = _("Undo %(file)s") % {"file": batch.file_name}
        return self.page(request, "undo", batch, title, shown)

    def _told(
        self, request: HttpRequest, batch: ImportBatch, tell: Callable[[ImportBatch], object]
    ) -> HttpResponse:
        try:
            tell(batch)
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.ERROR)
        else:
            _end_what_waits(batch, officer_of(request))
        return HttpResponseRedirect(page_url(ImportBatch, batch.pk))

    def page(
        self, request: HttpRequest, name: str, batch: ImportBatch, title: str, shown: dict[str, Any]
    ) -> TemplateResponse:
        """A page of its own about a batch."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "batch": batch, "title": title}
        return TemplateResponse(request, f"admin/leadops/importbatch/{name}.html", context | shown)


def _end_what_waits(batch: ImportBatch, officer: Officer) -> None:
    """A request to import a preview that is no more is over, rather than left for somebody to approve in vain."""
    if (waiting := approvals.open_of(batch, "import")) is not None:
        approvals.end_if_moved(waiting, officer)


def needs_approval(batch: ImportBatch) -> bool:
    """Whether a second person has to approve what its preview shows."""
    return approvals.needed_over("import", batch.rows)


def _take_over(proposal: Proposal, sent: QueryDict, mode: str) -> str:
    """Put what the officer chose in place of what was proposed; returns the chosen mode."""
    for at, choice in enumerate(proposal.choices):
        name = str(sent.get(f"column-{at}", choice.column or ""))
        choice.column = name or (None if choice.column is None else "")
    layout, chosen = str(sent.get("layout", "")), str(sent.get("mode", ""))
    if layout in dict(Layout.to_choose()):
        proposal.layout = layout
    return chosen if chosen in ImportMode.values else mode
