"""A lead's privacy: consents taken back, who else has the data, legal holds, and erasing it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import JSONField, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from leadops.admin.page_urls import page_url
from leadops.admin.reasons import LogField, ReasonForm
from leadops.admin.scoped import seen
from leadops.errors import LeadopsError
from leadops.models import Consent, Erasure, Holder, Lead
from leadops.services import consents, erasure, holders, legal_holds
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

MAY_WITHDRAW = "leadops.change_consent"
MAY_ERASE = "leadops.erase_personal_data"
MAY_HOLD = "leadops.hold_personal_data"
MAY_TELL = "leadops.change_holder"


class RecordForm(ReasonForm):
    """Why an officer does something about a lead's personal data."""

    reason = LogField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("It stays on record, so name nobody and no number in it."),
    )


class NoteForm(forms.Form):
    """What a holder answered; it may stay empty."""

    note = LogField(min_length=None, required=False)


class WithdrawForm(RecordForm):
    """Which consents the borrower took back."""

    consents = forms.MultipleChoiceField(
        label=gettext_lazy("Consents"), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    def __init__(self, lead: Lead, *args: Any) -> None:
        super().__init__(*args)
        field = self.fields["consents"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(each.pk), _said(each)) for each in lead.consents.filter(withdrawn_at=None)]

    field_order = ["consents", "reason"]


def _said(consent: Consent) -> str:
    to = ", ".join(consent.connections) or _("all connections")
    return f"{consent.purpose} · {to} · {consent.granted_at:%Y-%m-%d}"


def panel(request: HttpRequest, lead: Any) -> SafeString:
    """The part of a lead's page that says what may be done with its data; it comes with its `STANDING`."""
    user = request.user
    found = _with_moments(lead.standing)
    standing = [each for each in found["consents"] if each["withdrawn_at"] is None]
    context = {
        "lead": lead,
        "standing": standing,
        "withdrawn": [each for each in found["consents"] if each["withdrawn_at"] is not None],
        "hold": found["hold"],
        "to_tell": found["to_tell"],
        "may_withdraw": bool(standing) and user.has_perm(MAY_WITHDRAW),
        "may_add": not lead.is_stopped and user.has_perms(("leadops.add_consent", "leadops.change_lead")),
        "may_hold": lead.erased_at is None and user.has_perm(MAY_HOLD),
        "may_erase": lead.erased_at is None and user.has_perm(MAY_ERASE),
        "sees_holders": user.has_perm("leadops.view_holder"),
    }
    return render_to_string("admin/leadops/privacy/panel.html", context, request)


# Read along with the lead, because its page asks many queries.
STANDING = RawSQL(
    """
jsonb_build_object(
    'consents', (
        SELECT coalesce(jsonb_agg(s ORDER BY s.granted_at), '[]') FROM leadops_consent s
        WHERE s.lead_id = leadops_lead.id
    ),
    'hold', (SELECT jsonb_build_object('reason', h.reason, 'created_at', h.created_at, 'who', o.username)
        FROM leadops_legalhold h JOIN leadops_officer o ON o.id = h.placed_by_id
        WHERE h.lead_id = leadops_lead.id AND h.lifted_at IS NULL),
    'to_tell', (SELECT count(*) FROM leadops_holder t WHERE t.lead_id = leadops_lead.id AND t.told_at IS NULL)
)""",
    [],
    output_field=JSONField(),
)
"""The consents of a lead, the hold on it, and how many are still to be told."""


def _with_moments(found: dict[str, Any]) -> dict[str, Any]:
    for row, name in [*((each, "withdrawn_at") for each in found["consents"]), (found["hold"], "created_at")]:
        if row and row[name]:
            row[name] = datetime.fromisoformat(row[name])
    return found


