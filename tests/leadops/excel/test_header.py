"""The header row says what the cells are; what it does not know is refused, never dropped."""

from __future__ import annotations

import pytest

from leadops.drafts import IdentityDocumentDraft
from leadops.errors import UnreadableFile
from leadops.excel import hindi
from leadops.excel.columns import BY_KEY, COLUMNS, IGNORED
from leadops.excel.header import Header
from leadops.excel.reading.heading_keys import key
from leadops.excel.sheet_header import AADHAAR_REMOVED, CARD_REMOVED, letters, position
from leadops.validation import check_lead
from leadops.validation.cards import names_card_data


def refusal(cells: list[str]) -> str:
    with pytest.raises(UnreadableFile) as caught:
        Header(cells)
    return caught.value.message


@pytest.mark.parametrize(("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_places_have_letters_and_letters_places(place, name):
    assert letters(place) == name
    assert position(name) == place


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("Mobile No.", "primary_mobile"),
        ("MOB", "primary_mobile"),
        ("PAN No.", "applicants[0].pan_no"),
        ("A/c No.", "applicants[0].banks[0].account_no"),
        ("Pin code", "applicants[0].addresses[0].pincode"),
        ("e-mail id", "applicants[0].primary_email"),
        ("D.O.B.", "applicants[0].date_of_birth"),
        ("IFSC CODE", "applicants[0].banks[0].ifsc"),
        ("Father's Name", "applicants[0].father_name"),
    ],
)
def test_usual_spellings_are_understood(written, path):
    assert BY_KEY[key(written)].path == path


@pytest.mark.parametrize(
    ("written", "header"),
    [
        ("Naam", "Name"), ("Pata", "Address"), ("Khata No.", "Account number"), ("Mobile Nambar", "Mobile"),
        ("Mobail", "Mobile"), ("Janm Tithi", "Date of birth"), ("Sheher", "City"), ("Zila", "District"),
        ("Rajya", "State"), ("Pita ka naam", "Father's name"), ("पिता", "Father's name"), ("पता", "Address"),
        ("पिता का नाम", "Father's name"), ("खाता संख्या", "Account number"), ("जन्म तिथि", "Date of birth"),
        ("जन्मतिथि", "Date of birth"), ("मोबाइल नंबर", "Mobile"), ("मोबाइल नं.", "Mobile"), ("नाम", "Name"),
        ("ज़िला", "District"), ("गाँव", "Locality"), ("पैन कार्ड नंबर", "PAN"), ("पिन कोड", "Pincode"),
    ],
)  # fmt: skip
def test_names_in_hindi_are_understood_in_both_scripts(written, header):
    assert BY_KEY[key(written)].header == header


@pytest.mark.parametrize(
    "written", ["पति", "पति का नाम", "Pati", "Rashi", "राशि", "Gram", "Pita/Pati", "Khata"]
)
def test_words_that_may_mean_something_else_are_asked_about(written):
    assert key(written) not in BY_KEY


def test_words_that_differ_in_their_vowels_are_different():
    assert len({key(word) for word in ("पिता", "पति", "पता")}) == 3
    assert key("मोबाईल") != key("मोबाइल")


def test_spellings_that_nobody_tells_apart_are_one():
    assert key("ज़िला") == key("जिला")
    assert key("गाँव") == key("गांव")
    assert key("Ｍｏｂｉｌｅ №") == key("mobile no")


def test_no_two_columns_share_a_spelling():
    spellings = [name for column in COLUMNS for name in set(column.keys)]
    assert len(spellings) == len(set(spellings))
    assert IGNORED.isdisjoint(spellings)
    assert "" not in spellings


def test_each_name_in_hindi_is_of_a_column_and_stands_once():
    assert hindi.NAMES.keys() <= {column.header for column in COLUMNS}
    names = [name for listed in hindi.NAMES.values() for name in listed.split(", ")]
    assert len(names) == len(set(names))
    assert not any(map(names_card_data, names))


def test_no_known_column_asks_for_card_data():
    assert not [
        name
        for column in COLUMNS
        for name in (column.header, *column.also.split(", "))
        if names_card_data(name)
    ]


def test_a_header_without_mobile_and_name_is_refused():
    assert "Mobile and none Name" in refusal(["PAN", "City"])
    assert "Name" not in refusal(["First name", "City"]).removeprefix("No column is headed Mobile")


def test_repeated_columns_are_refused():
    assert refusal(["Mobile", "Name", "Phone"]).startswith("Columns A and C both hold the Mobile")


@pytest.mark.parametrize("name", ["Card Number", "CVV", "card_holder", "Expiry Month"])
def test_a_column_of_card_data_refuses_the_file(name):
    assert "Column C asks for card data" in refusal(["Mobile", "Name", name])


def test_unknown_columns_matter_only_when_filled():
    header = Header(["Mobile", "Name", "Bank branch", "", "IFCS Code"])
    assert header.strays(["9800000001", "Asha", "", " "]) == []
    assert header.strays(["9800000001", "Asha", "x", "y", "z", "w"]) == [2, 3, 4, 5]
    with pytest.raises(UnreadableFile) as caught:
        header.refuse_strays({2, 3, 4})
    assert "C (Bank branch" in caught.value.message
    assert "D (no header)" in caught.value.message
    assert "E (IFCS Code, perhaps IFSC)" in caught.value.message


