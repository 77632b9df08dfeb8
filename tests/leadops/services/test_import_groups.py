"""Several rows with one reference are one lead; each row keeps its own result."""

from __future__ import annotations

import pytest

from leadops.models import Lead
from leadops.services import import_chunks, import_mending, import_previews, import_rows, import_storing
from tests.leadops.services.imported import codes, counts

HEADER = ["Partner reference", "Mobile", "Name", "PAN", "City", "Account number", "IFSC", "Loan amount"]


def row(reference="R1", mobile="", name="", pan="", city="", account="", ifsc="", amount=""):
    return [reference, mobile, name, pan, city, account, ifsc, amount]


FIRST = row("R1", "9800000001", "Asha Verma", "ABCPV1234L", "Pune", "50100012345678", "HDFC0000001", "50000")
SECOND = row("R1", "9800000002", "Ravi Verma", "ABCPV5678L", "Delhi")
BANK = row("R1", account="50100099999678", ifsc="HDFC0000001")


@pytest.fixture
def grouped(finished):
    def _grouped(rows, **given):
        return finished(rows, header=HEADER, layout="grouped", **given)

    return _grouped


def test_rows_with_one_reference_make_one_lead_with_all_they_bring(grouped):
    batch = grouped([FIRST, SECOND, BANK, row("R2", "9800000003", "Meera Shah")])
    assert counts(batch) == (4, 4, 0, 0)
    assert Lead.objects.count() == 2
    lead = Lead.objects.with_parties().get(partner_ref_id="R1")
    first, second = lead.applicants.all()
    assert (first.name, first.is_primary, second.name, second.is_primary) == (
        "Asha Verma",
        True,
        "Ravi Verma",
        False,
    )
    assert [bank.account_no for bank in first.banks.all()] == ["50100012345678", "50100099999678"]
    assert [home.city for home in second.addresses.all()] == ["Delhi"]
    assert second.primary_mobile == "+919800000002"
    assert {each.lead for each in batch.import_rows.filter(number__lte=4)} == {lead}


def test_rows_need_not_stand_beside_each_other(grouped):
    batch = grouped([FIRST, row("R2", "9800000003", "Meera Shah"), SECOND])
    assert counts(batch) == (3, 3, 0, 0)
    assert Lead.objects.get(partner_ref_id="R1").applicants.count() == 2


def test_one_refused_row_refuses_its_lead_and_every_row_says_why(grouped):
    bad = row("R1", "9800000002", "Ravi Verma", "BAD", "Delhi")
    batch = grouped([FIRST, bad, BANK, row("R2", "9800000003", "Meera Shah")])
    assert codes(batch) == [
        (2, "failed", ["goes_with_its_lead"]),
        (3, "failed", ["invalid_pan"]),
        (4, "failed", ["goes_with_its_lead"]),
        (5, "created", []),
    ]
    rows = {each.number: each.problems[0] for each in batch.import_rows.filter(outcome="failed")}
    assert rows[3]["cell"] == "D3"
    assert rows[2]["message"] == "It belongs to the same lead as row 3, which was refused: see there."
    assert not Lead.objects.filter(partner_ref_id="R1").exists()


def test_a_later_row_may_fill_what_the_first_left_out_and_not_contradict_it(grouped):
    bare = row("R1", "9800000001", "Asha Verma")
    assert counts(grouped([bare, row("R1", name="Ravi Verma", amount="500")])) == (2, 2, 0, 0)
    assert Lead.objects.get().loan_amount == 500
    other = [["R5", *FIRST[1:]], row("R5", name="Ravi Verma", amount="60000")]
    batch = grouped(other, name="b.xlsx")
    assert codes(batch) == [(2, "failed", ["goes_with_its_lead"]), (3, "failed", ["contradicts_first_row"])]
    assert batch.import_rows.get(number=3).problems[0]["cell"] == "H3"


PERSON = ["Partner reference", "Mobile", "Name", "PAN", "Date of birth", "E-mail", "Tags", "Passport number"]
ASHA = ["R1", "9800000001", "Asha Verma", "ABCPV1234L"]


def test_what_later_rows_say_of_a_known_applicant_is_filled_in(finished):
    rows = [
        [*ASHA, "", "", "a", ""],
        [*ASHA, "01/02/1980", "", "b", "K1234567"],
        ["R1", "+91 98000 00001", "asha verma", "abcpv1234l", "1980-02-01", "asha@example.com", "a", ""],
        ["R1", "9800000002", "Ravi Verma", "ABCPV5678L", "", "", "", ""],
        ["R1", "", "Ravi Verma", "", "02/02/1981", "", "", ""],
    ]
    batch = finished(rows, header=PERSON, layout="grouped")
    assert counts(batch) == (5, 5, 0, 0)
    lead = Lead.objects.with_parties().get()
    first, second = lead.applicants.all()
    assert (str(first.date_of_birth), first.primary_email, lead.tags, first.identity_number) == (
        "1980-02-01", "asha@example.com", ["a", "b"], "K1234567",
    )  # fmt: skip
    assert (second.name, str(second.date_of_birth)) == ("Ravi Verma", "1981-02-02")


