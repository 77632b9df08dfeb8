# ruff: noqa: DJ008  (nobody looks at these rows)
"""Crego's fields and no more, in plain text, without a check or an index beyond the foreign keys'."""

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


class Address(Row):
    applicant = models.ForeignKey(Applicant, on_delete=models.CASCADE, related_name="addresses")
    tags = models.JSONField(default=list)
    address_line = models.CharField(max_length=300, blank=True)
    pincode = models.CharField(max_length=10, blank=True)
    locality = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)


class Bank(Row):
    applicant = models.ForeignKey(Applicant, on_delete=models.CASCADE, related_name="banks")
    account_type = models.CharField(max_length=30, blank=True)
    account_no = models.CharField(max_length=50, blank=True)
    account_holder_name = models.CharField(max_length=200, blank=True)
    ifsc = models.CharField(max_length=11, blank=True)
    is_verified = models.BooleanField(default=False)
    tags = models.JSONField(default=list)
