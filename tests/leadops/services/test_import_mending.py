"""Refused rows are mended in the browser or by a workbook; either way each row keeps one result."""

from __future__ import annotations

import json

import openpyxl
import pytest

from leadops.errors import NotInThisState
from leadops.models import ImportBatch, ImportRow, Lead
from leadops.services import import_batches, import_chunks, import_mending, import_previews, import_undoing
from leadops.services.error_workbooks import error_workbook
from leadops.signals import leads_ready
from tests.leadops.excel.workbooks import HEADER, good_rows
from tests.leadops.services.imported import codes, counts

BAD = ["REF-9", "98", "Asha", "ABC", "100"]


@pytest.fixture
def batch(finished) -> ImportBatch:
    """Two good rows, and one with a bad mobile and a bad PAN."""
    return finished([*good_rows(2), BAD])


@pytest.fixture
def bad_row(batch) -> ImportRow:
    return batch.import_rows.get(outcome="failed")


class TestInTheBrowser:
    def test_a_mended_row_becomes_a_lead_there_and_then_and_is_announced(self, batch, bad_row, officer):
        announced = []
        listener = lambda sender, leads, **_: announced.extend(leads)  # noqa: E731
        leads_ready.connect(listener)
        try:
            outcomes = import_mending.mend(
                batch, {bad_row.pk: {"B": "9800000009", "D": "ABCPV1234L"}}, officer
            )
        finally:
            leads_ready.disconnect(listener)
        assert dict(outcomes) == {"created": 1}
        assert counts(batch) == (3, 3, 0, 0)
        lead = Lead.objects.get(partner_ref_id="REF-9")
        assert (announced, lead.primary_mobile) == ([lead], "+919800000009")
        bad_row.refresh_from_db()
        assert (bad_row.outcome, bad_row.lead) == ("created", lead)
        assert bad_row.problems[-1]["message"] == "Mended in the browser by asha."
        assert "9800000009" in bad_row.cells

    def test_what_is_still_wrong_keeps_the_new_text_and_says_so(self, batch, bad_row, officer):
        outcomes = import_mending.mend(batch, {bad_row.pk: {"B": "9800000009"}}, officer)
        assert dict(outcomes) == {"failed": 1}
        assert counts(batch) == (3, 2, 0, 1)
        bad_row.refresh_from_db()
        assert [each["cell"] for each in bad_row.problems] == ["D4"]
        assert import_mending.broken_letters(bad_row, batch.columns) == ["D"]
        assert dict(import_mending.mend(batch, {bad_row.pk: {"D": "ABCPV1234L"}}, officer)) == {"created": 1}

    def test_what_judging_reads_into_a_cell_is_not_written_into_it(self, batch, bad_row, officer):
        import_mending.mend(batch, {bad_row.pk: {"B": "9800000009.0"}}, officer)
        bad_row.refresh_from_db()
        assert "was_decimal" in [each["code"] for each in bad_row.problems]
        assert '"9800000009.0"' in bad_row.cells

    def test_only_broken_cells_can_be_changed(self, batch, bad_row, officer):
        sent = {"A": "REF-1", "B": "9800000009", "C": "Somebody Else", "D": "ABCPV1234L", "ZZ": "x"}
        import_mending.mend(batch, {bad_row.pk: sent}, officer)
        assert Lead.objects.get(partner_ref_id="REF-9").applicants.get().name == "Asha"

    def test_rows_that_are_in_or_of_another_import_are_left_alone(self, batch, finished, officer):
        other = finished([["REF-8", "98", "Ravi", "", ""]], name="b.xlsx")
        good, foreign = batch.import_rows.get(number=2), other.import_rows.get()
        sent = {good.pk: {"B": "9800000005"}, foreign.pk: {"B": "9800000006"}}
        assert not import_mending.mend(batch, sent, officer)
        assert counts(other) == (1, 0, 0, 1)
        assert counts(batch) == (3, 2, 0, 1)

    def test_a_mended_row_whose_reference_came_meanwhile_is_left_out(self, batch, bad_row, officer, finished):
        finished(good_rows(1, start=9), name="b.xlsx")
        import_mending.mend(batch, {bad_row.pk: {"B": "9800000009", "D": "ABCPV1234L"}}, officer)
        assert counts(batch) == (3, 2, 1, 0)
        assert codes(batch)[2][2] == ["duplicate_reference", "mended_here"]

    def test_a_card_number_typed_in_is_not_even_kept(self, batch, bad_row, officer):
        import_mending.mend(batch, {bad_row.pk: {"D": "4111 1111 1111 1111"}}, officer)
        bad_row.refresh_from_db()
        assert "4111" not in bad_row.cells

    def test_a_row_that_failed_by_our_fault_is_tried_again_as_it_is(self, finished, officer, monkeypatch):
        from leadops.services import import_judging

        with monkeypatch.context() as patch:
            patch.setattr(import_judging, "check_lead", lambda *_, **__: 1 / 0)
            batch = finished(good_rows(1))
        row = batch.import_rows.get()
        assert import_mending.broken_letters(row, batch.columns) == []
        assert dict(import_mending.mend(batch, {row.pk: {}}, officer)) == {"created": 1}
        assert counts(batch) == (1, 1, 0, 0)

    def test_a_row_with_more_cells_than_the_header_is_put_right_in_all_of_them(
        self, finished, tmp_path, officer
    ):
        path = tmp_path / "t.csv"
        rows = [
            "Name,Mobile,City",
            "Verma, Asha,9800000001,Pune",
            "Rao,9800000002,Delhi",
            "Das,9800000003,Pune",
        ]
        path.write_text("\n".join(rows))
        batch = finished(path, name="t.csv")
        row = batch.import_rows.get(number=2)
        assert import_mending.broken_letters(row, batch.columns) == ["A", "B", "C"]
        assert dict(import_mending.mend(batch, {row.pk: {}}, officer)) == {"failed": 1}
        row.refresh_from_db()
        assert "too_many_cells" in [each["code"] for each in row.problems]
        sent = {"A": "Asha Verma", "B": "98", "C": "Pune"}
        assert dict(import_mending.mend(batch, {row.pk: sent}, officer)) == {"failed": 1}
        row.refresh_from_db()
        assert import_mending.broken_letters(row, batch.columns) == ["B"]
        assert json.loads(row.cells) == ["Asha Verma", "98", "Pune"]
        assert dict(import_mending.mend(batch, {row.pk: {"B": "9800000001"}}, officer)) == {"created": 1}

    def test_comes_too_late_after_an_undoing_and_too_early_before_the_end(
        self, batch, bad_row, receive, officer
    ):
        import_undoing.begin(batch, officer)
        with pytest.raises(NotInThisState):
            import_mending.mend(batch, {bad_row.pk: {"B": "9800000009"}}, officer)
        with pytest.raises(NotInThisState):
            import_mending.mend(receive(good_rows(1)), {}, officer)

    def test_a_fault_leaves_nothing_half_done(self, batch, bad_row, officer, monkeypatch):
        def broken(*args):
            raise ZeroDivisionError

        monkeypatch.setattr(import_mending, "_keep", broken)
        with pytest.raises(ZeroDivisionError):
            import_mending.mend(batch, {bad_row.pk: {"B": "9800000009", "D": "ABCPV1234L"}}, officer)
        assert counts(batch) == (3, 2, 0, 1)
        assert not Lead.objects.filter(partner_ref_id="REF-9").exists()


