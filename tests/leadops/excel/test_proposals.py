"""What the columns are taken for: by name, by content, or as it was decided before."""

from __future__ import annotations

import pytest

from leadops.errors import UnreadableFile
from leadops.excel.proposals import Proposal, fingerprint, propose, troubles, without_ours

ROWS = [["R1", "9800000001", "Asha", "HDFC0000001"], ["R2", "9800000002", "Ravi", "ICIC0001234"]]


def test_known_names_need_no_question():
    proposal = propose(["Ref No", "Phone", "Name", "IFSC Code", "S.No"], ROWS)
    assert proposal.mapping == ["Partner reference", "Mobile", "Name", "IFSC", ""]
    assert proposal.is_sure
    assert proposal.choices[1].why == "by its name"
    assert proposal.choices[1].samples == ["••••0001", "••••0002"]


def test_what_no_name_tells_is_guessed_by_content_and_asked_about():
    proposal = propose(["Ref", "Kontakt", "Name", "Branch code"], ROWS)
    assert proposal.mapping == ["Partner reference", "Mobile", "Name", "IFSC"]
    assert [choice.sure for choice in proposal.choices] == [True, False, True, False]
    assert proposal.choices[3].why == "by its content: 2 of 2 cells are IFSCs"
    assert not proposal.is_sure


def test_a_second_column_that_looks_like_a_mobile_is_not_taken_for_it():
    proposal = propose(["Mobile", "Name", "Other"], [["9800000001", "Asha", "9800000002"]])
    assert proposal.mapping == ["Mobile", "Name", ""]
    assert not proposal.choices[2].sure


def test_of_two_names_for_one_thing_the_first_is_taken():
    proposal = propose(["Mobile", "Name", "Phone"], [["9800000001", "Asha", "9800000002"]])
    assert proposal.mapping == ["Mobile", "Name", ""]
    assert proposal.choices[2].why == "column A is the Mobile already"
    assert not proposal.is_sure


def test_filled_columns_without_a_header_are_asked_about_and_empty_ones_are_not():
    proposal = propose(["Mobile", "Name", "", "Later"], [["9800000001", "Asha", "x", "", "y"]])
    assert [choice.letter for choice in proposal.choices if not choice.sure] == ["C", "E"]


@pytest.mark.parametrize("spelling", ["R 1", "R\u00a01 "])
def test_rows_with_one_reference_after_the_other_ask_whether_they_are_one_lead(spelling):
    rows = [["R 1", "9800000001", "Asha"], [spelling, "9800000002", "Ravi"]]
    proposal = propose(["Ref", "Mobile", "Name"], rows)
    assert (proposal.layout, proposal.is_sure) == ("grouped", False)


def test_what_was_decided_before_is_taken_also_with_our_own_columns_beside():
    mapping = ["Partner reference", "Mobile", "Name", ""]
    for headers in (["a", "b", "c", "d"], ["a", "b", "c", "d", "Why refused", "Row"]):
        proposal = propose(headers, ROWS, mapping)
        assert proposal.mapping[:4] == mapping
        assert set(proposal.mapping[4:]) <= {""}
        assert proposal.is_sure


def test_the_fingerprint_is_of_the_normalised_headers():
    assert fingerprint(["A/c No.", "Name "]) == fingerprint(["a/c no", "NAME"])
    assert fingerprint(["Name", "A/c No"]) != fingerprint(["A/c No", "Name"])
    assert fingerprint(["Name", "Why refused", "Row"]) == fingerprint(["Name"])
    assert without_ours(["Name", "Why refused", "City"], ["Name", "", "City"]) == ["Name", "City"]


def test_a_column_for_card_data_is_refused_whatever_it_would_become():
    with pytest.raises(UnreadableFile, match="Column B asks for card data"):
        propose(["Mobile", "CVV"], [["9800000001", "123"]])


def test_troubles_name_what_is_missing_and_what_is_there_twice():
    assert troubles(["Mobile", "Name"]) == []
    assert troubles(["Mobile", "City", "City"]) == [
        "Columns B and C both hold the City: keep one and leave the other out.",
        "No column holds the Name yet.",
    ]
    assert troubles(["Partner reference", "Loan amount"], "update") == []
    assert troubles(["Mobile", "Loan amount"], "update") == ["No column holds the Partner reference yet."]


def test_a_proposal_is_kept_and_read_again_with_what_was_decided_since():
    proposal = propose(["Ref", "Kontakt", "Name", "Branch code"], ROWS)
    assert Proposal.of(proposal.as_json()) == proposal
    changed = Proposal.of(proposal.as_json(), ["", "Mobile", "Name", "IFSC"])
    assert changed.mapping == ["", "Mobile", "Name", "IFSC"]
