"""Nothing is made before somebody says so; what the preview foretells is what the import does."""

from __future__ import annotations

import json
import threading

import openpyxl
import pytest
import xlsxwriter
from django.db import connection

from leadops.errors import NotInThisState
from leadops.excel.columns import COLUMNS
from leadops.models import ImportBatch, Lead
from leadops.services import (
    import_batches,
    import_chunks,
    import_leases,
    import_previews,
    import_rows,
    import_steering,
)
from leadops.services.leases import LostLease
from tests.environment import ROOT
from tests.leadops.excel.workbooks import HEADER, good_rows
from tests.leadops.services.imported import codes, counts, go_on

SAMPLE = ROOT / "docs" / "samples" / "leads.xlsx"


class TestThePreview:
    def test_tells_what_the_import_then_does_and_makes_nothing(self, reviewed):
        batch = reviewed(SAMPLE)
        assert batch.state == "ready"
        assert not Lead.objects.exists()
        told = import_previews.shown(batch)
        assert (told["new"], told["update"], told["duplicate"], told["refused"]) == (175, 0, 0, 25)
        assert counts(go_on(batch)) == (200, 175, 0, 25)
        assert batch.state == "done"
        assert import_previews.shown(batch) == {}

    def test_names_every_kind_of_problem_with_its_count_and_one_cell(self, reviewed):
        bad = [["REF-8", "98", "Asha", "", ""], ["REF-9", "97", "Ravi", "ABC", ""]]
        told = import_previews.shown(reviewed([*good_rows(2), *bad]))
        assert {(each["code"], each["cell"], each["count"]) for each in told["problems"]} == {
            ("invalid_mobile", "B4", 2),
            ("invalid_pan", "D5", 1),
        }

    def test_tells_a_column_of_formulas_in_one_line(self, reviewed, tmp_path):
        with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["S.No", *HEADER])
            for at, row in enumerate(good_rows(3), start=1):
                sheet.write_row(at, 1, row)
                sheet.write_formula(at, 0, "=ROW()-1", None, at)
                sheet.write_formula(at, 5, "=50000*12", None, 600_000)
        told = import_previews.shown(reviewed(tmp_path / "f.xlsx"))
        assert [(each["code"], each["cell"], each["count"]) for each in told["problems"]] == [
            ("formula", "F2", 3)
        ]

    def test_shows_the_first_rows_as_they_will_be_masked(self, reviewed):
        batch = reviewed(
            [["REF-1", " 098000-00001 ", "asha  VERMA", "abcpv1234l", "50,000"], *good_rows(30, start=2)]
        )
        told = import_previews.shown(batch)
        assert told["columns"] == ["Name", "Mobile", "Loan amount", "Partner reference", "PAN"]
        assert told["rows"][0]["cells"] == ["asha VERMA", "••••0001", "50000", "REF-1", "ABXXXXX34L"]
        assert len(told["rows"]) == import_previews.FIRST_ROWS
        assert "9800000001" not in batch.preview

    def test_shows_every_column_however_many_there_are(self, reviewed):
        header = [column.header for column in COLUMNS]
        told = import_previews.shown(
            reviewed([["x" if name != "Mobile" else "9800000001" for name in header]], header=header)
        )
        assert sorted(told["columns"]) == sorted(header)

    def test_says_where_the_first_of_each_kind_of_problem_stand(self, reviewed, tmp_path):
        book = openpyxl.Workbook()
        bad = [[f"R-{at}", "98", "Asha", "", ""] for at in range(4)]
        for row in [HEADER, *good_rows(2), *bad, ["Total", "", "", "", 100_000]]:
            book.active.append(row)
        book.active.row_dimensions[3].hidden = True
        book.save(tmp_path / "a.xlsx")
        problems = import_previews.shown(reviewed(tmp_path / "a.xlsx"))["problems"]
        told = {
            each["code"]: [(place["cell"], place["row"]) for place in each["places"]] for each in problems
        }
        assert told["invalid_mobile"] == [("B4", 4), ("B5", 5), ("B6", 6)]
        assert (told["hidden_row"], told["totals_row"]) == ([("", 3)], [("", 8)])

    def test_says_where_the_words_of_a_kind_are_those_of_its_first_row_alone(self, reviewed):
        header = [*HEADER, "Account number", "IFSC"]
        accounts = [("12345", "HDFC0000001"), ("123456", "HDFC0000001"), ("123456", "ICIC0000001")]
        rows = [[*row, *account] for row, account in zip(good_rows(3), accounts, strict=True)]
        problems = import_previews.shown(
            reviewed([*rows, ["R", "98", "Asha", "", "", "", ""]], header=header)
        )
        alike = {each["code"]: each["alike"] for each in problems["problems"]}
        assert alike["fewer_digits"] is False
        assert alike["invalid_mobile"] is True

    def test_foretells_rows_that_are_here_already_and_those_that_repeat_each_other(
        self, finished, reviewed, monkeypatch
    ):
        monkeypatch.setattr(import_chunks, "CHUNK", 3)
        finished(good_rows(2), name="earlier.xlsx")
        rows = [*good_rows(6), *good_rows(1, start=3), *good_rows(1, start=6)]
        batch = reviewed(rows)
        told = import_previews.shown(batch)
        assert (told["new"], told["duplicate"], told["refused"]) == (4, 4, 0)
        assert counts(go_on(batch)) == (8, 4, 4, 0)

    def test_counts_duplicates_apart_from_other_rows_that_are_left_out(self, finished, reviewed, tmp_path):
        finished(good_rows(1), name="earlier.xlsx")
        book = openpyxl.Workbook()
        for row in [HEADER, *good_rows(4), ["Total", "", "", "", 200_010]]:
            book.active.append(row)
        book.active.row_dimensions[4].hidden = True
        book.save(tmp_path / "a.xlsx")
        told = import_previews.shown(reviewed(tmp_path / "a.xlsx"))
        counts = {name: told[name] for name in import_previews.COUNTS}
        assert counts == {"new": 2, "update": 0, "duplicate": 1, "left_out": 2, "refused": 0}

    def test_says_how_many_kinds_of_problems_it_does_not_show_and_shows_refusals(self, reviewed, monkeypatch):
        monkeypatch.setattr(import_previews, "MOST_CLASSES", 1)
        rows = [["REF-8", "9800000001", "Asha\u00a0Rao", "", ""], ["REF-9", "97", "Ravi", "ABC", ""]]
        told = import_previews.shown(reviewed(rows))
        assert ([each["severity"] for each in told["problems"]], told["more_problems"]) == (["error"], 2)

    def test_is_sealed_where_it_is_kept(self, reviewed):
        batch = reviewed(good_rows(2))
        with connection.cursor() as cursor:
            cursor.execute("SELECT preview, proposal FROM leadops_importbatch WHERE id = %s", [batch.pk])
            [kept] = cursor.fetchall()
        assert b"Asha" not in bytes(kept[0]) + bytes(kept[1])

    def test_is_begun_anew_by_another_worker(self, receive, monkeypatch):
        monkeypatch.setattr(import_chunks, "CHUNK", 5)
        batch = receive(good_rows(20), review=True)
        real, calls = import_rows.judge, []

        def dying(*args):
            calls.append(1)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return real(*args)

        with monkeypatch.context() as patch:
            patch.setattr(import_rows, "judge", dying)
            with pytest.raises(KeyboardInterrupt):
                import_batches.run(batch.pk)
        batch.refresh_from_db()
        assert (batch.state, batch.judged, batch.percent) == ("judging", 10, 50)
        ImportBatch.objects.update(leased_until=None)
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        assert (batch.state, batch.judged) == ("ready", 20)
        assert import_previews.shown(batch)["new"] == 20

    def test_waits_for_its_officer_and_for_no_worker(self, reviewed):
        batch = reviewed(good_rows(2))
        assert import_batches.to_resume() == []
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        assert batch.state == "ready"