def test_counters_and_our_own_additions_are_ignored():
    header = Header(["S.No.", "Mobile", "Name", "Why refused", "Row", "#"])
    assert header.strays(["1", "9800000001", "Asha", "no reason", "7", "8"]) == []


def test_a_row_becomes_a_lead_with_only_what_it_holds():
    header = Header(["Mobile", "Name", "Pincode", "IFSC", "Tags"])
    draft, findings = header.draft(["9800000001", "Asha", "", "HDFC0000001", "hot, north"])
    [person] = draft.applicants
    assert findings == []
    assert (draft.primary_mobile, person.primary_mobile, person.name) == ("9800000001", "9800000001", "Asha")
    assert person.is_primary
    assert person.addresses == []
    assert [bank.ifsc for bank in person.banks] == ["HDFC0000001"]
    assert draft.tags == ["hot", " north"]


def test_an_address_is_the_current_one():
    draft, _ = Header(["Mobile", "Name", "Pincode"]).draft(["9800000001", "Asha", "411001"])
    assert [(each.tags, each.pincode) for each in draft.applicants[0].addresses] == [(["current"], "411001")]


def test_a_passport_column_says_which_document_it_is():
    draft, _ = Header(["Mobile", "Name", "Passport No"]).draft(["9800000001", "Asha", "Z1234567"])
    assert draft.applicants[0].identity_document == IdentityDocumentDraft(type="passport", number="Z1234567")


def test_a_house_number_that_became_a_date_is_damage():
    header = Header(["Mobile", "Name", "House no"])
    _, findings = header.draft(["9800000001", "Asha", "2026-12-03"])
    [problem] = header.problems(findings, 17)
    assert (problem["cell"], problem["code"]) == ("C17", "excel_damage")
    assert "Excel made a date of it" in problem["message"]


@pytest.mark.parametrize(
    ("name", "cell", "is_damage"),
    [
        ("Document number", "1.23457E+11", True),
        ("Document number", "1.23456789012346e+15", True),
        ("Document number", "5E+15", True),
        ("Document number", "12E5", False),
        ("House no", "1.23457E+11", True),
        ("Apartment no", "1,23457E+11", True),
        ("House no", "１.２３Ｅ＋１１", True),
        ("House no", "3,4E-12", False),
        ("House no", "5E+15", False),
        ("House no", "12E5", False),
    ],
)
def test_a_number_of_a_document_or_house_that_was_cut_short_is_damage(name, cell, is_damage):
    _, findings = Header(["Mobile", "Name", name]).draft(["9800000001", "Asha", cell])
    assert [each.code for each in findings] == (["excel_damage"] if is_damage else [])


def test_card_and_aadhaar_numbers_are_not_kept():
    header = Header(["Mobile", "Name", "Remarks", "Account number"])
    kept = header.without_hidden_numbers(
        ["9800000001", "4111-1111-1111-1111", "see 2341 2341 2346", "4111111111111111"]
    )
    assert kept == ["9800000001", CARD_REMOVED, AADHAAR_REMOVED, "4111111111111111"]
    draft, findings = header.draft(kept)
    assert (draft.applicants[0].name, draft.remarks) == ("", "")
    assert [(each["cell"], each["code"]) for each in header.problems(findings, 2)] == [
        ("B2", "card_data"),
        ("C2", "aadhaar_number"),
    ]


@pytest.mark.parametrize("card", ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004"])
def test_a_card_number_is_no_mobile_and_is_not_kept(card):
    assert Header(["Mobile", "Name"]).without_hidden_numbers([card, "Asha"]) == [CARD_REMOVED, "Asha"]


@pytest.mark.parametrize(
    "mobile",
    [
        "9800000001",
        "+91 98000 00003",
        "+91-98000-00003   ",
        "00919800000003",
        "+4915112345678",
        "+4915112345677",
    ],
)
def test_a_mobile_is_never_taken_for_a_cards_number(mobile):
    assert Header(["Mobile", "Name"]).without_hidden_numbers([mobile, "Asha"]) == [mobile, "Asha"]


def test_an_account_number_is_kept_unless_it_is_written_as_on_a_card():
    header = Header(["Mobile", "Name", "Account number"])
    for account, kept in (
        ("4111111111111111", "4111111111111111"),
        ("4111 1111 1111 1111", CARD_REMOVED),
        ("234123412346", "234123412346"),
    ):
        assert header.without_hidden_numbers(["9800000001", "Asha", account])[2] == kept


def test_a_finding_is_shown_where_its_value_came_from():
    header = Header(["Mob", "First name", "Tenure"])
    draft, findings = header.draft(["98", "", "12"])
    problems = header.problems(findings + check_lead(draft), 5)
    assert [(each["cell"], each["column"], each["code"]) for each in problems] == [
        ("A5", "Mob", "invalid_mobile"),
        ("C5", "Tenure", "tenure_unit_missing"),
        ("B5", "First name", "required"),
    ]
