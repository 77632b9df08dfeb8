"""In whose name a bank account is: what a bank told of it, and whether that is who it should be."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from rapidfuzz import fuzz, utils

from leadops.models import Bank, BankVerification, Lead
from leadops.services import leads

LONGEST = 200


def match(name: str, other: str) -> int:
    """How alike two names are, from 0 to 100, whatever the order of their words, their case and their marks."""
    first, second = utils.default_process(name), utils.default_process(other)
    return round(fuzz.token_sort_ratio(first, second)) if first and second else 0


@transaction.atomic
def record(lead_id: UUID, key: UUID, name_at_bank: str, reason: str) -> None:
    """Keep what was told of the account that `Bank.verification_key` names; no name where there is none.

    The bank account is verified where its holder or its applicant is called so. What is another account by now is left.
    """
    lead = Lead.with_deleted.select_for_update(no_key=True).get(pk=lead_id)
    banks = Bank.objects.filter(applicant__lead=lead).select_related("applicant")
    bank = next((each for each in banks if each.verification_key == key), None)
    if bank is None:
        return
    told, _ = BankVerification.objects.update_or_create(
        key=key,
        defaults={
            "bank": bank,
            "name_at_bank": name_at_bank[:LONGEST],
            "reason": reason[:LONGEST],
            "holder_match": match(name_at_bank, bank.account_holder_name),
            "applicant_match": match(name_at_bank, bank.applicant.name),
        },
    )
    _mark(lead, bank, is_verified=told.best_match >= settings.BANK_NAME_MATCH)


def _mark(lead: Lead, bank: Bank, *, is_verified: bool) -> None:
    """What the lead says from now on is a new version of it, where it is another than before."""
    if bank.is_verified != is_verified:
        bank.is_verified = is_verified
        bank.save(update_fields=["is_verified", "updated_at"])
        leads.revise(lead)