@pytest.mark.parametrize(
    ("at", "value"), [(1, "9800000009"), (4, "05/06/1990"), (5, "other@example.com"), (7, "K7654321")]
)
def test_what_contradicts_an_applicant_who_is_known_is_refused_at_its_cell(finished, at, value):
    first = [*ASHA, "01/02/1980", "asha@example.com", "a", "K1234567"]
    second = [*ASHA, "", "", "", ""]
    second[at] = value
    batch = finished([first, second], header=PERSON, layout="grouped")
    assert codes(batch) == [(2, "failed", ["goes_with_its_lead"]), (3, "failed", ["contradicts_first_row"])]
    assert batch.import_rows.get(number=3).problems[0]["cell"] == f"{'ABCDEFGH'[at]}3"


def test_a_wrong_value_that_a_later_row_fills_in_is_told_in_that_row(finished):
    rows = [[*ASHA, "", "", "", ""], [*ASHA, "", "not an address", "", ""]]
    batch = finished(rows, header=PERSON, layout="grouped")
    assert codes(batch) == [(2, "failed", ["goes_with_its_lead"]), (3, "failed", ["invalid_email"])]


def test_the_first_row_may_leave_the_mobile_to_a_later_one(finished):
    rows = [["R1", "", *ASHA[2:], "", "", "", ""], [*ASHA, "", "", "", ""]]
    assert counts(finished(rows, header=PERSON, layout="grouped")) == (2, 2, 0, 0)
    assert Lead.objects.get().primary_mobile == "+919800000001"


def test_mending_the_one_bad_row_brings_the_whole_lead(grouped, officer):
    batch = grouped([FIRST, row("R1", "9800000002", "Ravi Verma", "BAD"), BANK])
    bad = batch.import_rows.get(number=3)
    outcomes = import_mending.mend(batch, {bad.pk: {"D": "ABCPV5678L"}}, officer)
    assert dict(outcomes) == {"created": 3}
    assert counts(batch) == (3, 3, 0, 0)
    assert Lead.objects.get().applicants.count() == 2


def test_a_lead_is_never_cut_in_two_by_a_chunk(grouped, monkeypatch):
    monkeypatch.setattr(import_chunks, "CHUNK", 2)
    rows = []
    for at in range(5):
        rows += [[f"R{at}", *FIRST[1:]], [f"R{at}", *SECOND[1:]], [f"R{at}", *BANK[1:]]]
    batch = grouped(rows)
    assert counts(batch) == (15, 15, 0, 0)
    assert Lead.objects.count() == 5
    assert {lead.applicants.count() for lead in Lead.objects.all()} == {2}


def test_a_lead_that_is_here_already_leaves_out_all_its_rows(grouped):
    grouped([FIRST, SECOND])
    batch = grouped([FIRST, SECOND], name="b.xlsx")
    assert codes(batch) == [(2, "skipped", ["duplicate_reference"]), (3, "skipped", ["goes_with_its_lead"])]


def test_rows_without_a_reference_are_leads_of_their_own(grouped):
    rows = [row("", "9800000001", "Asha Verma"), row("", "9800000002", "Ravi Verma")]
    assert counts(grouped(rows)) == (2, 2, 0, 0)
    assert Lead.objects.count() == 2


def test_a_reference_that_too_many_rows_share_was_not_meant_as_one(grouped, monkeypatch):
    monkeypatch.setattr(import_storing, "MOST_ROWS_A_LEAD", 2)
    rows = [row("NA", f"980000000{at}", f"Person {'ABCD'[at]}") for at in range(4)]
    batch = grouped(rows)
    assert counts(batch) == (4, 2, 0, 2)
    assert Lead.objects.get().applicants.count() == 2


def beyond_the_limit() -> list[list[str]]:
    """Two rows more than one lead takes, the last ones without a mobile, and another lead below them."""
    many = [
        row("R1", f"98000000{at:02}", f"Person {chr(65 + at // 10)}{chr(65 + at % 10)}")
        for at in range(1, 51)
    ]
    return [
        *many,
        row("R1", name="Ravi Verma"),
        row("R1", "9811111111", "Meera Shah"),
        row("R2", *FIRST[1:4]),
    ]