class TestTheSameFile:
    def test_is_held_until_the_officer_says_so(self, reviewed):
        first = go_on(reviewed(good_rows(3)))
        again = reviewed(good_rows(3))
        assert (again.state, again.earlier, again.rows) == ("known", first, 0)
        import_steering.go_on(again)
        import_batches.run(again.pk)
        again.refresh_from_db()
        assert again.state == "ready"
        assert import_previews.shown(again)["duplicate"] == 3

    def test_that_waits_for_this_very_question_is_none_before_it(self, reviewed):
        first = go_on(reviewed(good_rows(3)))
        waiting = reviewed(good_rows(3))
        assert (waiting.state, reviewed(good_rows(3)).earlier) == ("known", first)
        first.delete()
        assert reviewed(good_rows(3)).state == "ready"

    def test_may_be_thrown_away(self, reviewed, officer):
        go_on(reviewed(good_rows(3)))
        again = reviewed(good_rows(3))
        import_steering.cancel(again, officer)
        import_batches.run(again.pk)
        assert counts(again) == (0, 0, 0, 0)
        assert again.state == "cancelled"

    def test_is_another_one_for_another_partner_or_after_a_failure(self, reviewed, other_partner, finished):
        go_on(reviewed(good_rows(3)))
        assert reviewed(good_rows(3), partner=other_partner).state == "ready"
        failed = finished([["x"]], name="bad.xlsx", header=["City"])
        assert failed.state == "failed"
        assert finished([["x"]], name="bad.xlsx", header=["City"]).earlier is None

    def test_counts_as_long_as_leads_of_it_are_here(self, reviewed, finished):
        first = go_on(reviewed(good_rows(3)))
        ImportBatch.objects.filter(pk=first.pk).update(state="undone", undone=2, stayed=1)
        assert reviewed(good_rows(3)).earlier == first
        ImportBatch.objects.filter(pk=first.pk).update(state="cancelled", undone=0)
        ImportBatch.objects.exclude(pk=first.pk).delete()
        assert reviewed(good_rows(3)).earlier == first
        ImportBatch.objects.exclude(pk=first.pk).delete()
        ImportBatch.objects.update(undone=3)
        assert reviewed(good_rows(3)).earlier is None

    def test_nobody_is_asked_on_the_other_roads_but_it_is_told(self, finished):
        first = finished(good_rows(3))
        again = finished(good_rows(3))
        assert (again.state, again.earlier) == ("done", first)


