"""The import of mended rows is undone: each row that it mended with a lead which goes is refused again."""

from __future__ import annotations

import pytest

from leadops.models import ImportBatch, Lead
from leadops.services import import_batches, import_undoing
from tests.leadops.services.imported import codes, counts

REFUSED = ["", "98", "Asha Verma", "ABCPV0001L", "50000"]


def undone(batch: ImportBatch) -> None:
    import_undoing.begin(batch, None)
    import_batches.run(batch.pk)
    assert not Lead.objects.exists()


@pytest.fixture
def twice(finished) -> ImportBatch:
    """Two refused rows of one borrower."""
    return finished([REFUSED, REFUSED])


@pytest.mark.parametrize(("policy", "left_out"), [("refuse", "duplicate_lead"), ("merge", "merged_row")])
def test_so_is_one_that_repeated_a_row_above(twice, sent_back, rule, policy, left_out):
    rule(policy)
    again = sent_back(twice, B2="9800000001", B3="9800000001")
    assert left_out in codes(again)[1][2]
    assert counts(twice) == (2, 1, 1, 0)
    undone(again)
    assert counts(twice) == (2, 0, 0, 2)
    assert codes(twice) == [(at, "failed", ["invalid_mobile", "mending_undone"]) for at in (2, 3)]
    third = sent_back(twice, "third.xlsx", B2="9800000001", B3="9811111111", D3="ABCPV0002L")
    assert (counts(third), counts(twice)) == ((2, 2, 0, 0), (2, 2, 0, 0))


def test_so_is_one_that_was_filled_into_a_row_above(finished, sent_back, rule):
    rule("merge")
    rows = [["98", "Asha Verma", "ABCPV0001L", ""], ["98", "Asha Verma", "ABCPV0001L", "asha@example.com"]]
    batch = finished(rows, header=["Mobile", "Name", "PAN", "E-mail"])
    again = sent_back(batch, A2="9800000001", A3="9800000001")
    batch.refresh_from_db()
    assert (batch.created, batch.updated, batch.failed) == (1, 1, 0)
    undone(again)
    batch.refresh_from_db()
    assert (batch.created, batch.updated, batch.failed) == (0, 0, 2)


def test_so_is_one_that_changed_the_lead_of_a_row_above(finished, sent_back):
    batch = finished([["R1", *REFUSED[1:]], ["R1", "98", "Asha Verma", "ABCPV0001L", "60000"]], mode="both")
    again = sent_back(batch, B2="9800000001", B3="9800000001")
    batch.refresh_from_db()
    assert (again.mode, batch.created, batch.updated, batch.failed) == ("both", 1, 1, 0)
    undone(again)
    assert counts(batch) == (2, 0, 0, 2)


def test_so_is_one_of_each_import_before_it(twice, sent_back, rule):
    rule("refuse")
    second = sent_back(twice, "second.xlsx")
    third = sent_back(second, "third.xlsx", B2="9800000001", B3="9800000001")
    assert (counts(twice), counts(second)) == ((2, 1, 1, 0), (2, 1, 1, 0))
    undone(third)
    assert (counts(twice), counts(second)) == ((2, 0, 0, 2), (2, 0, 0, 2))


def test_one_whose_lead_was_here_before_stays_as_it_is(finished, sent_back, rule):
    rule("refuse")
    finished([["", "9800000001", *REFUSED[2:]]], name="before.xlsx")
    batch = finished([REFUSED, ["", "97", "Ravi Rao", "ABCPV0002L", "1"]])
    again = sent_back(batch, B2="9800000001", B3="9800000002")
    import_undoing.begin(again, None)
    import_batches.run(again.pk)
    assert counts(batch) == (2, 0, 1, 1)
    assert Lead.objects.get().primary_mobile == "+919800000001"
