"""Leads: the page of one lead as it is read; its form is a tab of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from leadops.admin import audit_story, lead_timeline, privacy, timeline, work_story, work_timeline  # noqa: F401  (they register)
from leadops.admin import duplicates as same_borrower
from leadops.admin.amounts import grouped
from leadops.admin.gates import tell_waiting
from leadops.admin.lead_list import status_chip
from leadops.admin.lead_rows import page_lead
from leadops.admin.masked import may_reveal, shown_masked
from leadops.admin.next_steps import clocks_of, steps_for
from leadops.ids import uuid_in
from leadops.models import Applicant, Lead
from leadops.services.document_checklist import checklist
from leadops.sign_in.sessions import officer_of

EDIT = "edit"
"""What the address of the form says beside the lead's own."""


class LeadPage(ModelAdmin):
    """Mixed into the admin of leads. Other apps say more by `why`, `connection_chips` and `panels`."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Lead | None:
        """The lead with its parties, for its form; where nothing is stored there is nothing to lock before."""
        if request.method == "GET" and from_field is None and (key := uuid_in(object_id)):
            return self.get_queryset(request).with_parties().filter(pk=key).first()
        lead: Lead | None = super().get_object(request, object_id, from_field)
        return lead and self.get_queryset(request).with_parties().get(pk=lead.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The lead as it is read; its form where the address says `edit`, and for what the form sends."""
        if request.method == "GET" and EDIT not in request.GET:
            return self.read_view(request, object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    def read_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page of a lead without its form, whose hundreds of fields nobody needs for reading."""
        within = None if officer_of(request).sees_all else self.get_queryset(request)
        lead: Any = page_lead(key, within) if (key := uuid_in(object_id)) else None
        if lead is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, lead):
            raise PermissionDenied
        lead.reader = officer_of(request)
        tell_waiting(
            request,
            "leadops.bank",
            [str(bank.pk) for each in lead.applicants.all() for bank in each.banks.all()],
        )
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": lead}
        context |= {"has_change_permission": self.has_change_permission(request, lead), "media": self.media}
        context |= self._context_of(request, lead) | {"panels": self.panels(request, lead)}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/leadops/lead/page.html", context)

    def _context_of(self, request: HttpRequest, lead: Lead) -> dict[str, Any]:
        applicants = list(lead.applicants.all())
        return {
            "lead": lead,
            "object": lead,
            "title": lead.reference,
            "subtitle": None,
            "status_chip": status_chip(lead),
            "borrower": next((person for person in applicants if person.is_primary), None),
            "mobile": _masked(lead, "primary_mobile", may_reveal(request)),
            "amount": grouped(lead.loan_amount, lead.program.country) if lead.loan_amount is not None else "",
            "applicants": [_card(each, lead.program.country, may_reveal(request)) for each in applicants],
            "clocks": clocks_of(lead),
            "steps": steps_for(request, lead),
            "why": self.why(request, lead),
            "chips": self.connection_chips(request, lead),
            "checklist": checklist(lead),
            "timeline": timeline.shown(request, lead),
        }

    def why(self, request: HttpRequest, lead: Lead) -> str:
        """Why the lead stands where it stands, in a sentence; other apps know."""
        return ""

    def connection_chips(self, request: HttpRequest, lead: Lead) -> list[SafeString]:
        """A label per connection: how far the lead is there, or what it misses for it; other apps know."""
        return []

    def panels(self, request: HttpRequest, lead: Lead) -> list[SafeString]:
        """More parts of the page; other apps add theirs."""
        may_change = partial(self.has_change_permission, request)
        return [
            *same_borrower.panel(lead, status_chip, may_change),
            privacy.panel(request, lead),
        ]


def _masked(row: Model, name: str, allowed: bool) -> SafeString | str:
    """The mask of a field, with the way to see more for those who may; nothing of an empty one."""
    field: Any = row._meta.get_field(name)
    return shown_masked(field, allowed)(row) if getattr(row, name) else ""


MASKED = {
    "PAN": "pan_no",
    _("Mobile"): "primary_mobile",
    _("E-mail"): "primary_email",
    _("Identity document"): "identity_number",
    "GSTIN": "gstin",
    _("Born"): "date_of_birth",
}


def _card(person: Applicant, country: str, allowed: bool) -> dict[str, Any]:
    """An applicant as the page shows it: what is personal is masked."""
    income = person.monthly_income
    facts = {str(label): _masked(person, name, allowed) for label, name in MASKED.items()}
    facts |= {
        gettext("Income a month"): grouped(income, country) if income is not None else "",
        gettext("Employer"): person.employer_name,
    }
    return {
        "person": person,
        "facts": {name: value for name, value in facts.items() if value},
        "addresses": [
            {"tags": each.tags, "line": _masked(each, "address_line", allowed), "said": each}
            for each in person.addresses.all()
        ],
        "banks": [
            {"bank": each, "number": _masked(each, "account_no", allowed)} for each in person.banks.all()
        ],
    }