@pytest.mark.parametrize("mode", ["create", "both", "update"])
def test_rows_beyond_the_limit_are_refused_and_make_and_change_nothing(grouped, mode):
    if mode == "update":
        grouped([FIRST], name="first.xlsx")
    rows = beyond_the_limit()[: -1 if mode == "update" else None]
    told = import_previews.shown(grouped(rows, mode=mode, name="preview.xlsx", review=True))
    [kind] = [each for each in told["problems"] if each["severity"] == "error"]
    assert (told["refused"], kind["code"], kind["count"], kind["cell"]) == (2, "too_many_rows", 2, "A52")
    batch = grouped(rows, mode=mode)
    refused = batch.import_rows.filter(outcome="failed").order_by("number")
    assert [(each.number, each.problems[0]["cell"]) for each in refused] == [(52, "A52"), (53, "A53")]
    assert {len(each.problems) for each in refused} == {1}
    assert "More than 50 rows have this reference" in refused[0].problems[0]["message"]
    lead = Lead.objects.with_parties().get(partner_ref_id="R1")
    primary, *others = lead.applicants.all()
    assert (lead.primary_mobile, primary.name) == ("+919800000001", "Person AB")
    assert "Ravi Verma" not in [each.name for each in others]


def test_a_row_beyond_the_limit_stays_refused_in_the_workbook_of_refused_rows(
    grouped, monkeypatch, sent_back
):
    monkeypatch.setattr(import_storing, "MOST_ROWS_A_LEAD", 2)
    batch = grouped([FIRST, SECOND, row("R1", "9811111111", "Meera Shah")], mode="both")
    assert codes(sent_back(batch)) == [(2, "failed", ["too_many_rows"])]
    assert Lead.objects.get().primary_mobile == "+919800000001"


@pytest.mark.parametrize("typed", ["R1", " R1 ", "R1\u00a0", "R\u200b1"])
@pytest.mark.parametrize("mode", ["create", "both"])
def test_a_row_beyond_the_limit_stays_refused_when_its_reference_is_typed_again(
    grouped, monkeypatch, officer, sent_back, typed, mode
):
    monkeypatch.setattr(import_storing, "MOST_ROWS_A_LEAD", 2)
    batch = grouped([FIRST, SECOND, row("R1", "9811111111", "Meera Shah")], mode=mode)
    assert codes(sent_back(batch, A2=typed)) == [(2, "failed", ["too_many_rows"])]
    last = batch.import_rows.get(number=4)
    assert dict(import_mending.mend(batch, {last.pk: {"A": typed}}, officer)) == {"failed": 1}
    assert codes(batch)[2] == (4, "failed", ["too_many_rows"])
    assert dict(import_mending.mend(batch, {last.pk: {"A": "R3"}}, officer)) == {"created": 1}
    assert Lead.objects.get(partner_ref_id="R1").primary_mobile == "+919800000001"


def test_rows_that_only_a_damaged_reference_made_one_lead_are_mended_each_as_its_own(grouped, officer):
    cut = "1.23457E+11"
    batch = grouped([row(cut, *FIRST[1:4]), row(cut, *SECOND[1:4]), row(cut, "9811111111", "Meera Shah")])
    assert [said for *_, said in codes(batch)] == [["excel_damage"]] * 3
    first, second, third = batch.import_rows.order_by("number")
    typed = {first.pk: {"A": "R1"}, second.pk: {"A": "R2"}}
    assert dict(import_mending.mend(batch, typed, officer)) == {"created": 2, "failed": 1}
    assert dict(import_mending.mend(batch, {third.pk: {"A": "R3"}}, officer)) == {"created": 1}
    assert sorted(lead.partner_ref_id for lead in Lead.objects.all()) == ["R1", "R2", "R3"]
    assert counts(batch) == (3, 3, 0, 0)


def test_rows_of_a_damaged_reference_that_are_one_lead_are_mended_as_one(grouped, officer):
    batch = grouped([row("5E+15", *FIRST[1:4]), row("5E+15", *SECOND[1:4])])
    typed = {each.pk: {"A": "R1"} for each in batch.import_rows.all()}
    assert dict(import_mending.mend(batch, typed, officer)) == {"created": 2}
    assert Lead.objects.get(partner_ref_id="R1").applicants.count() == 2


def test_the_preview_counts_rows_and_shows_them(grouped):
    batch = grouped([FIRST, SECOND, BANK], review=True)
    told = import_previews.shown(batch)
    assert (told["new"], [each["number"] for each in told["rows"]]) == (3, [2, 3, 4])
    assert import_rows.waiting(batch, 2)[-1].number == 4


def test_the_preview_counts_rows_that_go_with_another_and_those_refused_with_it(grouped):
    broken = row("R3", "98", "Bina Rao")
    batch = grouped([FIRST, SECOND, BANK, broken, row("R3", "9800000009", "Chand Rao")], review=True)
    told = import_previews.shown(batch)
    assert (told["new"], told["refused"], told["grouped"]) == (3, 2, 3)
    assert sum(each["count"] for each in told["problems"] if each["severity"] == "error") == 2
