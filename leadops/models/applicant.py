"""The people and businesses behind a lead, and where they live."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from leadops.fields import BlindIndexField, EncryptedTextField
from leadops.models.lead import Lead
from leadops.models.partner import Partner
from leadops.models.record import Record
from leadops.models.sight import SeenWithApplicant, SeenWithLead

BETWEEN_WORDS = "._/@:&-,;'\"()[]{}\\|+#*!?<>=~^"
"""The server would read A.K.Sharma as a host and M/s.Gupta as a path, each one word."""
# Finds the beginnings of words in a name; the server needs no extension for it.
NAME_WORDS = SearchVector(
    models.Func(
        models.F("name"),
        models.Value(BETWEEN_WORDS),
        models.Value(" " * len(BETWEEN_WORDS)),
        function="translate",
        output_field=models.TextField(),
    ),
    config="simple",
)


class ApplicantQuerySet(SeenWithLead["Applicant"]):
    def of_partner(self, partner: Partner) -> Self:
        """Those of the leads that `partner` brought and has not deleted."""
        return self.filter(lead__partner=partner, lead__deleted_at__isnull=True)


class AddressQuerySet(SeenWithApplicant["Address"]):
    def of_partner(self, partner: Partner) -> Self:
        """Those of the leads that `partner` brought and has not deleted."""
        return self.filter(applicant__lead__partner=partner, applicant__lead__deleted_at__isnull=True)


class Applicant(Record):
    """A person or a business; the identity_* fields are its `identity_document`."""

    class Type(models.TextChoices):
        PERSON = "person", "Person"
        BUSINESS = "business", "Business"

    class Gender(models.TextChoices):
        MALE = "male", "Male"
        FEMALE = "female", "Female"
        OTHER = "other", "Other"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="applicants")
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    applicant_type = models.CharField(max_length=8, choices=Type, default=Type.PERSON)
    is_primary = models.BooleanField(default=False)
    is_authorized_signatory = models.BooleanField(default=False)
    business_type = models.CharField(max_length=50, blank=True)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    name = models.CharField(max_length=200)
    first_name = models.CharField(max_length=100, blank=True)
    middle_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    gender = models.CharField(max_length=6, choices=Gender, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    place_of_birth = models.CharField(max_length=200, blank=True)
    nationality = models.CharField(max_length=2, blank=True)
    father_name = models.CharField(max_length=200, blank=True)
    monthly_income = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    monthly_expenses = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    employer_name = models.CharField(max_length=200, blank=True)
    pan_no = EncryptedTextField("PAN")
    pan_no_index = BlindIndexField(source="pan_no", purpose="pan")
    primary_mobile = EncryptedTextField("mobile")
    primary_mobile_index = BlindIndexField(source="primary_mobile", purpose="mobile")
    primary_email = models.EmailField("e-mail", blank=True)
    identity_type = models.CharField("document type", max_length=50, blank=True)
    identity_series = EncryptedTextField("document series")
    identity_number = EncryptedTextField("document number")
    identity_issued_on = models.DateField("document issued on", null=True, blank=True)
    identity_issued_by = models.CharField("document issued by", max_length=200, blank=True)
    identity_issuer_code = models.CharField("issuer's code", max_length=50, blank=True)
    identity_expires_on = models.DateField("document expires on", null=True, blank=True)
    tax_id = EncryptedTextField("tax id")
    insurance_no = EncryptedTextField("insurance number")
    gstin = EncryptedTextField("GSTIN", help_text="It holds the PAN of its business.")

    objects = ApplicantQuerySet.as_manager()

    class Meta:
        ordering = ["lead_id", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(is_primary=True),
                name="one_primary_applicant_per_lead",
                violation_error_message="A lead has one primary applicant.",
            ),
        ]
        indexes = [
            # With the lead's id, which tells when it came: a search for duplicates reads no others.
            models.Index(
                fields=["pan_no_index", "lead"],
                condition=Q(pan_no_index__isnull=False),
                name="applicant_by_pan",
            ),
            models.Index(
                fields=["primary_mobile_index", "lead"],
                condition=Q(primary_mobile_index__isnull=False),
                name="applicant_by_mobile",
            ),
            GinIndex(NAME_WORDS, name="applicant_by_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Address(Record):
    """Where an applicant lives or trades; `tags` say which (current, permanent, registered)."""

    applicant = models.ForeignKey(Applicant, on_delete=models.CASCADE, related_name="addresses")
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    address_line = models.CharField(max_length=300, blank=True)
    pincode = models.CharField(max_length=10, blank=True)
    locality = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    district = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, default="IN")
    house_no = models.CharField(max_length=50, blank=True)
    street = models.CharField(max_length=200, blank=True)
    apartment_no = models.CharField(max_length=50, blank=True)
    fias_id = models.CharField("FIAS id", max_length=36, blank=True)

    objects = AddressQuerySet.as_manager()

    class Meta:
        ordering = ["applicant_id", "position", "id"]
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        """Where it is, without what tells the house: that is masked wherever it is shown."""
        return ", ".join(part for part in (self.city, self.pincode) if part)
