"""Rows written past the ORM say what they were given, few at once and many."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, transaction

from leadops.drafts import AddressDraft, BankDraft, ConsentDraft, LeadDraft
from leadops.models import Applicant, Lead
from leadops.services import leads
from leadops.services.lead_rows import LEADS
from tests import people

pytestmark = pytest.mark.django_db

HARD = 'O\'Neil \\x41 \\\\ "q" {a,NULL} \n\t %s %(x)s 5 % — ञ 😀'
"""What a quote, an escape, an array, a comment or a mark of the driver could be taken for."""


BEFORE = datetime(2001, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)


def _hard(draft: LeadDraft) -> LeadDraft:
    applicant = replace(
        draft.applicants[0],
        father_name=HARD,
        pan_no="JUVPK1479B",
        date_of_birth=date(1990, 3, 12),
        monthly_income=Decimal("0.10"),
        tags=["a,b", HARD, "NULL", ""],
        addresses=[AddressDraft(address_line=HARD)],
        banks=[BankDraft(account_no="123456789012", account_holder_name=HARD, is_verified=True)],
    )
    return replace(
        draft,
        remarks=HARD + "\r\v\f\x85 /*audit:x*/ -- ; DROP",
        loan_amount=Decimal("123456789012.34"),
        loan_tenure=12,
        tags=["{}", '"'],
        extra={"crego_crm": {"n": 10**40, "f": 0.1, "t": HARD, "none": None}},
        consents=[
            ConsentDraft(purpose=HARD, granted_at=BEFORE, ip_address="10.0.0.1", connections=["crego"])
        ],
        applicants=[applicant],
    )


@pytest.mark.parametrize(
    ("count", "beforehand"), [(1, False), (2, False), (2, True), (21, False), (21, True)]
)
def test_few_rows_and_many_are_stored_as_they_were_told(partner, program, count, beforehand):
    drafts = told = [_hard(each) for each in people.drafts(count)]
    if beforehand:
        told = [
            leads.ready_to_submit(each, partner=partner, program=program, intake="api") for each in drafts
        ]
        leads.make_lines(told)
        assert all(each.row.line for each in told)

    made = leads.create(told, partner=partner, program=program, intake=Lead.Intake.API)

    stored = Lead.objects.with_parties().in_bulk([lead.pk for lead in made])
    for lead, draft in zip(made, drafts, strict=True):
        read = stored[lead.pk]
        assert [getattr(read, field.attname) for field in Lead._meta.concrete_fields] == [
            getattr(lead, field.attname) for field in Lead._meta.concrete_fields
        ]
        _same(read, draft, "primary_mobile", "remarks", "loan_amount", "loan_tenure", "tags", "extra")
        [applicant], [told] = read.applicants.all(), draft.applicants
        _same(applicant, told, "name", "father_name", "pan_no", "date_of_birth", "monthly_income", "tags")
        _same(applicant.addresses.get(), told.addresses[0], "address_line")
        _same(applicant.banks.get(), told.banks[0], "account_no", "account_holder_name", "is_verified")
        _same(read.consents.get(), draft.consents[0], "purpose", "granted_at", "ip_address", "connections")


def test_of_many_rows_each_keeps_its_own_whether_its_neighbours_have_any(partner, program):
    drafts = people.drafts(30)
    for at, draft in enumerate(drafts):
        draft.loan_amount = None if at % 3 else Decimal(at + 1)
        draft.applicants[0].date_of_birth = date(1990, 1, 1 + at) if at % 2 else None
    made = leads.create(drafts, partner=partner, program=program, intake=Lead.Intake.API)
    stored = Lead.objects.with_parties().in_bulk([lead.pk for lead in made])
    for lead, draft in zip(made, drafts, strict=True):
        _same(stored[lead.pk], draft, "loan_amount")
        _same(stored[lead.pk].applicants.get(), draft.applicants[0], "name", "date_of_birth")


def _same(row: object, draft: object, *names: str) -> None:
    assert {name: getattr(row, name) for name in names} == {name: getattr(draft, name) for name in names}


def test_a_text_that_the_database_can_not_keep_is_its_error(partner, program):
    [draft] = people.drafts(1)

    with pytest.raises(DataError):
        leads.create([replace(draft, source="x" * 101)], partner=partner, program=program, intake="api")


def test_a_text_that_can_not_be_sent_is_no_error_before_it_is_stored(partner, program):
    """So that it costs the others nothing: what is made ready is made ready for many."""
    origin = {"partner": partner, "program": program, "intake": "excel"}
    first, *others = people.drafts(30)
    bad, *good = ready = [
        leads.ready_to_submit(each, **origin) for each in (replace(first, source="a\0"), *others)
    ]
    leads.make_lines(ready)
    for told in ([bad], ready):
        with pytest.raises(DataError), transaction.atomic():
            leads.create(told, **origin)
    leads.create(good, **origin)
    assert Lead.objects.count() == 29


@pytest.mark.django_db(transaction=True)
def test_one_lead_needs_no_transaction_around_it_and_leaves_nothing_when_refused(partner, program):
    for _ in range(2):
        draft = replace(people.drafts(1)[0], partner_ref_id="taken")
        with suppress(IntegrityError):
            leads.create([draft], partner=partner, program=program, intake=Lead.Intake.API)
    assert (Lead.objects.count(), Applicant.objects.count()) == (1, 1)


def test_a_row_of_too_few_values_is_never_made():
    """Each would stand in another's column."""
    with pytest.raises(ValueError, match="leadops_lead"):
        LEADS.row(["all that is there"])
