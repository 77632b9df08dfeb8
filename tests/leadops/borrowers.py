"""Leads of one and the same borrower, as several ways in may bring them."""

from __future__ import annotations

from typing import Any

from leadops.drafts import ApplicantDraft, BankDraft, LeadDraft

PAN, MOBILE, ACCOUNT, IFSC = "ABCPV1234L", "9800000001", "123456789012", "HDFC0000001"


def applicant(**fields: Any) -> ApplicantDraft:
    return ApplicantDraft(**{"name": "Asha Verma", **fields})


def bank(account_no: str = ACCOUNT, ifsc: str = IFSC) -> BankDraft:
    return BankDraft(account_no=account_no, ifsc=ifsc)


def lead(mobile: str, *applicants: ApplicantDraft, **fields: Any) -> LeadDraft:
    """A lead whose applicants have what they are given and nothing else that anybody could know them by."""
    return LeadDraft(primary_mobile=mobile, applicants=list(applicants), **fields)
