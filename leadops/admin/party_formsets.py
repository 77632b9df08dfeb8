"""The applicants and consents of a form, checked together with their lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.forms import PaginationInlineFormSet

from leadops.admin.duplicates import refusal, verdict_on
from leadops.admin.lead_checks import CONSENT, PARTY, Draft, place_errors
from leadops.admin.lead_forms import country_of
from leadops.languages.said import said
from leadops.models import Applicant, Lead, Officer
from leadops.services.approvals.bank_accounts import keep_from_deletion
from leadops.services.duplicates import Verdict
from leadops.validation import Finding, errors_in, warnings_in

VERIFIED_STAYS = (
    "This applicant has a verified bank account: delete the account first, which a second person approves."
)


class PartyFormSet(PaginationInlineFormSet):
    """Reads the rows that the lead page has prefetched, so that its queries do not grow with the applicants."""

    def get_queryset(self) -> Any:
        if not hasattr(self, "_queryset"):
            prefetched = getattr(self.instance, "_prefetched_objects_cache", {})
            if self.instance._state.adding:  # the empty row that further ones are copied from has no parts
                self._queryset: Any = []
                return self._queryset
            name = self.fk.remote_field.related_name
            self._queryset = list(prefetched[name]) if name in prefetched else super().get_queryset()
        return self._queryset

    def kept_forms(self) -> list[Any]:
        """The forms that will be rows once this is saved."""
        if self._errors is None:
            self.full_clean()  # it says which rows are to be deleted
        stored = {form.instance.pk for form in self.initial_forms}
        filled = [form for form in self.forms if form.instance.pk in stored or form.has_changed()]
        return [form for form in filled if not self._should_delete_form(form)]

    def save_new(self, form: Any, commit: bool = True) -> Any:
        form.instance.position = self.forms.index(form)
        return super().save_new(form, commit)


class ApplicantFormSet(PartyFormSet):
    """Checks the lead with all its parties, and keeps exactly one of them the primary applicant."""

    warnings: list[Finding]
    verdict: Verdict
    instance: Lead
    officer: ClassVar[Officer]

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """The first applicant of a new lead is the primary one until the officer says otherwise."""
        first = index == 0 and self.instance._state.adding
        return {**super().get_form_kwargs(index), **({"initial": {"is_primary": True}} if first else {})}

    def clean(self) -> None:
        super().clean()
        self.warnings, self.verdict = [], Verdict()
        self._refuse_orphans()
        self._refuse_losing_verified()
        forms = self.kept_forms()
        draft = Draft(self.instance)
        for form in forms:
            addresses, banks = ([f.instance for f in each.kept_forms()] for each in nested(form))
            draft.add_applicant(form.instance, addresses, banks)
        findings = draft.check(country_of(self.instance))
        self.warnings = warnings_in(findings)
        errors = errors_in(findings)
        place_errors(place for each in errors for place in self._places(each, forms))
        if self.instance._state.adding and not errors:
            self._refuse_repeat(draft, forms)

    def _refuse_repeat(self, draft: Draft, forms: list[Any]) -> None:
        """Ask the program's rule for duplicates; of a lead that is stored the officer is told after the change."""
        self.verdict = verdict_on(self.instance, draft.lead)
        if (refused := refusal(self.verdict, self.officer)) is not None:
            said, findings = refused
            place_errors(place for each in findings for place in self._places(each, forms))
            raise ValidationError(said)

    def _refuse_orphans(self) -> None:
        """An address or bank account typed under an applicant that was left empty."""
        for form in self.extra_forms:
            if not form.has_changed() and any(formset.has_changed() for formset in nested(form)):
                form.add_error("name", _("Name the applicant that this address or bank account belongs to."))

    def _refuse_losing_verified(self) -> None:
        """An applicant whose bank account is verified: deleting that waits for a second person."""
        gone = [form for form in self.initial_forms if self._should_delete_form(form)]
        if gone and keep_from_deletion([form.instance.pk for form in gone]):
            raise ValidationError(_(VERIFIED_STAYS))

    def _places(self, finding: Finding, forms: list[Any]) -> Iterator[tuple[Any, str, str]]:
        if (found := PARTY.fullmatch(finding.field)) is None:
            return  # a field of the lead itself: its own form has said so
        at, kind, part, name = found.groups()
        form = forms[int(at)]
        if kind is not None:
            formset = nested(form)[0 if kind == "addresses" else 1]
            form = formset.kept_forms()[int(part)]
        yield form, name, said(finding.message)

    def save(self, commit: bool = True) -> Any:
        kept = [form.instance for form in self.kept_forms()]
        primary = next((applicant for applicant in kept if applicant.is_primary), None)
        stored = Applicant.objects.filter(lead=self.instance)
        # The database holds one primary applicant at any moment, so the old one steps down first.
        old = stored.filter(is_primary=True)
        (old.exclude(pk=primary.pk) if primary else old).update(is_primary=False)
        saved = super().save(commit)
        if primary is not None:
            stored.filter(pk=primary.pk, is_primary=False).update(is_primary=True)
        return saved


class ConsentFormSet(PartyFormSet):
    """Checks consents as the API does; one that was withdrawn stays as it is."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.withdrawn_at is not None:
            for field in form.fields.values():
                field.disabled = True

    def clean(self) -> None:
        super().clean()
        forms = self.kept_forms()
        draft = Draft(self.instance)
        for form in forms:
            draft.add_consent(form.instance)
        findings = errors_in(draft.check(country_of(self.instance)))
        found = [(CONSENT.fullmatch(each.field), said(each.message)) for each in findings]
        place_errors((forms[int(at[1])], at[2], message) for at, message in found if at)


def nested(form: Any) -> list[Any]:
    """The formsets inside `form`, in the order of their inlines."""
    return [each.formset for each in getattr(form, "nested_formsets", [])]


def all_formsets(formsets: list[Any]) -> Iterator[Any]:
    """`formsets` and those inside them."""
    for formset in formsets:
        yield formset
        for form in formset.forms:
            yield from nested(form)
