"""Imports that change leads: known by reference, else by mobile and PAN; only filled cells change anything."""

from __future__ import annotations

from decimal import Decimal

import pytest

from leadops import search
from leadops.drafts import AddressDraft
from leadops.models import Address, Applicant, Bank, Lead
from leadops.services import (
    column_mappings,
    import_batches,
    import_previews,
    lead_deletion,
    leads,
    loan_accounts,
)
from leadops.signals import leads_changed
from leadops.validation import check_lead
from tests import people
from tests.leadops.borrowers import MOBILE, applicant, bank, lead
from tests.leadops.excel.workbooks import HEADER, good_rows
from tests.leadops.services.imported import codes, counts

WIDE = [*HEADER, "City", "Account number", "IFSC"]


def updated(batch) -> tuple[int, int, int, int]:
    batch.refresh_from_db()
    assert batch.created + batch.updated + batch.skipped + batch.failed == batch.rows
    return batch.created, batch.updated, batch.skipped, batch.failed


@pytest.fixture
def here(finished):
    """Three leads with addresses and bank accounts."""
    rows = [[*row, "Pune", f"5010001234{at}", "HDFC0000001"] for at, row in enumerate(good_rows(3))]
    return finished(rows, header=WIDE, name="first.xlsx")


@pytest.fixture
def change(finished):
    def _change(rows, header=WIDE, mode="update", **given):
        return finished(rows, header=header, mode=mode, name="change.xlsx", **given)

    return _change


def test_a_filled_cell_changes_the_lead_and_an_empty_one_does_not(here, change):
    changed = []
    listener = lambda sender, leads, **_: changed.extend(leads)  # noqa: E731
    leads_changed.connect(listener)
    try:
        batch = change([["REF-2", "", "", "", "75000", "Nashik", "", ""]])
    finally:
        leads_changed.disconnect(listener)
    assert updated(batch) == (0, 1, 0, 0)
    lead = Lead.objects.with_parties().get(partner_ref_id="REF-2")
    [person] = lead.applicants.all()
    [home], [bank] = person.addresses.all(), person.banks.all()
    assert (lead.loan_amount, lead.version, changed) == (Decimal(75000), 2, [lead])
    assert (lead.primary_mobile, person.name, home.city, bank.account_no) == (
        "+919800000002", "Asha Verma", "Nashik", "50100012341",
    )  # fmt: skip
    assert batch.import_rows.get().lead == lead


def test_without_a_reference_mobile_and_pan_together_find_the_lead(here, change):
    header = ["Mobile", "PAN", "Loan amount"]
    batch = change([["98000 00003", "abcpv0003l", "1"], ["9800000003", "AAAPA1111A", "2"]], header)
    assert codes(batch) == [(2, "updated", []), (3, "failed", ["no_such_lead"])]
    assert Lead.objects.get(partner_ref_id="REF-3").loan_amount == 1


def test_two_leads_with_one_mobile_and_pan_are_not_chosen_between(finished, change):
    finished([["A", *good_rows(1)[0][1:]], ["B", *good_rows(1)[0][1:]]], name="first.xlsx")
    batch = change([["9800000001", "ABCPV0001L", "5"]], ["Mobile", "PAN", "Loan amount"])
    assert codes(batch) == [(2, "failed", ["several_leads_match"])]


def test_what_is_not_here_is_refused_or_made_as_the_mode_says(here, change):
    rows = [*good_rows(1, start=7), ["REF-8", "", "", "", "1"]]
    assert codes(change(rows, HEADER)) == [(2, "failed", ["no_such_lead"]), (3, "failed", ["no_such_lead"])]
    both = change([*rows, ["REF-1", "", "", "", "9"]], HEADER, mode="both")
    assert codes(both) == [(2, "created", []), (3, "failed", ["required", "required"]), (4, "updated", [])]


def test_the_same_again_changes_nothing_and_makes_no_version(here, change):
    rows = [[*row, "Pune", f"5010001234{at}", "HDFC0000001"] for at, row in enumerate(good_rows(3))]
    batch = change(rows, mode="both")
    assert updated(batch) == (0, 0, 3, 0)
    assert codes(batch)[0] == (2, "skipped", ["unchanged"])
    assert set(Lead.objects.values_list("version", flat=True)) == {1}