class TestByTheErrorWorkbook:
    @pytest.fixture
    def two(self, finished) -> ImportBatch:
        """Two refused rows without a reference, by which a second lead would be known."""
        rows = [["98", "Asha Verma", "ABCPV0001L", 1000], ["97", "Bina Rao", "ABCPR0002L", 1000]]
        return finished(rows, name="two.xlsx", header=["Mobile", "Name", "PAN", "Loan amount"])

    def test_its_rows_take_the_place_of_the_refused_ones(self, batch, sent_back):
        again = sent_back(batch, B2="9800000009", D2="ABCPV1234L")
        assert (again.mends, counts(again)) == (batch, (1, 1, 0, 0))
        assert counts(batch) == (3, 3, 0, 0)
        row = batch.import_rows.get(number=4)
        assert (row.outcome, row.lead) == ("created", Lead.objects.get(partner_ref_id="REF-9"))
        assert row.problems[-1]["message"] == "Mended by row 2 of mended.xlsx."
        assert {each["severity"] for each in row.problems} == {"warning"}

    def test_what_is_still_wrong_stays_refused_in_both(self, batch, sent_back):
        again = sent_back(batch, B2="9800000009")
        assert (counts(again), counts(batch)) == ((1, 0, 0, 1), (3, 2, 0, 1))

    def test_what_was_mended_in_the_browser_meanwhile_makes_no_second_lead(self, two, sent_back, officer):
        [first, second] = two.import_rows.order_by("number")
        with error_workbook(two) as file:
            book = openpyxl.load_workbook(file)
        import_mending.mend(two, {first.pk: {"A": "9800000001"}}, officer)
        again = sent_back(book, A2="9800000001")
        first.refresh_from_db()
        assert codes(again) == [(2, "skipped", ["mended_before"]), (3, "failed", ["invalid_mobile"])]
        told = again.import_rows.get(number=2)
        assert (
            told.problems[0]["message"] == "Row 2 of two.xlsx is not refused any more; this row was left out."
        )
        assert told.lead == first.lead
        third = sent_back(book, "third.xlsx", A3="9800000002")
        assert [outcome for _, outcome, _ in codes(third)] == ["skipped", "created"]
        assert Lead.objects.count() == 2
        assert counts(two) == (2, 2, 0, 0)
        second.refresh_from_db()
        assert first.problems[-1]["code"] == "mended_here"
        assert second.problems[-1]["message"] == "Mended by row 3 of third.xlsx."

    def test_a_preview_tells_what_is_mended_already(self, two, sent_back, officer):
        with error_workbook(two) as file:
            book = openpyxl.load_workbook(file)
        import_mending.mend(two, {two.import_rows.get(number=2).pk: {"A": "9800000001"}}, officer)
        again = sent_back(book, review=True, A2="9800000001", A3="9800000002")
        told = import_previews.shown(again)
        assert (told["new"], told["left_out"]) == (1, 1)

    def test_two_rows_that_mend_one_make_one_lead(self, two, sent_back):
        again = sent_back(two, A2="9800000001", A3="9800000002", F3="2")
        assert [row[1:] for row in codes(again)] == [("created", []), ("skipped", ["mended_before"])]
        assert counts(two) == (2, 1, 0, 1)

    @pytest.mark.parametrize("chunk", [1, 500])
    def test_the_preview_foresees_that_two_rows_mend_one(self, two, sent_back, monkeypatch, chunk):
        monkeypatch.setattr(import_chunks, "CHUNK", chunk)
        again = sent_back(two, review=True, A2="9800000001", A3="9800000002", F3="2")
        told = import_previews.shown(again)
        assert (told["new"], told["left_out"], told["refused"]) == (1, 1, 0)

    def test_an_error_workbook_of_an_error_workbook_mends_all_before_it(self, two, sent_back, officer):
        second = sent_back(two, "second.xlsx", A2="9800000001")
        third = sent_back(second, "third.xlsx", A2="9800000002")
        assert (counts(third), third.mends) == ((1, 1, 0, 0), second)
        assert (counts(second), counts(two)) == ((2, 2, 0, 0), (2, 2, 0, 0))
        [last] = {row.lead_id for batch in (two, second) for row in batch.import_rows.filter(number=3)}
        assert last == third.import_rows.get().lead_id

    def test_the_browser_mends_all_before_it_and_nothing_twice(self, two, sent_back, officer):
        second = sent_back(two, "second.xlsx")
        [row, other] = second.import_rows.order_by("number")
        import_mending.mend(second, {row.pk: {"A": "9800000001"}}, officer)
        assert (counts(second), counts(two)) == ((2, 1, 0, 1), (2, 1, 0, 1))
        import_mending.mend(two, {two.import_rows.get(number=3).pk: {"A": "9800000002"}}, officer)
        import_mending.mend(second, {other.pk: {"A": "9800000002"}}, officer)
        assert codes(second)[1][1:] == ("skipped", ["mended_before", "mended_here"])
        assert Lead.objects.count() == 2

    def test_of_an_undone_import_it_is_an_import_like_any_other(self, two, sent_back):
        ImportBatch.objects.filter(pk=two.pk).update(state="undone")
        again = sent_back(two, A2="9800000001", A3="9800000002")
        assert again.mends is None
        assert (counts(again), counts(two)) == ((2, 2, 0, 0), (2, 0, 0, 2))

    def test_of_a_file_that_is_as_wide_as_may_be_it_comes_back_and_again(self, finished, sent_back):
        header = [*HEADER, *(f"c{n}" for n in range(200 - len(HEADER)))]
        batch = finished([*good_rows(1), BAD], header=header)
        again = sent_back(batch, B2="9800000009")
        assert (again.problem, counts(again)) == ("", (1, 0, 0, 1))
        assert counts(sent_back(again, "third.xlsx", D2="ABCPV1234L")) == (1, 1, 0, 0)

    def test_sent_twice_it_changes_nothing_more(self, batch, sent_back):
        sent_back(batch, B2="9800000009", D2="ABCPV1234L")
        again = sent_back(batch, "b.xlsx")  # an empty one by now
        assert "no rows under it" in again.problem
        assert counts(batch) == (3, 3, 0, 0)

    def test_without_its_mark_it_is_an_import_like_any_other(self, batch, sent_back):
        again = sent_back(batch, rename="Sheet1", B2="9800000009", D2="ABCPV1234L", G1="Row")
        assert (again.mends, counts(again)) == (None, (1, 1, 0, 0))
        assert counts(batch) == (3, 2, 0, 1)

    def test_of_another_partner_it_mends_nothing(self, batch, finished, tmp_path, other_partner):
        with error_workbook(batch) as file:
            (tmp_path / "b.xlsx").write_bytes(file.read())
        again = finished(tmp_path / "b.xlsx", partner=other_partner)
        assert again.mends is None

    def test_nonsense_in_the_row_column_mends_nothing(self, batch, sent_back):
        again = sent_back(batch, B2="9800000009", D2="ABCPV1234L", G2="seventeen")
        assert counts(again) == (1, 1, 0, 0)
        assert counts(batch) == (3, 2, 0, 1)

    def test_in_the_back_office_it_goes_on_without_a_question_about_its_columns(
        self, batch, tmp_path, receive
    ):
        with error_workbook(batch) as file:
            (tmp_path / "b.xlsx").write_bytes(file.read())
        again = receive(tmp_path / "b.xlsx", review=True)
        import_batches.run(again.pk)
        again.refresh_from_db()
        assert again.state == "ready"
