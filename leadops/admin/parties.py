"""Applicants on the lead page, each with its addresses and bank accounts, checked together with their lead."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import EmailField
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.widgets import UnfoldAdminTextInputWidget

from leadops.admin.masked import MaskedAdmin
from leadops.admin.party_formsets import ApplicantFormSet, ConsentFormSet, PartyFormSet
from leadops.models import Address, Applicant, Bank, Consent
from leadops.sign_in.sessions import officer_of
from leadops.validation import findings_at, problem

TAGS: dict[Any, dict[str, Any]] = {
    ArrayField: {
        "widget": UnfoldAdminTextInputWidget(attrs={"placeholder": gettext_lazy("separated by commas")})
    }
}
# Django looks at an address before our check does; it says the same.
[_NO_ADDRESS] = findings_at("primary_email", [problem("invalid_email")])
EMAIL: dict[Any, dict[str, Any]] = {
    EmailField: {"error_messages": {"invalid": gettext_lazy(_NO_ADDRESS.message)}}
}


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
