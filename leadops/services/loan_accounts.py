"""Loan accounts: opening them and keeping what the LOS says of them."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from leadops import signals
from leadops.errors import DuplicateReference, Invalid
from leadops.models import Lead, LoanAccount, Officer, Program
from leadops.validation import Checked, Finding, findings_at, free_text, problem

LONGEST_REFERENCE = 50
LONGEST_STATUS = 50
LONGEST_DROP_REASON = 300


def checked_reference(text: str) -> Checked[str]:
    """The reference of an account, tidied; there has to be one, and it must not hide a card number."""
    checked = free_text(text, LONGEST_REFERENCE, with_aadhaar=False)
    return checked if checked.value else Checked("", (problem("required", what="The reference"),))


def check_account(lead: Lead, reference: Checked[str]) -> list[Finding]:
    """What stands against opening an account called `reference` on `lead`."""
    findings = findings_at("ref_id", reference.problems) if reference.is_refused else []
    if lead.status == Lead.Status.DRAFT or lead.is_stopped:
        findings += findings_at(
            "crm_lead_id", [problem("lead_not_open", status=lead.get_status_display().lower())]
        )
    return findings


def open_account(lead: Lead, ref_id: str, program: Program, created_by: Officer | None = None) -> LoanAccount:
    """Store a loan account on `lead`, its reference tidied, and announce it.

    Raises Invalid with what `check_account` finds, DuplicateReference when the program already has an account `ref_id`.
    """
    reference = checked_reference(ref_id)
    if findings := check_account(lead, reference):
        raise Invalid(findings)
    named = {"program": program, "ref_id": reference.value, "in_test_space": lead.partner.is_test_space}
    try:
        with transaction.atomic():
            account = LoanAccount.objects.create(
                **named,
                lead=lead,
                product_type=program.product_type,
                created_by=created_by,
            )
            announce(account)
    except IntegrityError:
        existing = LoanAccount.objects.filter(**named).values_list("id", flat=True).first()
        if existing is None:
            raise
        raise DuplicateReference(str(existing)) from None
    return account


def announce(account: LoanAccount) -> None:
    """Tell whoever delivers them that `account` is to be opened at the LOS."""
    signals.loan_accounts_ready.send(LoanAccount, loan_accounts=[account])


def record_status(account_id: UUID, status: str, drop_reason: str = "") -> None:
    """Keep the LOS's word for an account, verbatim as far as its column goes, and why it dropped it."""
    said = {"status": status[:LONGEST_STATUS], "drop_reason": drop_reason[:LONGEST_DROP_REASON] or None}
    with transaction.atomic():
        account = LoanAccount.objects.filter(pk=account_id)
        new = account.exclude(status=said["status"]).exists()
        account.update(**said, updated_at=Now())
        if new:
            signals.loan_accounts_changed.send(LoanAccount, account_ids=[account_id])
