"""In whose name a bank account is: what a bank told of it, and whether that is who it should be."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from rapidfuzz import fuzz, utils

from leadops.models import Bank, BankVerification, Lead
from leadops.services import leads

LONGEST = 200


def match(name: str, other: str) -> int:
    """How alike two names are, from 0 to 100, whatever the order of their words, their case and their marks."""
    first, second = utils.default_process(name), utils.default_process(other)
    return round(fuzz.token_sort_ratio(first, second)) if first and second else 0


@transaction.atomic
def record(lead_id: UUID, key: UUID, name_at_bank: str, reason: str) -> bool:
    """Keep what was told of the account that `Bank.verification_key` names; no name where there is none.

    The bank account is verified where its holder or its applicant is called so. False: it is another account by now.
    """
    lead = Lead.with_deleted.select_for_update(no_key=True).get(pk=lead_id)
    banks = Bank.objects.filter(applicant__lead=lead).select_related("applicant")
    bank = next((each for each in banks if each.verification_key == key), None)
    if bank is None:
        return False
    name_at_bank = name_at_bank[:LONGEST]
    kept = {"bank": bank, "name_at_bank": name_at_bank, "reason": reason[:LONGEST]}
    matches = _matches(name_at_bank, bank)
    told, _ = BankVerification.objects.update_or_create(key=key, defaults=kept | matches)
    _mark(lead, bank, is_verified=told.best_match >= settings.BANK_NAME_MATCH)
    return True


@transaction.atomic
def judge_again(bank: Bank) -> None:
    """Hold the names of today against what was told of this account before, if anything was.

    For an account that has its old number back, and where its holder or its applicant is called otherwise by now.
    """
    lead = Lead.with_deleted.select_for_update(no_key=True).get(pk=bank.applicant.lead_id)
    key = bank.verification_key
    told = BankVerification.objects.filter(bank=bank, key=key).first() if key else None
    if told is None:
        return
    matches = _matches(told.name_at_bank, bank)
    if matches != {name: getattr(told, name) for name in matches}:
        BankVerification.objects.filter(pk=told.pk).update(**matches, updated_at=Now())
    _mark(lead, bank, is_verified=max(matches.values()) >= settings.BANK_NAME_MATCH)


def _matches(name_at_bank: str, bank: Bank) -> dict[str, int]:
    return {
        "holder_match": match(name_at_bank, bank.account_holder_name),
        "applicant_match": match(name_at_bank, bank.applicant.name),
    }


def _mark(lead: Lead, bank: Bank, *, is_verified: bool) -> None:
    """What the lead says from now on is a new version of it, where it is another than before."""
    if bank.is_verified != is_verified:
        bank.is_verified = is_verified
        bank.save(update_fields=["is_verified", "updated_at"])
        leads.revise(lead)
