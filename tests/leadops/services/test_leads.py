"""Taking leads in."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from leadops import signals, synthetic
from leadops.drafts import ApplicantDraft, LeadDraft
from leadops.errors import DuplicateReference, Invalid, LeadStopped
from leadops.models import Applicant, Lead, LoanAccount
from leadops.services import leads, loan_accounts
from tests import people


@pytest.fixture
def take(partner, program):
    return lambda draft: leads.receive(draft, partner=partner, program=program, intake=Lead.Intake.API)[0]


def test_a_lead_is_stored_with_all_that_belongs_to_it(take):
    draft = synthetic.drafts(1)[0]
    lead = Lead.objects.with_parties().get(pk=take(draft).pk)
    assert lead.status == Lead.Status.SUBMITTED
    assert lead.loan_amount == draft.loan_amount
    applicant = lead.applicants.get()
    given = draft.applicants[0]
    assert (applicant.name, applicant.pan_no, applicant.date_of_birth) == (
        given.name,
        given.pan_no,
        given.date_of_birth,
    )
    assert applicant.identity_number == given.identity_document.number
    assert [a.pincode for a in applicant.addresses.all()] == [a.pincode for a in given.addresses]
    assert [b.account_no for b in applicant.banks.all()] == [b.account_no for b in given.banks]


def test_a_lead_with_errors_is_refused_with_all_of_them(take):
    draft = LeadDraft(primary_mobile="12", applicants=[ApplicantDraft(name="Asha", pan_no="wrong")])
    with pytest.raises(Invalid) as refused:
        take(draft)
    assert {f.field for f in refused.value.findings} == {"primary_mobile", "applicants[0].pan_no"}
    assert Lead.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_reference_is_taken_once_and_says_by_whom(take):
    first = take(synthetic.drafts(1)[0])
    with pytest.raises(DuplicateReference) as refused:
        take(synthetic.drafts(1)[0])
    assert refused.value.existing_id == str(first.pk)
    assert Lead.objects.count() == 1


def test_two_primary_applicants_are_refused_by_the_database(take):
    lead = take(synthetic.drafts(1)[0])
    with pytest.raises(IntegrityError, match="one_primary"), transaction.atomic():
        Applicant.objects.create(lead=lead, name="Second", is_primary=True)


@pytest.mark.parametrize("count", [3, 60])
def test_few_and_many_are_stored_alike(partner, program, count):
    drafts, made = people.drafts(count), people.leads_of(partner, program, count)
    stored = Lead.objects.in_bulk([lead.pk for lead in made])
    assert [stored[lead.pk].primary_mobile for lead in made] == [draft.primary_mobile for draft in drafts]
    pans = [Applicant.objects.get(lead=lead).pan_no for lead in made[:3]]
    assert pans == [draft.applicants[0].pan_no for draft in drafts[:3]]


ODD = (
    "100 % of it, 5 %s, %(x)s, %%; 'one' \"two\" \\ \\' \\n \\N :x :'x' $1 $$ ${x} {} {0} ? NULL -- /* \t\n;"
)
"""A text with what SQL, a driver's marks and COPY take for something else."""


@pytest.mark.parametrize("count", [1, 60])
def test_few_and_many_are_stored_letter_by_letter(partner, program, count):
    drafts, tags = people.drafts(count), [ODD[:50], ODD[50:], "{}", ""]
    for draft in drafts:
        draft.remarks, draft.tags, draft.extra = ODD, tags, {"brainysoft": {ODD: [ODD, None]}}
        draft.applicants[0].employer_name = ODD
        draft.applicants[0].addresses[0].address_line = ODD
        draft.applicants[0].banks[0].account_holder_name = ODD
    made = leads.create(drafts, partner=partner, program=program, intake=Lead.Intake.API)
    stored = Lead.objects.with_parties().in_bulk([lead.pk for lead in made])
    assert len(stored) == count
    for lead in stored.values():
        applicant = lead.applicants.all()[0]
        assert (lead.remarks, lead.tags) == (ODD, tags)
        assert lead.extra == {"brainysoft": {ODD: [ODD, None]}}
        assert applicant.employer_name == ODD
        assert applicant.addresses.all()[0].address_line == ODD
        assert applicant.banks.all()[0].account_holder_name == ODD


def test_a_listener_can_fail_a_submit(partner, program):
    lead = people.leads_of(partner, program)[0]

    def refuse(**kwargs):
        raise RuntimeError("no")

    signals.leads_ready.connect(refuse)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            leads.submit([lead])
    finally:
        signals.leads_ready.disconnect(refuse)
    lead.refresh_from_db()
    assert lead.status == Lead.Status.DRAFT


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", sorted(Lead.STOPPED))
def test_a_lead_that_the_lender_has_ended_is_not_submitted(take, status):
    lead = take(synthetic.drafts(1)[0])
    lead.status = status
    with pytest.raises(LeadStopped, match="so it is not sent"):
        leads.submit([lead])


def test_an_account_reference_is_taken_once_per_program(take, program):
    lead = take(synthetic.drafts(1)[0])
    account = loan_accounts.open_account(lead, "CL1", program)
    assert (account.product_type, account.status) == ("scf", LoanAccount.PENDING)
    with pytest.raises(DuplicateReference) as refused:
        loan_accounts.open_account(lead, "CL1", program)
    assert refused.value.existing_id == str(account.pk)


def test_an_account_reference_is_stored_tidied(take, program):
    lead = take(synthetic.drafts(1)[0])
    account = loan_accounts.open_account(lead, "  CL\u00a01 ", program)
    account.refresh_from_db()
    assert account.ref_id == "CL 1"


@pytest.mark.parametrize("ref_id", ["", " \u00a0", "x" * 51, "card 4111 1111 1111 1111"])
def test_an_account_needs_a_reference_that_can_be_one(take, program, ref_id):
    lead = take(synthetic.drafts(1)[0])
    with pytest.raises(Invalid, match="ref_id"):
        loan_accounts.open_account(lead, ref_id, program)


@pytest.mark.parametrize("status", [Lead.Status.DRAFT, Lead.Status.DROPPED, Lead.Status.DECLINED])
def test_an_account_is_opened_on_a_submitted_lead_only(take, program, status):
    lead = take(synthetic.drafts(1)[0])
    lead.status = status
    with pytest.raises(Invalid, match="crm_lead_id"):
        loan_accounts.open_account(lead, "CL1", program)