class TestCancelling:
    def test_keeps_what_is_in_and_counts_the_rest_as_left_out(self, receive, officer, monkeypatch):
        monkeypatch.setattr(import_chunks, "CHUNK", 10)
        batch = receive(good_rows(35))
        real, calls = import_rows.import_next, []

        def watched(given, count):
            calls.append(1)
            if len(calls) == 3:
                import_steering.cancel(batch, officer)  # as if it came just before this chunk
            return real(given, count)

        monkeypatch.setattr(import_rows, "import_next", watched)
        import_batches.run(batch.pk)
        assert import_batches.to_resume() == [batch.pk]
        import_batches.run(batch.pk)
        assert counts(batch) == (35, batch.created, 35 - batch.created, 0)
        assert batch.created == Lead.objects.count() > 0
        assert (batch.state, batch.ended_by) == ("cancelled", officer)
        left = batch.import_rows.filter(outcome="skipped")
        assert {row.problems[0]["code"] for row in left} == {"cancelled"}
        assert {row.cells for row in left} == {""}

    @pytest.mark.parametrize("state", ["queued", "reading", "mapping", "judging", "ready"])
    def test_is_possible_at_any_moment(self, receive, state, monkeypatch):
        monkeypatch.setattr(import_steering, "ROWS_A_STEP", 2)
        batch = receive(good_rows(5), review=True)
        import_batches.run(batch.pk)
        ImportBatch.objects.update(state=state)
        import_steering.cancel(batch)
        import_batches.run(batch.pk)
        assert counts(batch) == (5, 0, 5, 0)
        assert (batch.state, batch.preview, batch.proposal) == ("cancelled", "", "")

    def test_that_keeps_nothing_out_is_no_cancelling(self, receive, officer, monkeypatch):
        """It came while the last rows were written: all of them are in."""
        batch = receive(good_rows(5))
        finish = import_chunks.finish

        def watched(given, lease):
            import_steering.cancel(batch, officer)
            finish(given, lease)

        monkeypatch.setattr(import_chunks, "finish", watched)
        for _ in range(2):
            import_batches.run(batch.pk)
        assert counts(batch) == (5, 5, 0, 0)
        assert batch.state == "done"

    def test_comes_too_late_once_it_has_ended(self, finished):
        batch = finished(good_rows(1))
        with pytest.raises(NotInThisState, match="This import is done now"):
            import_steering.cancel(batch)

    def test_a_worker_that_had_it_in_hand_stops(self, receive):
        batch = receive(good_rows(5))
        lease = import_leases.take(batch.pk)
        assert lease is not None
        import_steering.cancel(batch)
        with pytest.raises(LostLease):
            lease.renewed()

    def test_go_on_is_refused_where_nobody_asked(self, receive):
        with pytest.raises(NotInThisState):
            import_steering.go_on(receive(good_rows(1)))
        with pytest.raises(NotInThisState):
            import_steering.change_columns(receive(good_rows(1)))


@pytest.mark.django_db(transaction=True)
def test_two_officers_who_go_on_at_once_import_it_once(reviewed, partner, program):
    batch = reviewed(good_rows(40))
    gate, said = threading.Barrier(2), []

    def press():
        gate.wait()
        try:
            import_steering.go_on(batch)
            said.append("went on")
        except NotInThisState:
            said.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["too late", "went on"]
    import_batches.run(batch.pk)
    assert counts(batch) == (40, 40, 0, 0)
    assert Lead.objects.count() == 40


def test_one_bad_row_in_a_hundred_keeps_none_of_the_others_out(reviewed):
    rows = good_rows(200)
    for at in (50, 150):
        rows[at] = [rows[at][0], "98", *rows[at][2:]]
    batch = go_on(reviewed(rows))
    assert counts(batch) == (200, 198, 0, 2)
    assert [number for number, outcome, _ in codes(batch) if outcome == "failed"] == [52, 152]


def test_what_the_preview_keeps_is_plain_json(reviewed):
    batch = reviewed(good_rows(1))
    assert json.loads(batch.preview)["rows"][0]["number"] == 2


def test_a_part_of_which_nothing_is_made_is_shown_as_it_stands_in_the_file(reviewed):
    header = ["Partner reference", "Mobile", "Name", "Address"]
    batch = reviewed([["REF-1", "9800000001", "Asha Verma", "••••"]], header=header)
    assert (batch.state, batch.problem) == ("ready", "")
    [row] = import_previews.shown(batch)["rows"]
    assert (row["cells"][0], row["cells"][-1]) == ("Asha Verma", "••••")
