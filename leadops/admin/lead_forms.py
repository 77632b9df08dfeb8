"""The lead's own form: its fields, its version, and which status may follow which."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from leadops.admin.lead_checks import Draft, place_errors
from leadops.admin.masked import MaskedForm
from leadops.admin.versions import VersionedForm
from leadops.languages.said import said
from leadops.models import Lead
from leadops.models.lead import REFERENCE_TAKEN
from leadops.services.status_steps import TRANSITIONS
from leadops.validation import errors_in

NEWER = "Somebody changed this lead after you opened it (you have version {mine}, it is at {theirs})."


class LeadForm(VersionedForm, MaskedForm):
    """Checks the lead's own fields; its applicants are checked with them by their formset."""

    class Meta:
        model = Lead
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._keep_what_is_chosen()
        status = self.fields.get("status")
        if isinstance(status, forms.ChoiceField):
            status.choices = self._statuses()

    def _keep_what_is_chosen(self) -> None:
        """A branch or an owner that this officer could not choose stays a choice while it is the one that is stored."""
        for name in ("branch", "owner"):
            field, stored = self.fields.get(name), getattr(self.instance, f"{name}_id")
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and stored:
                field.queryset |= field.queryset.model._default_manager.filter(pk=stored)

    def _statuses(self) -> list[tuple[str, str]]:
        """What may follow; a draft is submitted, and dropping and reopening say why: those have buttons."""
        now = Lead.Status(self.instance.status)
        may_follow = () if now == Lead.Status.DRAFT or self.instance.is_stopped else TRANSITIONS[now]
        allowed = [now, *(Lead.Status(each) for each in may_follow if each != Lead.Status.DROPPED)]
        return [(status.value, str(status.label)) for status in Lead.Status if status in allowed]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._refuse_taken_reference(cleaned)
        # What the database would refuse, the check of the whole lead says in words, at its field.
        self.instance.validate_constraints = lambda exclude=None: None
        return cleaned

    def refusal(self, seen: int | None) -> str:
        return _(NEWER).format(mine=seen or _("none"), theirs=self.instance.version)

    def _refuse_taken_reference(self, cleaned: dict[str, Any]) -> None:
        partner, reference = cleaned.get("partner") or self.instance.partner_id, cleaned.get("partner_ref_id")
        if not partner or not reference:
            return
        taken = Lead.with_deleted.filter(partner=partner, partner_ref_id=reference).exclude(
            pk=self.instance.pk
        )
        if taken.exists():
            self.add_error("partner_ref_id", REFERENCE_TAKEN)

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound:
            findings = Draft(self.instance).check(country_of(self.instance))
            place_errors((self, each.field, said(each.message)) for each in errors_in(findings))


def country_of(lead: Lead) -> str:
    """Where the lead's numbers are from; India while its program is not chosen yet."""
    return lead.program.country if lead.program_id else "IN"
