# ruff: noqa: DJ008  (nobody looks at these rows)
"""The same fields as ours, so that both sides take and tell the same: in plain text, and without a check or an index
beyond the foreign keys'."""

from __future__ import annotations

import uuid

from django.db import models


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Lead(Row):
    program_id = models.UUIDField()
    primary_mobile = models.CharField(max_length=20)
    partner_ref_id = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=12, default="submitted")
    sync_status = models.CharField(max_length=12, default="not_sent")
    source = models.CharField(max_length=100, blank=True)
    channel = models.CharField(max_length=100, blank=True)
    loan_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    loan_tenure = models.PositiveIntegerField(null=True)
    loan_tenure_unit = models.CharField(max_length=6, blank=True)
    loan_purpose = models.CharField(max_length=200, blank=True)
    remarks = models.TextField(blank=True)
    tags = models.JSONField(default=list)
    extra = models.JSONField(default=dict)


class Consent(Row):
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=100)
    granted_at = models.DateTimeField()
    ip_address = models.GenericIPAddressField(null=True)
    text_version = models.CharField(max_length=50, blank=True)
    connections = models.JSONField(default=list)


class Applicant(Row):
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="applicants")
    applicant_type = models.CharField(max_length=10)
    is_primary = models.BooleanField()
    is_authorized_signatory = models.BooleanField()
    business_type = models.CharField(max_length=50, blank=True)
    tags = models.JSONField(default=list)
    name = models.CharField(max_length=200)
    pan_no = models.CharField(max_length=10, blank=True)
    primary_mobile = models.CharField(max_length=20, blank=True)
    primary_email = models.EmailField(blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    middle_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    gender = models.CharField(max_length=6, blank=True)
    date_of_birth = models.DateField(null=True)
    place_of_birth = models.CharField(max_length=200, blank=True)
    nationality = models.CharField(max_length=2, blank=True)
    father_name = models.CharField(max_length=200, blank=True)
    monthly_income = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    monthly_expenses = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    employer_name = models.CharField(max_length=200, blank=True)
    identity_document = models.JSONField(null=True)
    tax_id = models.CharField(max_length=50, blank=True)
    insurance_no = models.CharField(max_length=50, blank=True)
    gstin = models.CharField(max_length=15, blank=True)


class Address(Row):
    applicant = models.ForeignKey(Applicant, on_delete=models.CASCADE, related_name="addresses")
    tags = models.JSONField(default=list)
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
    fias_id = models.CharField(max_length=36, blank=True)


class Bank(Row):
    applicant = models.ForeignKey(Applicant, on_delete=models.CASCADE, related_name="banks")
    account_type = models.CharField(max_length=30, blank=True)
    account_no = models.CharField(max_length=50, blank=True)
    account_holder_name = models.CharField(max_length=200, blank=True)
    ifsc = models.CharField(max_length=11, blank=True)
    is_verified = models.BooleanField(default=False)
    tags = models.JSONField(default=list)