def test_a_change_that_is_wrong_is_refused_and_leaves_the_lead(here, change):
    batch = change([["REF-1", "98", "", "", "5"], ["REF-2", "", "", "", "-5"]], HEADER)
    assert codes(batch) == [(2, "failed", ["invalid_mobile"]), (3, "failed", ["negative_amount"])]
    assert set(Lead.objects.values_list("version", flat=True)) == {1}


def test_a_new_account_number_has_to_be_verified_again(here, change):
    Bank.objects.update(is_verified=True)
    change([["REF-1", "", "", "", "", "", "50100099999", ""]])
    assert {bank.account_no: bank.is_verified for bank in Bank.objects.all()} == {
        "50100099999": False, "50100012341": True, "50100012342": True,
    }  # fmt: skip


def test_an_officers_workbook_is_no_way_around_the_second_person(here, change, officer, settings):
    """What the lead's page would have approved can't be had by a workbook of one row."""
    settings.APPROVALS = True
    Bank.objects.update(is_verified=True)
    rows = [
        ["REF-1", "", "", "", "7", "", "50100099999", ""],
        ["REF-2", "", "", "", "", "", "", "ICIC0000001"],
    ]
    rows.append(["REF-3", "", "", "", "9", "Nashik", "", ""])
    batch = change(rows, uploaded_by=officer)
    refused = ["verified_account"]
    assert codes(batch) == [(2, "failed", refused), (3, "failed", refused), (4, "updated", [])]
    cells = [each["cell"] for row in batch.import_rows.order_by("number")[:2] for each in row.problems]
    assert cells == ["G2", "H3"]
    assert Bank.objects.filter(is_verified=True, account_no_index__isnull=False).count() == 3
    Bank.objects.update(is_verified=False)
    assert updated(change(rows[:1], uploaded_by=officer)) == (0, 1, 0, 0)


def test_a_partners_own_workbook_has_an_account_verified_again(here, change, settings):
    settings.APPROVALS = True
    Bank.objects.update(is_verified=True)
    assert updated(change([["REF-1", "", "", "", "", "", "50100099999", ""]])) == (0, 1, 0, 0)
    assert not Bank.objects.get(applicant__lead__partner_ref_id="REF-1").is_verified


def test_a_changed_number_is_found_by_its_new_value(here, change):
    change([["REF-1", "9811111111", "", "AAAPA1111A", "", "", "50100077777", ""]])
    lead = Lead.objects.get(partner_ref_id="REF-1")
    assert (
        search.lead_ids("9811111111")
        == search.lead_ids("AAAPA1111A")
        == search.lead_ids("50100077777")
        == [lead.pk]
    )
    assert search.lead_ids("50100012340") == []


def test_a_dropped_lead_is_left_as_it_is(here, change):
    Lead.objects.filter(partner_ref_id="REF-1").update(status="dropped")
    assert codes(change([["REF-1", "", "", "", "5"]], HEADER)) == [(2, "skipped", ["lead_ended"])]


def test_a_deleted_lead_is_not_found_and_its_reference_stays_used(here, change):
    gone = Lead.objects.get(partner_ref_id="REF-1")
    lead_deletion.delete(gone.pk)
    by_reference, by_person = good_rows(1), [["", *good_rows(1)[0][1:]]]
    assert codes(change(by_reference, HEADER)) == [(2, "failed", ["no_such_lead"])]
    assert codes(change(by_person, HEADER)) == [(2, "failed", ["no_such_lead"])]
    for mode in ("create", "both"):
        assert codes(change(by_reference, HEADER, mode=mode)) == [(2, "skipped", ["duplicate_reference"])]
    assert Lead.with_deleted.get(pk=gone.pk).version == 2


