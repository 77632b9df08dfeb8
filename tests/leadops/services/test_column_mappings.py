"""What the columns are is asked where it is not certain, and remembered."""

from __future__ import annotations

import pytest

from leadops.excel.proposals import Proposal
from leadops.models import ColumnMapping, ImportBatch, Lead
from leadops.services import column_mappings, import_batches, import_reading, import_steering, import_storing
from leadops.services.column_mappings import WrongMapping
from tests.leadops.excel.workbooks import good_rows
from tests.leadops.services.imported import counts

HEADER = ["Ref", "Kontakt", "Name", "Branch", "Amount"]
MAPPING = ["Partner reference", "Mobile", "Name", "PAN", "Loan amount"]


@pytest.fixture
def asked(finished):
    """An upload whose second and fourth column no name tells."""

    def _asked(count=3, start=1, header=HEADER, **given):
        rows = good_rows(count, start)
        return finished(rows, header=header, **{"review": True, "name": f"{start}.xlsx", **given})

    return _asked


def settle(batch: ImportBatch, mapping=MAPPING, layout="flat", mode="create", officer=None) -> ImportBatch:
    column_mappings.confirm(batch, mapping, layout, mode=mode, officer=officer)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    return batch


def test_what_is_not_certain_is_asked_and_nothing_of_the_rows_is_kept_before(asked):
    batch = asked()
    assert (batch.state, batch.rows) == ("mapping", 0)
    assert not batch.import_rows.exists()
    proposal = Proposal.of(batch.proposal)
    assert proposal.mapping == MAPPING
    assert [choice.letter for choice in proposal.choices if not choice.sure] == ["B", "D"]
    assert "980000" not in batch.proposal
    assert "ABCPV1234L" not in batch.proposal


def test_settled_columns_are_read_and_imported_by(asked, officer):
    batch = settle(asked(), officer=officer)
    assert (batch.state, batch.rows) == ("ready", 3)
    import_steering.go_on(batch)
    import_batches.run(batch.pk)
    assert counts(batch) == (3, 3, 0, 0)
    lead = Lead.objects.with_parties().get(partner_ref_id="REF-1")
    assert lead.primary_mobile == "+919800000001"
    assert lead.applicants.get().pan_no == "ABCPV0001L"


def test_they_are_remembered_for_the_partner_and_these_headers(asked, officer, other_partner, partner):
    settle(asked(), officer=officer)
    kept = ColumnMapping.objects.get()
    assert (kept.partner, kept.decided_by, kept.mapping) == (partner, officer, MAPPING)
    assert asked(start=10).state == "ready"
    assert asked(start=20, header=["ref.", "KONTAKT", "Name", "branch", "amount"]).state == "ready"
    assert asked(start=30, partner=other_partner).state == "mapping"
    assert asked(start=40, header=["Ref", "Contact person", *HEADER[2:]]).state == "mapping"


def test_they_are_remembered_also_for_those_whom_nobody_can_ask(asked, finished, officer):
    assert "No column is headed Mobile" in finished(good_rows(2), header=HEADER).problem
    settle(asked(), officer=officer)
    batch = finished(good_rows(2), header=HEADER, name="b.xlsx")
    assert counts(batch) == (2, 2, 0, 0)


def test_a_guess_by_content_is_never_taken_without_an_officer(finished):
    rows = [["9800000001", "Asha", "ABCPV1234L"]]
    batch = finished(rows, header=["Mobile", "Name", "Nominee"])
    assert batch.state == "failed"
    assert "C (Nominee" in batch.problem


def test_a_later_decision_takes_the_place_of_the_earlier_one(asked):
    settle(asked(), ["Partner reference", "Mobile", "Name", "", "Loan amount"])
    batch = asked(start=10)
    import_steering.change_columns(batch)
    batch.refresh_from_db()
    assert batch.state == "mapping"
    assert Proposal.of(batch.proposal, batch.mapping).mapping[3] == ""
    batch = settle(batch)
    assert batch.rows == 3
    assert ColumnMapping.objects.get().mapping == MAPPING
    import_steering.go_on(batch)
    import_batches.run(batch.pk)
    assert Lead.objects.get(partner_ref_id="REF-10").applicants.get().pan_no == "ABCPV0010L"


@pytest.mark.parametrize(
    ("mapping", "layout", "said"),
    [
        (["", "Mobile", "", "", ""], "flat", "No column holds the Name yet."),
        (["Name", "Mobile", "Name", "", ""], "flat", "Columns A and C both hold the Name"),
        (MAPPING[:3], "flat", "These are not the columns of this file"),
        (["Nonsense", *MAPPING[1:]], "flat", "These are not the columns of this file"),
        (["", *MAPPING[1:]], "grouped", "by their partner reference only"),
    ],
)
def test_columns_that_make_no_sense_are_refused_with_every_reason(asked, mapping, layout, said):
    batch = asked()
    with pytest.raises(WrongMapping, match=said):
        settle(batch, mapping, layout)
    batch.refresh_from_db()
    assert batch.state == "mapping"
    assert not ColumnMapping.objects.exists()


def test_settled_twice_the_second_comes_too_late(asked):
    batch = asked()
    column_mappings.confirm(batch, MAPPING, "flat", mode="create", officer=None)
    with pytest.raises(WrongMapping, match="are settled"):
        column_mappings.confirm(batch, MAPPING, "flat", mode="create", officer=None)


def test_a_column_that_is_filled_only_far_below_is_asked_about_then(finished, monkeypatch):
    monkeypatch.setattr(import_reading, "LOOKED_AT", 3)
    monkeypatch.setattr(import_storing, "ROWS_A_WRITE", 5)
    rows = [[*row, ""] for row in good_rows(20)]
    rows[15][-1] = "late"
    header = ["Partner reference", "Mobile", "Name", "PAN", "Loan amount", "Branch"]
    batch = finished(rows, header=header, review=True)
    assert batch.state == "mapping"
    choices = Proposal.of(batch.proposal, batch.mapping).choices
    assert [(choice.letter, choice.samples) for choice in choices if not choice.sure] == [("F", ["late"])]
    assert batch.mapping == [*MAPPING, None]
    batch = settle(batch, [*MAPPING, "Remarks"])
    assert (batch.state, batch.rows, batch.import_rows.count()) == ("ready", 20, 20)


def test_an_account_number_under_an_unknown_header_is_not_taken_for_a_cards(finished):
    header = ["Mobile", "Name", "Where to pay"]
    batch = finished([["9800000001", "Asha", "4111111111111111"]], header=header, review=True)
    assert batch.state == "mapping"
    batch = settle(batch, ["Mobile", "Name", "Account number"])
    assert "4111111111111111" in batch.import_rows.get().cells
    import_steering.change_columns(batch)
    batch = settle(batch, ["Mobile", "Name", "Remarks"])
    assert "4111111111111111" not in batch.import_rows.get().cells
