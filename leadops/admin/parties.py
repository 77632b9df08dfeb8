"""Applicants on the lead page, each with its addresses and bank accounts, checked together with their lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import EmailField
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from leadops.admin.duplicates import refusal, verdict_on
from leadops.admin.lead_checks import CONSENT, PARTY, Draft, place_errors
from leadops.admin.lead_forms import country_of
from leadops.admin.masked import MaskedAdmin
from leadops.models import Address, Applicant, Bank, Consent, Lead, Officer
from leadops.services.approvals.bank_accounts import keep_from_deletion
from leadops.services.duplicates import Verdict
from leadops.sign_in.sessions import officer_of
from leadops.validation import Finding, errors_in, findings_at, problem, warnings_in

TAGS: dict[Any, dict[str, Any]] = {
    ArrayField: {
        "widget": UnfoldAdminTextInputWidget(attrs={"placeholder": gettext_lazy("separated by commas")})
    }
}
VERIFIED_STAYS = (
    "This applicant has a verified bank account: delete the account first, which a second person approves."
)
# Django looks at an address before our check does; it says the same.
[_NO_ADDRESS] = findings_at("primary_email", [problem("invalid_email")])
EMAIL: dict[Any, dict[str, Any]] = {EmailField: {"error_messages": {"invalid": _NO_ADDRESS.message}}}


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
                form.add_error("name", "Name the applicant that this address or bank account belongs to.")

    def _refuse_losing_verified(self) -> None:
        """An applicant whose bank account is verified: deleting that waits for a second person."""
        gone = [form for form in self.initial_forms if self._should_delete_form(form)]
        if gone and keep_from_deletion([form.instance.pk for form in gone]):
            raise ValidationError(VERIFIED_STAYS)

    def _places(self, finding: Finding, forms: list[Any]) -> Iterator[tuple[Any, str, str]]:
        if (found := PARTY.fullmatch(finding.field)) is None:
            return  # a field of the lead itself: its own form has said so
        at, kind, part, name = found.groups()
        form = forms[int(at)]
        if kind is not None:
            formset = nested(form)[0 if kind == "addresses" else 1]
            form = formset.kept_forms()[int(part)]
        yield form, name, finding.message

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
        found = [(CONSENT.fullmatch(each.field), each.message) for each in findings]
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


class AddressInline(MaskedAdmin, StackedInline):
    model = Address
    formset = PartyFormSet
    extra = 0
    hide_title = False
    formfield_overrides = TAGS
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("address_line", "tags"),
                    ("pincode", "locality", "city"),
                    ("district", "state", "country"),
                    ("house_no", "street", "apartment_no", "fias_id"),
                ]
            },
        )
    ]


class BankInline(MaskedAdmin, StackedInline):
    model = Bank
    formset = PartyFormSet
    extra = 0
    verbose_name = "bank account"
    verbose_name_plural = "bank accounts"
    formfield_overrides = TAGS
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("account_holder_name", "account_no"),
                    ("ifsc", "account_type"),
                    ("tags", "is_verified"),
                ]
            },
        )
    ]


class ApplicantInline(MaskedAdmin, StackedInline):
    model = Applicant
    formset = ApplicantFormSet
    inlines = [AddressInline, BankInline]
    extra = 0
    formfield_overrides = TAGS | EMAIL
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "applicant_type", "is_primary"),
                    ("pan_no", "primary_mobile", "primary_email"),
                    ("date_of_birth", "gender", "nationality"),
                    ("monthly_income", "monthly_expenses", "employer_name"),
                ]
            },
        ),
        (
            gettext_lazy("More of this applicant"),
            {
                "classes": ["collapse"],
                "fields": [
                    ("first_name", "middle_name", "last_name"),
                    ("father_name", "place_of_birth"),
                    ("business_type", "gstin", "is_authorized_signatory"),
                    ("identity_type", "identity_series", "identity_number"),
                    (
                        "identity_issued_on",
                        "identity_expires_on",
                        "identity_issued_by",
                        "identity_issuer_code",
                    ),
                    ("tax_id", "insurance_no", "tags"),
                ],
            },
        ),
    ]

    def get_extra(self, request: Any, obj: Any = None, **kwargs: Any) -> int:
        """A new lead starts with an empty applicant; one that stays empty is not kept."""
        return 0 if obj else 1

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        # Which applicant is the primary one is checked for all of them together, not row against database.
        formset.form.validate_constraints = lambda form: None
        formset.officer = officer_of(request)  # the class is made for this request alone
        return formset


class ConsentInline(StackedInline):
    model = Consent
    formset = ConsentFormSet
    extra = 0
    can_delete = False  # it is evidence: what the borrower takes back is withdrawn
    formfield_overrides = TAGS
    fields = [("purpose", "granted_at"), ("ip_address", "text_version", "connections"), "withdrawn_at"]
    readonly_fields = ["withdrawn_at"]