@pytest.mark.parametrize("by", ["reference", "person"])
def test_a_lead_that_is_decided_is_left_as_it_is(here, change, by):
    Lead.objects.filter(partner_ref_id="REF-1").update(status="approved")
    second = Lead.objects.get(partner_ref_id="REF-2")
    loan_accounts.open_account(second, "LA-1", second.program)
    rows = [["REF-1", "", "Other Name", "", "5"], ["REF-2", "", "", "AAAPA1111A", ""]]
    if by == "person":
        rows = [["", *row[1:3], row[3], "5"] for row in good_rows(2)]
    batch = change(rows, HEADER)
    assert codes(batch) == [(2, "skipped", ["lead_decided"]), (3, "skipped", ["lead_decided"])]
    said = [row.problems[0]["message"] for row in batch.import_rows.order_by("number")]
    assert said == [
        f"This lead {why}; it was left as it is." for why in ("is approved", "has a loan account")
    ]
    assert set(Lead.objects.values_list("version", flat=True)) == {1}


def test_a_lead_of_another_program_is_refused_by_its_reference_and_not_meant_by_its_person(here, change):
    other = people.program("gold", "Gold loans")
    rows = [["REF-1", "", "", "", "5"], ["", *good_rows(1, start=2)[0][1:4], "6"]]
    batch = change(rows, HEADER, mode="both", program=other)
    assert codes(batch) == [(2, "failed", ["other_program"]), (3, "created", [])]
    said = batch.import_rows.get(number=2).problems[0]["message"]
    assert "of the program Supply chain finance, and this import of Gold loans" in said
    assert set(Lead.objects.values_list("version", flat=True)) == {1}


def test_another_partners_lead_is_not_found(here, change, other_partner):
    batch = change([["REF-1", "", "", "", "5"]], HEADER, partner=other_partner)
    assert codes(batch) == [(2, "failed", ["no_such_lead"])]


def test_two_rows_about_one_lead_are_applied_one_after_the_other(here, change):
    batch = change(
        [["REF-1", "", "", "", "5"], ["REF-2", "", "", "", "6"], ["REF-1", "", "", "", "7"]], HEADER
    )
    assert updated(batch) == (0, 3, 0, 0)
    lead = Lead.objects.get(partner_ref_id="REF-1")
    assert (lead.loan_amount, lead.version) == (7, 3)


AGAIN = "Row {} of this file is about the same lead; this row came after it and changed the lead again."


@pytest.mark.parametrize("by", ["reference", "person"])
def test_a_row_that_changes_a_lead_again_names_the_last_row_before_it_that_did(here, change, by):
    def about(at, amount):
        return [f"REF-{at}" if by == "reference" else "", *person[at][1:4], amount]

    person = dict(enumerate(good_rows(2), start=1))
    rows = [about(1, "5"), about(2, "6"), about(1, "7"), about(1, "7"), about(2, "-1"), about(1, "8")]
    batch = change(rows, HEADER, review=True)
    if by == "reference":  # rows that share one may be one lead: an officer is asked
        column_mappings.confirm(batch, HEADER, "flat", mode="update", officer=None)
        import_batches.run(batch.pk)
        batch.refresh_from_db()
    told = import_previews.shown(batch)
    [foreseen] = [each for each in told["problems"] if each["code"] == "changed_again"]
    assert (foreseen["message"], foreseen["severity"], foreseen["count"]) == (AGAIN.format(2), "warning", 2)
    batch = change(rows, HEADER)
    assert codes(batch) == [
        (2, "updated", []), (3, "updated", []), (4, "updated", ["changed_again"]), (5, "skipped", ["unchanged"]),
        (6, "failed", ["negative_amount"]), (7, "updated", ["changed_again"]),
    ]  # fmt: skip
    said = [batch.import_rows.get(number=at).problems[0]["message"] for at in (4, 7)]
    assert said == [AGAIN.format(2), AGAIN.format(4)]


