"""Whether the name at the bank is who it should be, and what becomes of the account."""

from __future__ import annotations

from uuid import uuid4

import pytest

from leadops.models import Bank, BankVerification, Lead
from leadops.services import bank_verification
from tests import people


@pytest.fixture
def bank(partner, program) -> Bank:
    people.leads_of(partner, program)
    bank = Bank.objects.select_related("applicant__lead").order_by("id")[0]
    Bank.objects.update(account_holder_name="Verma Traders", is_verified=False)
    bank.applicant.name = "Asha Devi Verma"
    bank.applicant.save()
    bank.refresh_from_db()
    return bank


def told(bank: Bank, name: str, reason: str = "") -> BankVerification:
    key = bank.verification_key
    assert key is not None
    bank_verification.record(bank.applicant.lead_id, key, name, reason)
    bank.refresh_from_db()
    return BankVerification.objects.get(key=key)


@pytest.mark.parametrize(
    ("name", "other", "least", "most"),
    [
        ("ASHA DEVI VERMA", "Asha Devi Verma", 100, 100),
        ("VERMA ASHA DEVI", "Asha Devi Verma", 100, 100),
        ("M/s. Verma-Traders", "VERMA TRADERS M S", 100, 100),
        ("ASHA D VERMA", "Asha Devi Verma", 80, 99),
        ("MEENA IYER", "Asha Devi Verma", 0, 50),
        ("", "Asha", 0, 0),
        ("ASHA", "", 0, 0),
        ("...", "...", 0, 0),
    ],
)
def test_names_are_alike_whatever_their_order_case_and_marks(name, other, least, most):
    assert least <= bank_verification.match(name, other) <= most


@pytest.mark.parametrize(
    ("name", "matches"), [("VERMA TRADERS", ("holder", 100)), ("VERMA ASHA DEVI", ("applicant", 100))]
)
def test_the_holders_or_the_applicants_name_verifies_the_account(bank, name, matches):
    kept = told(bank, name)
    assert getattr(kept, f"{matches[0]}_match") == matches[1] == kept.best_match
    assert bank.is_verified
    assert Lead.objects.get(pk=bank.applicant.lead_id).version == 2


@pytest.mark.parametrize("name", ["MEENA IYER", ""])
def test_anothers_name_or_none_does_not(bank, name):
    kept = told(bank, name, "There is no such account." if not name else "")
    assert (bank.is_verified, kept.best_match < 80) == (False, True)
    assert Lead.objects.get(pk=bank.applicant.lead_id).version == 1


def test_what_was_taken_for_verified_is_not_when_the_bank_says_otherwise(bank):
    Bank.objects.update(is_verified=True)
    told(bank, "MEENA IYER")
    assert not bank.is_verified


def test_how_alike_they_must_be_is_a_setting(bank, settings):
    settings.BANK_NAME_MATCH = 101
    told(bank, "VERMA TRADERS")
    assert not bank.is_verified


def test_what_is_another_account_by_now_is_left(bank):
    bank_verification.record(bank.applicant.lead_id, uuid4(), "VERMA TRADERS", "")
    bank.refresh_from_db()
    assert (bank.is_verified, BankVerification.objects.count()) == (False, 0)


def test_the_same_told_again_is_kept_once(bank):
    told(bank, "VERMA TRADERS")
    told(bank, "VERMA TRADERS")
    assert Lead.objects.get(pk=bank.applicant.lead_id).version == 2


def test_number_and_ifsc_together_are_what_is_verified(bank):
    first = bank.verification_key
    keys = {first}
    bank.account_no = f"{bank.account_no}1"
    keys.add(bank.verification_key)
    bank.ifsc = "CBIN0281814" if bank.ifsc != "CBIN0281814" else "HDFC0000001"
    keys.add(bank.verification_key)
    assert len(keys) == 3
    bank.ifsc = ""
    assert bank.verification_key is None