class PrivatePages(ModelAdmin):
    """Mixed into the admin of leads: the pages behind the panel."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        place, name = "<uuid:lead_id>/", "leadops_lead_"
        own = [
            path(f"{place}withdraw/", view(self.withdraw_view), name=f"{name}withdraw"),
            path(f"{place}erase/", view(fresh_factor(self.erase_view)), name=f"{name}erase"),
            path(f"{place}hold/", view(self.hold_view), name=f"{name}hold"),
            path(f"{place}lift-hold/", view(fresh_factor(self.lift_view)), name=f"{name}lift_hold"),
            path(f"{place}holders/", view(self.holders_view), name=f"{name}holders"),
        ]
        return own + super().get_urls()

    def withdraw_view(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        """Which consents, and why; then the list of who has to be told."""
        lead = self._private(request, lead_id, MAY_WITHDRAW)
        form = WithdrawForm(lead, request.POST if request.method == "POST" else None)

        def withdraw(told: dict[str, Any]) -> str:
            chosen = [UUID(each) for each in told["consents"]]
            consents.withdraw(lead.pk, chosen, told["reason"], officer_of(request))
            return _("The consent is withdrawn, and what was not sent yet is cancelled.")

        after = reverse("admin:leadops_lead_holders", args=[lead.pk])
        return self._asked(request, lead, form, withdraw, "withdraw", _("Withdraw consent"), after)

    def erase_view(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        """What will be gone, and why; then the list of who has to be told."""
        lead = self._private(request, lead_id, MAY_ERASE)
        form = RecordForm(request.POST if request.method == "POST" else None)

        def erase(told: dict[str, Any]) -> str:
            officer = officer_of(request)
            erasure.erase(lead.pk, Erasure.Cause.REQUEST, officer=officer, reason=told["reason"])
            return _("The personal data of %(lead)s is erased.") % {"lead": lead}

        after = reverse("admin:leadops_lead_holders", args=[lead.pk])
        return self._asked(request, lead, form, erase, "erase", _("Erase personal data"), after)

    def hold_view(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        lead = self._private(request, lead_id, MAY_HOLD)
        form = RecordForm(request.POST if request.method == "POST" else None)

        def hold(told: dict[str, Any]) -> str:
            legal_holds.place(lead.pk, told["reason"], officer_of(request))
            return _("Nothing of %(lead)s is erased until the hold is lifted.") % {"lead": lead}

        after = page_url(Lead, lead.pk)
        return self._asked(request, lead, form, hold, "hold", _("Place a legal hold"), after)

    def lift_view(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        lead = self._private(request, lead_id, MAY_HOLD)
        form = RecordForm(request.POST if request.method == "POST" else None)

        def lift(told: dict[str, Any]) -> str:
            legal_holds.lift(lead.pk, told["reason"], officer_of(request))
            return _("The legal hold is lifted.")

        after = page_url(Lead, lead.pk)
        return self._asked(request, lead, form, lift, "lift", _("Lift the legal hold"), after)

    def holders_view(self, request: HttpRequest, lead_id: UUID) -> HttpResponse:
        """Who has the data of a lead: a task each, until somebody has told them; also of one that is out of sight."""
        lead = self._private(request, lead_id, "leadops.view_holder", seen(Lead.with_deleted.all(), request))
        may_tell = request.user.has_perm(MAY_TELL)
        if request.method == "POST":
            self._tell(request, lead, may_tell)
            return HttpResponseRedirect(request.path)
        context = self._context(request, lead, _("Who has the data of %(lead)s") % {"lead": lead})
        context |= {"holders": lead.holders.select_related("told_by")[:200], "may_tell": may_tell}
        return TemplateResponse(request, "admin/leadops/privacy/holders.html", context)

    def _tell(self, request: HttpRequest, lead: Lead, may_tell: bool) -> None:
        if not may_tell:
            raise PermissionDenied
        task = get_object_or_404(Holder, pk=request.POST.get("holder"), lead=lead)
        form = NoteForm(request.POST)
        if not form.is_valid():
            self.message_user(request, " ".join(map(str, form.errors["note"])), messages.ERROR)
        elif holders.tell(task.pk, form.cleaned_data["note"], officer_of(request)):
            self.message_user(request, _("%(name)s is told.") % {"name": task.name}, messages.SUCCESS)
        else:
            self.message_user(request, _("Somebody has told them before."), messages.WARNING)

    # What they have in common --------------------------------------------------------------------------------

    def _private(
        self, request: HttpRequest, lead_id: UUID, right: str, leads: QuerySet[Lead] | None = None
    ) -> Lead:
        lead: Lead = get_object_or_404(self.get_queryset(request) if leads is None else leads, pk=lead_id)
        if not self.has_view_permission(request, lead) or not request.user.has_perm(right):
            raise PermissionDenied
        return lead

    def _context(self, request: HttpRequest, lead: Lead, title: str) -> dict[str, Any]:
        shown = {"title": title, "opts": self.opts, "lead": lead, "lead_url": page_url(Lead, lead.pk)}
        return {**self.admin_site.each_context(request), **shown}

    def _asked(
        self,
        request: HttpRequest,
        lead: Lead,
        form: forms.Form,
        act: Callable[[dict[str, Any]], str],
        name: str,
        title: str,
        after: str,
    ) -> HttpResponse:
        """Show the form, or do what it asks for and go on to `after`."""
        if form.is_valid():
            try:
                self.message_user(request, act(form.cleaned_data), messages.SUCCESS)
                way = after if self._may_follow(request, after) else page_url(Lead, lead.pk)
                return HttpResponseRedirect(way)
            except LeadopsError as refusal:
                form.add_error(None, refusal.shown)
        context = self._context(request, lead, title) | {"form": form, "act": name}
        return TemplateResponse(request, "admin/leadops/privacy/ask.html", context)

    def _may_follow(self, request: HttpRequest, after: str) -> bool:
        return not after.endswith("/holders/") or request.user.has_perm("leadops.view_holder")