def test_a_row_that_changes_the_lead_of_a_row_before_it_says_so(change):
    header, asha = ["Mobile", "Name", "PAN", "Loan amount"], ["9800000001", "Asha Verma", "ABCPV0001L"]
    rows = [[*asha, "50000"], [*asha, "60000"], [*asha, "70000"]]
    told = import_previews.shown(change(rows, header, mode="both", review=True))
    assert [(each["code"], each["message"], each["count"]) for each in told["problems"]] == [
        ("changed_again", AGAIN.format(2), 2)
    ]
    batch = change(rows, header, mode="both")
    said = {each.number: [one["message"] for one in each.problems] for each in batch.import_rows.all()}
    assert said == {2: [], 3: [AGAIN.format(2)], 4: [AGAIN.format(3)]}


def test_rows_of_one_new_person_make_one_lead_and_change_it(change):
    header = ["Mobile", "Name", "PAN", "Loan amount"]
    asha = ["9800000001", "Asha Verma", "ABCPV0001L"]
    rows = [[*asha, "50000"], [*asha, "60000"], [*asha, "70000"]]
    told = import_previews.shown(change(rows, header, mode="both", review=True))
    assert (told["new"], told["update"]) == (1, 2)
    assert updated(change(rows, header, mode="both")) == (1, 2, 0, 0)
    lead = Lead.objects.get()
    assert (lead.loan_amount, lead.version) == (70_000, 3)


def test_a_row_finds_what_the_row_before_has_named_anew(here, change):
    header = ["Partner reference", "Mobile", "PAN", "Loan amount"]
    rows = [["REF-1", "9811111111", "AAAPA1111A", ""], ["", "9811111111", "AAAPA1111A", "5"]]
    assert codes(change(rows, header)) == [(2, "updated", []), (3, "updated", ["changed_again"])]
    assert Lead.objects.get(partner_ref_id="REF-1").loan_amount == 5


def test_a_row_does_not_mean_a_lead_that_the_row_before_has_taken_its_name_from(here, change):
    header = ["Partner reference", "Mobile", "PAN", "Loan amount"]
    rows = [["REF-1", "9811111111", "", ""], ["", "9800000001", "ABCPV0001L", "5"]]
    assert codes(change(rows, header)) == [(2, "updated", []), (3, "failed", ["no_such_lead"])]


def test_a_change_that_fails_costs_no_other(here, change, monkeypatch):
    real = leads.revise_all

    def broken(changed):
        if any(lead.partner_ref_id == "REF-1" for lead in changed):
            raise ZeroDivisionError
        real(changed)

    monkeypatch.setattr(leads, "revise_all", broken)
    batch = change([["REF-1", "", "", "", "5"], ["REF-2", "", "", "", "6"]], HEADER)
    assert codes(batch) == [(2, "failed", ["internal_error"]), (3, "updated", [])]
    assert Lead.objects.get(partner_ref_id="REF-1").loan_amount == 50_001


def test_the_preview_foretells_changes(here, change):
    rows = [["REF-1", "", "", "", "5"], *good_rows(1, start=2), *good_rows(1, start=8)]
    batch = change(rows, HEADER, mode="both", review=True)
    told = import_previews.shown(batch)
    assert (told["new"], told["update"], told["left_out"], told["refused"]) == (1, 1, 1, 0)
    assert set(Lead.objects.values_list("version", flat=True)) == {1}


def test_in_create_mode_nothing_is_changed(here, change):
    batch = change([["REF-1", "9800000001", "Other Name", "", "5"]], HEADER, mode="create")
    assert counts(batch) == (1, 0, 1, 0)
    assert Lead.objects.get(partner_ref_id="REF-1").loan_amount == 50_001


def test_a_chunk_of_changes_is_found_and_stored_in_few_queries(
    finished, change, django_assert_max_num_queries
):
    rows = [[*row, "Pune", f"501000123{at:02}", "HDFC0000001"] for at, row in enumerate(good_rows(40))]
    finished(rows, header=WIDE, name="first.xlsx")
    several = [[f"REF-{at}", "", "", "", str(at), "Nashik", "", ""] for at in range(1, 31)]
    some = [[f"REF-{at}", "", "", "", str(at), "", "", ""] for at in range(31, 41)]
    with django_assert_max_num_queries(50):
        batch = change([*several, *some])
    assert updated(batch) == (0, 40, 0, 0)
    assert Address.objects.filter(city="Nashik").count() == 30
    assert set(Lead.objects.values_list("loan_amount", "version")) == {(at, 2) for at in range(1, 41)}


