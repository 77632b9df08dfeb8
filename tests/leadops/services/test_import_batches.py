"""Workbooks become leads: every row gets exactly one result, whatever happens."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from celery import current_app
from django.core.files.base import ContentFile
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from leadops import doorbell, synthetic, tasks
from leadops.errors import TakesNoLeads, UnreadableFile
from leadops.excel.marks import row_heading
from leadops.excel.sheet_header import CARD_REMOVED
from leadops.models import ImportBatch, Lead
from leadops.services import (
    import_batches,
    import_chunks,
    import_judging,
    import_known,
    import_leases,
    import_mending,
    import_reading,
    import_rows,
    import_steering,
    import_storing,
    leads,
)
from leadops.services.error_workbooks import error_workbook
from leadops.signals import leads_ready
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER, good_rows, read_back
from tests.leadops.services.imported import codes, counts
from tests.threads import together

SAMPLE = Path(__file__).resolve().parents[3] / "docs" / "samples" / "leads.xlsx"
BAD_CELLS = {
    "B6": "excel_damage", "B14": "excel_damage", "B22": "invalid_mobile", "B30": "required", "C38": "required",
    "H46": "unknown_pan_holder", "H54": "invalid_pan", "S62": "ifsc_fifth_character", "S70": "ifsc_unknown_branch",
    "S78": "ifsc_unknown_bank", "S86": "ifsc_length", "O94": "unknown_pincode", "O102": "invalid_pincode",
    "I110": "invalid_email", "G118": "invalid_date", "G126": "day_and_month_swapped", "G134": "date_in_future",
    "Y142": "negative_amount", "Y150": "invalid_amount", "Z158": "invalid_tenure", "AA166": "unknown_tenure_unit",
    "P174": "excel_damage", "AG182": "card_data", "AG190": "aadhaar_number", "AD198": "invalid_gstin",
}  # fmt: skip


class TestTheSample:
    def test_makes_175_leads_and_names_25_bad_cells(self, finished):
        batch = finished(SAMPLE)
        assert batch.state == ImportBatch.State.DONE
        assert counts(batch) == (200, 175, 0, 25)
        refused = batch.import_rows.filter(outcome="failed").order_by("number")
        assert {
            problem["cell"]: problem["code"]
            for row in refused
            for problem in row.problems
            if problem["severity"] == "error"
        } == BAD_CELLS
        assert all(f"{row.number}" in problem["cell"] for row in refused for problem in row.problems)

    def test_leads_arrive_whole_and_submitted(self, finished, partner, program):
        batch = finished(SAMPLE)
        row = batch.import_rows.select_related("lead").get(number=2)
        lead = Lead.objects.with_parties().get(pk=row.lead_id)
        wanted = synthetic.drafts(1, seed=7)[0]
        [person], asked = lead.applicants.all(), wanted.applicants[0]
        assert (lead.partner, lead.program, lead.intake, lead.status) == (
            partner,
            program,
            "excel",
            "submitted",
        )
        assert lead.partner_ref_id == "SUN-0001"
        assert lead.primary_mobile == person.primary_mobile == f"+91{wanted.primary_mobile}"
        assert str(lead.loan_amount) == f"{wanted.loan_amount}.00"
        assert (person.name, person.pan_no, person.date_of_birth) == (
            asked.name,
            asked.pan_no,
            asked.date_of_birth,
        )
        assert person.is_primary
        [home], [bank] = person.addresses.all(), person.banks.all()
        assert (home.pincode, home.state) == (asked.addresses[0].pincode, asked.addresses[0].state)
        assert (bank.account_no, bank.ifsc) == (asked.banks[0].account_no, asked.banks[0].ifsc)

    def test_can_be_made_again(self, tmp_path, monkeypatch):
        import runpy

        made = runpy.run_path(str(SAMPLE.with_name("make_leads.py")))
        monkeypatch.setitem(made["main"].__globals__, "HERE", tmp_path)
        made["main"]()
        for name in ("leads.xlsx", "template.xlsx"):
            assert (tmp_path / name).read_bytes() == SAMPLE.with_name(name).read_bytes(), name


class TestReceiving:
    def test_keeps_the_file_and_rings_after_the_commit(
        self, receive, officer, monkeypatch, django_capture_on_commit_callbacks
    ):
        rung = []
        monkeypatch.setattr(doorbell, "ring", lambda task, args: rung.append((task, args)))
        with django_capture_on_commit_callbacks(execute=True):
            batch = receive(good_rows(1), uploaded_by=officer)
            assert rung == []
        assert rung == [("leadops.tasks.run_import", [str(batch.pk)])]
        assert (batch.state, batch.uploaded_by, batch.file_name) == ("queued", officer, "leads.xlsx")
        assert len(batch.sha256) == 64
        assert "leads" not in batch.file.name

    def test_a_dead_broker_fails_nobody(
        self, receive, monkeypatch, caplog, django_capture_on_commit_callbacks
    ):
        def refuse(*args, **kwargs):
            raise ConnectionError("nobody there")

        monkeypatch.setattr(current_app, "send_task", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            batch = receive(good_rows(1))
        assert "the sweep will find the work" in caplog.text
        assert import_batches.to_resume() == [batch.pk]

    def test_what_is_no_workbook_is_refused_at_once(self, partner, program):
        with pytest.raises(UnreadableFile, match="a PDF document and not a workbook"):
            import_batches.receive(ContentFile(b"%PDF-1.7"), "leads.xlsx", partner=partner, program=program)
        assert not ImportBatch.objects.exists()

    def test_an_inactive_program_takes_no_file(self, receive, program):
        program.active = False
        with pytest.raises(TakesNoLeads, match="Supply chain finance is inactive"):
            receive(good_rows(1))

    @pytest.mark.parametrize("which", ["partner", "program"])
    def test_what_became_inactive_meanwhile_takes_no_lead_either(
        self, receive, finished, request, officer, which
    ):
        waiting = finished(good_rows(1), review=True)
        queued = receive(good_rows(1, start=5), name="b.xlsx")
        refused = finished([["REF-9", "98", "Asha", "", ""]], name="c.xlsx")
        begun = finished(good_rows(1, start=7), name="d.xlsx", review=True)
        import_steering.go_on(begun)
        inactive = request.getfixturevalue(which)
        type(inactive).objects.filter(pk=inactive.pk).update(active=False)
        with pytest.raises(TakesNoLeads, match=f"{inactive} is inactive and takes no new leads."):
            import_steering.go_on(waiting)
        with pytest.raises(TakesNoLeads):
            import_mending.mend(refused, {refused.import_rows.get().pk: {"B": "9800000009"}}, officer)
        for batch in (queued, begun):
            import_batches.run(batch.pk)
            batch.refresh_from_db()
            assert (batch.state, batch.problem) == (
                "failed",
                f"{inactive} is inactive and takes no new leads.",
            )
        waiting.refresh_from_db()
        assert (waiting.state, Lead.objects.count()) == ("ready", 0)

    def test_a_plain_file_object_will_do(self, partner, program, tmp_path):
        path = workbooks.ours(tmp_path / "a.xlsx", [HEADER, *good_rows(1)])
        with path.open("rb") as file:
            batch = import_batches.receive(file, "a.xlsx", partner=partner, program=program)
        import_batches.run(batch.pk)
        assert counts(batch) == (1, 1, 0, 0)


class TestFilesThatCannotBeImported:
    @pytest.mark.parametrize(
        ("sheet", "problem"),
        [
            ([["PAN", "City"], ["ABCPV1234L", "Pune"]], "No column is headed Mobile and none Name"),
            ([HEADER], "no rows under it"),
            ([[*HEADER, "Bank branch"], [*good_rows(1)[0], "Fort"]], "F (Bank branch"),
            ([[*HEADER, "CVV"], [*good_rows(1)[0], "123"]], "card data"),
            ([[*HEADER, "Phone"], [*good_rows(1)[0], "98"]], "Columns B and F both hold the Mobile"),
        ],
    )
    def test_say_why_in_words_and_leave_nothing(self, finished, tmp_path, sheet, problem):
        batch = finished(workbooks.ours(tmp_path / "a.xlsx", sheet))
        assert batch.state == ImportBatch.State.FAILED
        assert problem in batch.problem
        assert counts(batch) == (0, 0, 0, 0)
        assert not batch.import_rows.exists()
        assert batch.finished_at
        assert batch.leased_until is None

    def test_an_unknown_column_found_late_takes_back_the_rows_read_before(
        self, finished, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(import_storing, "ROWS_A_WRITE", 2)
        rows = [*good_rows(5), [*good_rows(1, start=6)[0], "late"]]
        batch = finished(workbooks.ours(tmp_path / "a.xlsx", [[*HEADER, "Bank branch"], *rows]))
        assert "F (Bank branch" in batch.problem
        assert not batch.import_rows.exists()
        assert not Lead.objects.exists()

    def test_titles_above_the_header_are_passed_over(self, finished, tmp_path):
        sheet = [["Leads of March"], ["Sunrise", "North"], HEADER, *good_rows(2)]
        assert counts(finished(workbooks.ours(tmp_path / "a.xlsx", sheet))) == (2, 2, 0, 0)


class TestDuplicates:
    def test_the_same_file_again_makes_no_second_lead(self, finished):
        assert counts(finished(good_rows(3))) == (3, 3, 0, 0)
        again = finished(good_rows(3))
        assert counts(again) == (3, 0, 3, 0)
        assert codes(again)[0] == (2, "skipped", ["duplicate_reference"])
        assert again.import_rows.filter(lead__isnull=False).count() == 3
        assert Lead.objects.count() == 3

    def test_rows_without_a_reference_are_known_by_their_file(self, finished):
        rows = [["", *row[1:]] for row in good_rows(3)]
        assert counts(finished(rows)) == (3, 3, 0, 0)
        again = finished(rows)
        assert counts(again) == (3, 0, 3, 0)
        assert codes(again)[0] == (2, "skipped", ["already_imported"])

    def test_a_reference_repeated_in_the_file_names_the_first_row(self, finished):
        batch = finished([*good_rows(2), *good_rows(1)])
        assert counts(batch) == (3, 2, 1, 0)
        row = batch.import_rows.get(number=4)
        assert "row 2 of this file" in row.problems[0]["message"]
        assert row.problems[0]["cell"] == "A4"
        assert row.lead == batch.import_rows.get(number=2).lead

    def test_a_refused_row_does_not_hold_its_reference(self, finished):
        bad = [["REF-1", "98", "Asha", "", ""]]
        assert counts(finished([*bad, *good_rows(1)])) == (2, 1, 0, 1)

    def test_another_partner_may_use_the_same_reference(self, finished, other_partner):
        finished(good_rows(2))
        assert counts(finished(good_rows(2), partner=other_partner)) == (2, 2, 0, 0)

    def test_a_reference_taken_in_the_same_moment_is_skipped(self, finished, partner, program, monkeypatch):
        real, calls = import_known.leads_by_reference, []

        def late(batch, results):
            calls.append(1)
            return {} if len(calls) == 1 else real(batch, results)

        drafts = synthetic.drafts(1)
        drafts[0].partner_ref_id = "REF-2"
        leads.create(drafts, partner=partner, program=program, intake="api")
        monkeypatch.setattr(import_known, "leads_by_reference", late)
        batch = finished(good_rows(3))
        assert counts(batch) == (3, 2, 1, 0)
        assert codes(batch)[1] == (3, "skipped", ["duplicate_reference"])


class TestOneBadRow:
    def test_that_our_code_trips_over_stops_no_other(self, finished, monkeypatch, caplog):
        real = import_judging.check_lead

        def check(draft, **given):
            if draft.partner_ref_id == "REF-2":
                raise ZeroDivisionError("9800000002")
            return real(draft, **given)

        monkeypatch.setattr(import_judging, "check_lead", check)
        batch = finished(good_rows(3))
        assert counts(batch) == (3, 2, 0, 1)
        assert codes(batch)[1] == (3, "failed", ["internal_error"])
        assert "9800000002" not in caplog.text

    def test_that_the_database_refuses_stops_no_other(self, finished, monkeypatch):
        real = import_judging.check_lead

        def check(draft, **given):
            findings = real(draft, **given)
            if draft.partner_ref_id == "REF-2":
                draft.source = "x" * 500  # longer than its column
            return findings

        monkeypatch.setattr(import_judging, "check_lead", check)
        assert codes(finished(good_rows(3))) == [
            (2, "created", []),
            (3, "failed", ["internal_error"]),
            (4, "created", []),
        ]

    def test_with_a_warning_is_made_and_keeps_it(self, finished, tmp_path):
        sheet = [["Mobile", "Name", "Tenure"], ["9800000001", "Asha", "12"]]
        batch = finished(workbooks.ours(tmp_path / "a.xlsx", sheet))
        assert codes(batch) == [(2, "created", ["tenure_unit_missing"])]

    def test_card_numbers_are_not_even_kept_with_the_refused_row(self, finished, tmp_path):
        sheet = [["Mobile", "Name", "Remarks"], ["9800000001", "Asha", "4111 1111 1111 1111"]]
        batch = finished(workbooks.ours(tmp_path / "a.xlsx", sheet))
        assert codes(batch) == [(2, "failed", ["card_data"])]
        assert CARD_REMOVED in batch.import_rows.get().cells


class TestBeingKilled:
    @pytest.fixture(autouse=True)
    def _small_chunks(self, monkeypatch):
        monkeypatch.setattr(import_chunks, "CHUNK", 10)
        monkeypatch.setattr(import_storing, "ROWS_A_WRITE", 8)

    @staticmethod
    def _die_at(monkeypatch, module, name, nth):
        """The worker dies at the `nth` call of `name`, after its work and before its commit."""
        real, calls = getattr(module, name), []

        def dying(*args):
            result = real(*args)
            calls.append(1)
            if len(calls) == nth:
                raise KeyboardInterrupt
            return result

        monkeypatch.setattr(module, name, dying)

    @pytest.mark.parametrize("nth", [1, 2, 5])
    @pytest.mark.parametrize(("module", "name"), [(import_rows, "store"), (import_rows, "import_next")])
    def test_leaves_exactly_one_result_per_row(self, receive, monkeypatch, module, name, nth):
        announced = []
        listener = lambda sender, leads, **_: announced.extend(lead.partner_ref_id for lead in leads)  # noqa: E731
        batch = receive([*good_rows(43), ["REF-X", "98", "Asha", "", ""]])
        with monkeypatch.context() as patch:
            self._die_at(patch, module, name, nth)
            with pytest.raises(KeyboardInterrupt):
                import_batches.run(batch.pk)
        assert import_batches.to_resume() == []  # the dead worker's lease still runs
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        assert not batch.finished
        ImportBatch.objects.update(leased_until=timezone.now())
        leads_ready.connect(listener)
        try:
            tasks.resume_imports()
        finally:
            leads_ready.disconnect(listener)
        assert counts(batch) == (44, 43, 0, 1)
        assert Lead.objects.count() == 43
        assert batch.import_rows.filter(outcome="created").values("lead").distinct().count() == 43
        assert len(set(announced)) == len(announced)

    def test_a_lost_database_leaves_the_batch_to_be_resumed(self, receive, monkeypatch):
        batch = receive(good_rows(15))
        with monkeypatch.context() as patch:

            def away(*args, **named):
                raise OperationalError("server closed the connection")

            patch.setattr(leads, "submit", away)
            with pytest.raises(OperationalError):
                import_batches.run(batch.pk)
        ImportBatch.objects.update(leased_until=None)
        import_batches.run(batch.pk)
        assert counts(batch) == (15, 15, 0, 0)

    @pytest.mark.parametrize("fault", [UnreadableFile("Broken."), ZeroDivisionError()])
    def test_a_worker_that_fails_after_an_officer_stopped_it_leaves_it_stopped(
        self, receive, monkeypatch, fault
    ):
        batch = receive(good_rows(3))

        def failing(batch, lease):
            import_steering.cancel(batch)
            with monkeypatch.context() as patch:
                patch.setitem(import_batches._STEPS, "queued", import_reading.read)
                import_batches.run(batch.pk)
            raise fault

        monkeypatch.setitem(import_batches._STEPS, "queued", failing)
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        assert (batch.state, batch.problem) == ("cancelled", "")

    def test_a_worker_that_fails_after_another_took_over_leaves_its_work_alone(self, receive, monkeypatch):
        monkeypatch.setattr(import_chunks, "CHUNK", 1)
        batch = receive(good_rows(3))
        real, calls = import_rows.import_next, []

        def failing(*args):
            calls.append(1)
            if len(calls) != 2:
                return real(*args)
            raise ZeroDivisionError

        real_fail = import_batches._fail

        def slowly(*args):
            ImportBatch.objects.update(leased_until=timezone.now())
            import_batches.run(batch.pk)
            real_fail(*args)

        monkeypatch.setattr(import_rows, "import_next", failing)
        monkeypatch.setattr(import_batches, "_fail", slowly)
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        assert batch.state == "done"
        assert counts(batch) == (3, 3, 0, 0)

    def test_a_worker_that_lost_its_lease_stops(self, receive, monkeypatch, caplog):
        batch = receive(good_rows(25))
        real, calls = import_rows.import_next, []

        def slow(*args):
            calls.append(1)
            return real(*args)

        def steal(*args):
            ImportBatch.objects.update(leased_until=timezone.now())
            return slow(*args)

        monkeypatch.setattr(import_rows, "import_next", steal)
        import_batches.run(batch.pk)
        assert len(calls) == 1
        assert "taken over" in caplog.text

    def test_a_finished_batch_is_not_run_again(self, finished, monkeypatch):
        batch = finished(good_rows(2))
        tasks.run_import(str(batch.pk))
        tasks.resume_imports()
        assert counts(batch) == (2, 2, 0, 0)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_two_workers_on_one_batch_make_no_double(self, receive, monkeypatch):
        monkeypatch.setattr(doorbell, "ring", lambda task, args: None)
        monkeypatch.setattr(import_chunks, "CHUNK", 20)
        batch = receive(good_rows(100))
        assert together(*[lambda: import_batches.run(batch.pk)] * 3) == []
        assert counts(batch) == (100, 100, 0, 0)
        assert Lead.objects.count() == 100

    def test_the_same_file_twice_at_once_makes_no_double(self, receive, monkeypatch):
        monkeypatch.setattr(doorbell, "ring", lambda task, args: None)
        monkeypatch.setattr(import_chunks, "CHUNK", 20)
        rows = [["" if number % 2 else row[0], *row[1:]] for number, row in enumerate(good_rows(60))]
        first, second = receive(rows), receive(rows)
        assert together(lambda: import_batches.run(first.pk), lambda: import_batches.run(second.pk)) == []
        assert counts(first)[1] + counts(second)[1] == 60
        assert counts(first)[2] + counts(second)[2] == 60
        assert Lead.objects.count() == 60


class TestTheErrorWorkbook:
    def test_gives_back_the_refused_rows_with_their_reasons(self, finished):
        batch = finished(SAMPLE)
        with error_workbook(batch) as file:
            header, *rows = read_back(file)
        assert header == [*batch.columns, "Why refused", row_heading(batch.pk)]
        assert [row[-1] for row in rows] == [int("".join(filter(str.isdigit, cell))) for cell in BAD_CELLS]
        assert rows[0][1] == "9.8E+09"
        assert rows[0][-2].startswith(
            "Mobile No.: This mobile number can't be read (Excel made a power of ten"
        )

    def test_colours_the_bad_cells_alone(self, finished):
        import openpyxl

        batch = finished(SAMPLE)
        with error_workbook(batch) as file:
            sheet = openpyxl.load_workbook(file).active
        coloured = {
            cell.coordinate for row in sheet.iter_rows(min_row=2) for cell in row if cell.fill.fill_type
        }
        letters_of = {"".join(filter(str.isalpha, cell)) for cell in BAD_CELLS}
        assert len(coloured) == 25
        assert {"".join(filter(str.isalpha, cell)) for cell in coloured} == letters_of

    def test_mended_and_uploaded_again_makes_the_leads(self, finished, tmp_path):
        import openpyxl

        batch = finished([*good_rows(2), ["REF-9", "9.8E+09", "=Asha", "", "100"]])
        with error_workbook(batch) as file:
            book = openpyxl.load_workbook(file)
        assert book.active["C2"].value == "=Asha"
        assert book.active["C2"].data_type == "s"
        book.active["B2"], book.active["C2"] = 9800000009, "Asha Verma"
        book.save(tmp_path / "mended.xlsx")
        again = finished(tmp_path / "mended.xlsx")
        assert counts(again) == (1, 1, 0, 0)
        assert Lead.objects.get(partner_ref_id="REF-9").primary_mobile == "+919800000009"

    def test_still_wrong_it_gives_an_error_workbook_with_its_columns_once(self, finished, tmp_path):
        batch = finished([["REF-9", "98", "Asha", "", ""]])
        with error_workbook(batch) as file:
            (tmp_path / "again.xlsx").write_bytes(file.read())
        again = finished(tmp_path / "again.xlsx")
        assert counts(again) == (1, 0, 0, 1)
        with error_workbook(again) as file:
            assert read_back(file)[0] == [*HEADER, "Why refused", row_heading(again.pk)]


class TestProgress:
    def test_tells_how_far_and_how_long(self, receive, monkeypatch):
        monkeypatch.setattr(import_chunks, "CHUNK", 10)
        batch = receive(good_rows(40))
        before = import_batches.progress(batch)
        assert (before["state"], before["rows"], before["percent"], before["rate"]) == ("queued", 0, 0, None)
        seen = []
        real = import_rows.import_next

        def watched(given, count):
            seen.append(import_batches.progress(ImportBatch.objects.get(pk=batch.pk)))
            return real(given, count)

        monkeypatch.setattr(import_rows, "import_next", watched)
        import_batches.run(batch.pk)
        assert [each["percent"] for each in seen] == [0, 25, 50, 75]
        assert seen[1]["state"] == "importing"
        assert seen[1]["rate"] > 0
        assert seen[1]["seconds_left"] >= 0
        batch.refresh_from_db()
        after = import_batches.progress(batch)
        assert (after["state"], after["done"], after["created"], after["seconds_left"]) == ("done", 40, 40, 0)

    def test_a_chunk_costs_the_same_queries_whatever_its_size(self, receive, django_assert_max_num_queries):
        sizes = []
        for count in (30, 300):
            batch = receive(good_rows(count, start=count), name=f"{count}.xlsx")
            with django_assert_max_num_queries(33) as queries:
                import_batches.run(batch.pk)
            sizes.append(len(queries))
            assert counts(batch) == (count, count, 0, 0)
        assert sizes[0] == sizes[1]


def test_a_broken_constraint_elsewhere_does_not_end_the_batch(finished, monkeypatch):
    def refuse(*args, **kwargs):
        raise IntegrityError("something else")

    monkeypatch.setattr(leads, "submit", refuse)
    batch = finished(good_rows(2))
    assert counts(batch) == (2, 0, 0, 2)
    assert not Lead.objects.exists()


def test_the_error_workbook_is_a_file_at_its_start(finished):
    with error_workbook(finished([["REF-9", "98", "Asha", "", ""]])) as file:
        assert file.tell() == 0
        assert io.BytesIO(file.read()).getvalue()[:2] == b"PK"


def test_an_import_whose_file_is_gone_ends_in_a_sentence_and_the_others_go_on(receive):
    gone, sound = receive(good_rows(1)), receive(good_rows(2))
    gone.file.storage.delete(gone.file.name)
    assert import_batches.to_resume() == [gone.pk, sound.pk]
    tasks.resume_imports()
    assert counts(sound) == (2, 2, 0, 0)
    gone.refresh_from_db()
    assert (gone.state, gone.rows, gone.leased_until) == ("failed", 0, None)
    assert gone.problem == "The file is no longer in the store: upload it again."


def test_rows_that_were_read_are_imported_also_when_their_file_is_gone(receive):
    batch = receive(good_rows(2))
    lease = import_leases.take(batch.pk)
    assert lease is not None
    import_reading.read(batch, lease)
    batch.file.storage.delete(batch.file.name)
    ImportBatch.objects.update(leased_until=timezone.now())
    tasks.resume_imports()
    assert counts(batch) == (2, 2, 0, 0)
    assert batch.state == "done"


def test_an_import_that_breaks_does_not_keep_the_next_from_going_on(receive, monkeypatch, caplog):
    broken, sound = receive(good_rows(1)), receive(good_rows(2))
    real = import_batches.run

    def run(batch_id):
        if batch_id == broken.pk:
            raise OperationalError("REF-1 of Asha")
        real(batch_id)

    monkeypatch.setattr(import_batches, "run", run)
    tasks.resume_imports()
    assert counts(sound) == (2, 2, 0, 0)
    assert f"Import {broken.pk} could not be resumed" in caplog.text
    assert "Asha" not in caplog.text
