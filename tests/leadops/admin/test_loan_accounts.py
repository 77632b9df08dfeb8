"""Loan accounts opened by hand."""

from __future__ import annotations

import pytest
from django.urls import reverse

from leadops.models import Lead, LoanAccount
from leadops.services import leads, loan_accounts

ADD = reverse("admin:leadops_loanaccount_add")


@pytest.fixture
def submitted(lead: Lead) -> Lead:
    leads.submit([lead])
    return lead


def opened(desk, lead, program, ref_id="LA-1"):
    return desk.post(ADD, {"lead": lead.pk, "program": program.pk, "ref_id": ref_id})


def test_account_is_opened_through_the_service(desk, submitted, program, officer):
    opened(desk, submitted, program)
    account = LoanAccount.objects.get()
    assert (account.lead, account.status, account.created_by) == (submitted, "pending", officer)
    assert account.product_type == program.product_type


def test_lead_page_offers_the_account_form_filled_in(desk, submitted, program):
    page = desk.get(reverse("admin:leadops_lead_change", args=[submitted.pk])).content.decode()
    assert f"{ADD}?lead={submitted.pk}&amp;program={program.pk}" in page
    assert str(submitted.pk) in desk.get(ADD, {"lead": submitted.pk}).content.decode()


def test_taken_reference_is_refused_at_the_form(desk, submitted, program):
    loan_accounts.open_account(submitted, "LA-1", program)
    assert opened(desk, submitted, program).status_code == 200
    assert LoanAccount.objects.count() == 1


def test_reference_taken_while_the_form_was_sent_is_refused_at_its_field(
    desk, submitted, program, monkeypatch
):
    check, others = loan_accounts.checked_reference, []

    def raced(text):
        if not others:
            others.append(text)
            loan_accounts.open_account(submitted, text, program)
        return check(text)

    monkeypatch.setattr(loan_accounts, "checked_reference", raced)
    answer = opened(desk, submitted, program)
    assert answer.status_code == 200
    told = answer.context["adminform"].form.errors
    assert told == {"ref_id": ["This program already has an account with this reference."]}
    assert LoanAccount.objects.count() == 1


def test_draft_lead_gets_no_account(desk, lead, program):
    page = opened(desk, lead, program).content.decode()
    assert "This lead is draft" in page
    assert not LoanAccount.objects.exists()


def test_account_is_read_only_and_found_by_its_reference(desk, submitted, program):
    account = loan_accounts.open_account(submitted, "LA-1", program)
    url = reverse("admin:leadops_loanaccount_change", args=[account.pk])
    assert desk.get(url).status_code == 200
    assert desk.post(url, {"ref_id": "other"}).status_code == 403
    listed = (
        desk.get(reverse("admin:leadops_loanaccount_changelist"), {"q": "LA-1"}).context["cl"].result_list
    )
    assert list(listed) == [account]


@pytest.mark.parametrize("reference", ["4111 1111 1111 1111", "4111111111111111"])
def test_a_card_number_is_no_account_reference(desk, submitted, program, reference):
    assert (
        "Card data must never be sent or kept" in opened(desk, submitted, program, reference).content.decode()
    )
    assert not LoanAccount.objects.exists()