# Who and what is meant -----------------------------------------------------------------------------------------

PEOPLE = ["Partner reference", "Name", "PAN", "City", "Account number", "IFSC"]


@pytest.fixture
def family(partner, program):
    """A lead of a mother and her daughter, the first with two addresses and two accounts."""
    mother = applicant(name="Asha Verma", pan_no="ABCPV0001L", is_primary=True)
    mother.addresses = [
        AddressDraft(tags=["permanent"], city="Delhi"),
        AddressDraft(tags=["current"], city="Pune"),
    ]
    mother.banks = [bank("123456789012"), bank("123456789013")]
    daughter = applicant(name="Ravi Rao", pan_no="ABCPV0002L")
    draft = lead(MOBILE, mother, daughter, partner_ref_id="REF-1")
    check_lead(draft)
    [made] = leads.create([draft], partner=partner, program=program, intake="api")
    return made


def test_a_namesake_with_another_pan_is_somebody_else(family, change):
    rows = [
        ["REF-1", "Asha Verma", "ABCPV0001L", "", "", ""],
        ["REF-1", "Ravi Rao", "ABCPV0003L", "", "", ""],
    ]
    change(rows, PEOPLE, layout="grouped")
    people = Lead.objects.with_parties().get().applicants.all()
    assert [(each.name, each.pan_no) for each in people] == [
        ("Asha Verma", "ABCPV0001L"), ("Ravi Rao", "ABCPV0002L"), ("Ravi Rao", "ABCPV0003L"),
    ]  # fmt: skip


def test_a_person_without_a_pan_is_found_by_the_name_and_filled(family, change):
    Applicant.objects.filter(name="Ravi Rao").update(pan_no="", pan_no_index=None)
    rows = [
        ["REF-1", "Asha Verma", "ABCPV0001L", "", "", ""],
        ["REF-1", "ravi rao", "ABCPV0003L", "", "", ""],
    ]
    change(rows, PEOPLE, layout="grouped")
    people = Lead.objects.with_parties().get().applicants.all()
    assert [each.pan_no for each in people] == ["ABCPV0001L", "ABCPV0003L"]


def test_the_current_address_is_changed_and_not_the_permanent_one(family, change):
    batch = change([["REF-1", "", "", "Nashik", "", ""]], PEOPLE)
    assert updated(batch) == (0, 1, 0, 0)
    assert list(Address.objects.order_by("position").values_list("tags", "city")) == [
        (["permanent"], "Delhi"), (["current"], "Nashik"),
    ]  # fmt: skip


def test_a_current_address_that_was_unknown_is_added_to_the_permanent_one(family, change):
    Address.objects.filter(tags=["current"]).delete()
    change([["REF-1", "", "", "Nashik", "", ""]], PEOPLE)
    assert list(Address.objects.order_by("position").values_list("tags", "city", "position")) == [
        (["permanent"], "Delhi", 0), (["current"], "Nashik", 1),
    ]  # fmt: skip


def test_an_address_that_says_not_which_it_is_is_changed(family, change):
    Address.objects.filter(tags=["current"]).update(tags=[])
    change([["REF-1", "", "", "Nashik", "", ""]], PEOPLE)
    assert list(Address.objects.order_by("position").values_list("tags", "city")) == [
        (["permanent"], "Delhi"), ([], "Nashik"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ("123456789013", ["123456789012", "123456789013"]),
        ("123456789099", ["123456789012", "123456789013", "123456789099"]),
    ],
)
def test_of_two_accounts_none_is_overwritten_by_another_number(family, change, given, numbers):
    change([["REF-1", "", "", "", given, "HDFC0000002"]], PEOPLE)
    told = Bank.objects.order_by("position")
    assert [each.account_no for each in told] == numbers
    assert [each.ifsc == "HDFC0000002" for each in told] == [each == given for each in numbers]
