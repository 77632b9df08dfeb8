"""The rule for duplicates over a workbook: every row says what became of it, and why."""

from __future__ import annotations

import threading

import pytest
from django.core.files import File
from django.db import connection

from leadops import doorbell
from leadops.models import Duplicate, DuplicatePolicy, ImportBatch, Lead, Merge
from leadops.services import (
    import_batches,
    import_chunks,
    import_judging,
    import_previews,
    import_steering,
    leads,
)
from leadops.validation import check_lead
from tests import people
from tests.leadops.borrowers import MOBILE, PAN, applicant, lead
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER, good_rows

ASHA = [MOBILE, "Asha Verma", PAN]


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def receive(partner, program, officer, tmp_path):
    def received(rows, name="leads.xlsx", **given):
        path = workbooks.ours(tmp_path / name, [HEADER, *rows])
        given = {"partner": partner, "program": program, "uploaded_by": officer, **given}
        with path.open("rb") as file:
            return import_batches.receive(File(file), name, **given)

    return received


@pytest.fixture
def finished(receive):
    def done(rows, **given):
        batch = receive(rows, **given)
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        assert batch.problem == ""
        assert batch.done_rows == batch.rows
        return batch

    return done


@pytest.fixture
def known(partner, program):
    """A lead of Asha's that came by API."""

    def made(of=None, **fields):
        draft = lead(MOBILE, applicant(pan_no=PAN, primary_mobile=MOBILE), **fields)
        check_lead(draft)
        [first] = leads.create([draft], partner=of or partner, program=program, intake="api")
        return first

    return made


def told(batch: ImportBatch, number: int) -> tuple[str, list[tuple[str, str]], str]:
    row = batch.import_rows.get(number=number)
    said = " ".join({each["message"]: None for each in row.problems})
    return row.outcome, [(each["cell"], each["code"]) for each in row.problems], said


class TestRefuse:
    @pytest.fixture(autouse=True)
    def _refuse(self, rule):
        rule(DuplicatePolicy.REFUSE)

    def test_leaves_the_row_out_and_says_which_lead_was_first(self, finished, known):
        first = known(partner_ref_id="SUN-1")
        batch = finished([["R1", *ASHA, 5], *good_rows(2, start=7)])
        outcome, cells, said = told(batch, 2)
        assert (outcome, cells) == ("skipped", [("B2", "duplicate_lead"), ("D2", "duplicate_lead")])
        assert said.startswith("Lead SUN-1 of Sunrise Finserv came first, by API on ")
        assert "PAN ABXXXXX34L" in said
        assert "mobile ••••0001" in said
        assert batch.import_rows.get(number=2).lead == first
        assert (batch.created, batch.skipped) == (2, 1)

    def test_knows_two_rows_of_one_file(self, finished):
        batch = finished([["R1", *ASHA, 5], *good_rows(1, start=7), ["R2", "9800000099", "A", PAN, 5]])
        outcome, cells, said = told(batch, 4)
        assert (outcome, cells) == ("skipped", [("D4", "duplicate_lead")])
        assert said == "Row 2 of this file comes first, with the same PAN ABXXXXX34L."
        assert batch.import_rows.get(number=4).lead == batch.import_rows.get(number=2).lead

    def test_knows_rows_of_other_chunks(self, finished, monkeypatch):
        monkeypatch.setattr(import_chunks, "CHUNK", 2)
        batch = finished([["R1", *ASHA, 5], *good_rows(4, start=7), ["R2", *ASHA, 5]])
        assert (batch.created, batch.skipped) == (5, 1)
        assert told(batch, 7)[2].startswith("Lead R1 of Sunrise Finserv came first, by Excel on ")

    def test_a_row_whose_first_one_failed_is_looked_at_anew(self, finished, monkeypatch):
        real = import_judging.check_lead

        def check(draft, **given):
            findings = real(draft, **given)
            if draft.partner_ref_id == "R1":
                draft.source = "x" * 500  # longer than its column
            return findings

        monkeypatch.setattr(import_judging, "check_lead", check)
        batch = finished([["R1", *ASHA, 5], ["R2", *ASHA, 5], ["R3", *ASHA, 5]])
        assert [told(batch, number)[0] for number in (2, 3, 4)] == ["failed", "created", "skipped"]

    def test_a_partners_upload_learns_nothing_of_another_partners_lead(self, finished, known, other_partner):
        known(of=other_partner, partner_ref_id="MOON-1")
        batch = finished([["R1", *ASHA, 5]], road=ImportBatch.Road.API, uploaded_by=None)
        assert told(batch, 2) == (
            "skipped",
            [("", "duplicate_lead")],
            "The lender knows this borrower already.",
        )
        assert batch.import_rows.get().lead is None

    def test_the_words_are_the_same_when_the_officer_is_gone_before_the_import(
        self, receive, known, other_partner
    ):
        known(of=other_partner, partner_ref_id="MOON-1")
        leaving = people.officer("leaving")
        batch = receive([["R1", *ASHA, 5]], uploaded_by=leaving, review=True)
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        [foretold] = {each["message"] for each in import_previews.shown(batch)["problems"]}
        leaving.delete()
        import_steering.go_on(batch)
        import_batches.run(batch.pk)
        assert told(batch, 2)[2] == foretold
        assert foretold.startswith("Lead MOON-1 of Moonlight Credit came first")


class TestFlag:
    def test_makes_the_lead_with_a_warning_at_the_cell(self, finished, known, other_partner):
        first = known(of=other_partner, partner_ref_id="MOON-1")
        batch = finished([["R1", *ASHA, 5]])
        outcome, cells, said = told(batch, 2)
        assert (outcome, cells) == ("created", [("B2", "possible_duplicate")])
        assert said.startswith("Lead MOON-1 of Moonlight Credit came first")
        assert Duplicate.objects.get().earlier == first

    def test_knows_two_rows_of_one_file(self, finished):
        batch = finished([["R1", *ASHA, 5], ["R2", *ASHA, 6], ["R3", *ASHA, 7]])
        made = [batch.import_rows.get(number=number).lead_id for number in (2, 3, 4)]
        kept = {(each.lead_id, each.earlier_id) for each in Duplicate.objects.all()}
        assert kept == {(made[1], made[0]), (made[2], made[0]), (made[2], made[1])}
        assert told(batch, 4)[2].startswith("Row 2 of this file comes first")

    def test_a_partners_upload_is_told_nothing_of_another_partners_lead(self, finished, known, other_partner):
        known(of=other_partner)
        batch = finished([["R1", *ASHA, 5]], road=ImportBatch.Road.API, uploaded_by=None)
        assert told(batch, 2) == ("created", [], "")
        assert Duplicate.objects.count() == 1

    def test_a_chunk_full_of_one_telephone_keeps_a_few_for_each_row(self, finished):
        rows = [[f"R{number}", MOBILE, "Asha Verma", "", 5] for number in range(60)]
        batch = finished(rows)
        assert batch.created == 60
        assert Duplicate.objects.count() <= 60 * 5


class TestMerge:
    @pytest.fixture(autouse=True)
    def _merge(self, rule):
        rule(DuplicatePolicy.MERGE)

    def test_fills_the_first_lead_and_counts_the_row_as_updated(self, finished, known):
        first = known(partner_ref_id="SUN-1")
        batch = finished([["R1", *ASHA, "250000"], *good_rows(1, start=7)])
        outcome, cells, said = told(batch, 2)
        assert (outcome, cells) == ("updated", [("", "merged_duplicate")])
        assert said.startswith("Lead SUN-1 of Sunrise Finserv came first")
        assert said.endswith("Filled in there: loan amount.")
        assert (batch.updated, batch.created) == (1, 1)
        first.refresh_from_db()
        assert (str(first.loan_amount), first.version) == ("250000.00", 2)
        assert Merge.objects.get().partner_ref_id == "R1"

    def test_what_was_done_to_cells_that_fill_a_lead_is_said(self, finished, known):
        known()
        batch = finished([["R1", *ASHA, "\u00a0250000"]])
        assert told(batch, 2)[1] == [("", "merged_duplicate"), ("E2", "odd_spaces")]

    def test_a_row_that_tells_nothing_new_is_left_out(self, finished, known):
        known()
        batch = finished([["R1", *ASHA, ""]])
        assert told(batch, 2)[0] == "skipped"
        assert told(batch, 2)[2].endswith("This one told nothing new.")

    def test_two_rows_of_one_file_become_one_lead(self, finished):
        batch = finished([["R1", *ASHA, ""], ["R2", *ASHA, "250000"], ["R3", *ASHA, "9"]])
        assert [told(batch, number)[0] for number in (2, 3, 4)] == ["created", "updated", "created"]
        first = Lead.objects.get(partner_ref_id="R1")
        assert (str(first.loan_amount), first.version) == ("250000.00", 1)
        assert batch.import_rows.get(number=3).lead == first
        assert told(batch, 3)[2].endswith("Filled in there: loan amount.")
        assert Merge.objects.get().lead == first

    def test_a_fault_of_ours_in_one_row_costs_no_other(self, finished, known, monkeypatch):
        known()

        def broken(*args):
            raise ZeroDivisionError

        monkeypatch.setattr(leads, "merge", broken)
        batch = finished([["R1", *ASHA, "250000"], *good_rows(1, start=7)])
        assert told(batch, 2)[:2] == ("failed", [("", "internal_error")])
        assert (batch.failed, batch.created) == (1, 1)


class TestAChange:
    @pytest.fixture
    def here(self, finished):
        return finished(good_rows(3), name="first.xlsx")

    def test_is_refused_where_the_program_takes_no_second_lead(self, finished, here, rule):
        rule(DuplicatePolicy.REFUSE)
        batch = finished([["REF-2", "", "", "ABCPV0001L", "5"], ["REF-3", "", "", "", "6"]], mode="update")
        outcome, cells, said = told(batch, 2)
        assert (outcome, cells) == ("failed", [("D2", "duplicate_lead")])
        assert said == (
            "Lead REF-1 of Sunrise Finserv has the same PAN ABXXXXX01L."
            " This program takes no second lead of a borrower, so nothing was changed."
        )
        assert told(batch, 3)[0] == "updated"
        assert Lead.objects.get(partner_ref_id="REF-2").version == 1

    @pytest.mark.parametrize(
        ("policy", "said"), [("flag", ""), ("merge", " Both stay: a change puts no leads together.")]
    )
    def test_is_made_and_marked_otherwise(self, finished, here, rule, policy, said):
        rule(policy)
        batch = finished([["REF-2", "", "", "ABCPV0001L", ""]], mode="update")
        assert told(batch, 2) == (
            "updated",
            [("D2", "possible_duplicate")],
            f"Lead REF-1 of Sunrise Finserv has the same PAN ABXXXXX01L.{said}",
        )
        pair = Duplicate.objects.get()
        assert (pair.lead.partner_ref_id, pair.earlier.partner_ref_id) == ("REF-2", "REF-1")

    def test_takes_the_mark_away_too(self, finished, here):
        finished([["REF-2", "", "", "ABCPV0001L", ""]], mode="update", name="a.xlsx")
        assert Duplicate.objects.count() == 1
        finished([["REF-2", "", "", "ABCPV0002L", ""]], mode="update", name="b.xlsx")
        assert Duplicate.objects.count() == 0

    def test_tells_a_partner_nothing_of_anothers_lead(self, finished, known, other_partner, here, rule):
        known(of=other_partner, partner_ref_id="MOON-1")
        rows = [["REF-2", "", "", PAN, ""]]
        flagged = finished(rows, mode="update", road="api", name="a.xlsx")
        assert told(flagged, 2) == ("updated", [], "")
        rule(DuplicatePolicy.REFUSE)
        rows = [["REF-3", "", "", PAN, ""]]
        refused = finished(rows, mode="update", road="api", name="b.xlsx")
        assert told(refused, 2)[0] == "failed"
        own = finished([["REF-3", "", "", "ABCPV0001L", ""]], mode="update", road="api", name="c.xlsx")
        assert told(own, 2)[2].startswith("Your lead REF-1 has the same PAN ABXXXXX01L.")
        Lead.objects.filter(partner_ref_id="REF-2").delete()
        silent = finished(rows, mode="update", road="api", name="d.xlsx")
        assert told(silent, 2) == (
            "failed",
            [("", "duplicate_lead")],
            "The lender knows this borrower already.",
        )

    def test_of_a_familys_telephone_is_never_refused(self, finished, here, rule):
        rule(DuplicatePolicy.REFUSE)
        batch = finished([["REF-2", "9800000001", "", "", ""]], mode="update")
        assert told(batch, 2)[:2] == ("updated", [("B2", "possible_duplicate")])
        assert Duplicate.objects.get().only_mobile

    def test_is_compared_with_the_rows_before_it(self, finished, here, rule):
        rule(DuplicatePolicy.REFUSE)
        rows = [
            ["REF-1", "", "", PAN, ""],
            ["REF-2", "", "", PAN, ""],
            ["NEW-1", "9800000077", "Bina Rao", PAN, ""],
            ["NEW-2", "9800000078", "Bina Rao", "ABCPR0001L", ""],
            ["REF-3", "", "", "ABCPR0001L", ""],
            ["NEW-3", "9800000079", "Bina Rao", "ABCPV0001L", ""],
        ]
        batch = finished(rows, mode="both")
        outcomes = [told(batch, number)[0] for number in range(2, 8)]
        assert outcomes == ["updated", "failed", "skipped", "created", "failed", "created"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("policy", DuplicatePolicy)
def test_two_files_with_one_people_in_other_orders_wait_for_each_other_and_not_in_a_circle(
    receive, rule, policy, monkeypatch
):
    rule(policy)
    monkeypatch.setattr(doorbell, "ring", lambda task, args: None)
    monkeypatch.setattr(import_chunks, "CHUNK", 30)
    rows = [[f"A{row[0]}", *row[1:]] for row in good_rows(60)]
    back = [[f"B{row[0]}", *row[1:]] for row in reversed(good_rows(60))]
    batches = [receive(rows, name="a.xlsx"), receive(back, name="b.xlsx")]
    failures = []

    def work(batch):
        try:
            import_batches.run(batch.pk)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for batch in batches:
        batch.refresh_from_db()
        assert batch.state == ImportBatch.State.DONE
        assert batch.done_rows == 60
    assert Lead.objects.count() == (120 if policy == DuplicatePolicy.FLAG else 60)
    if policy == DuplicatePolicy.FLAG:
        assert Duplicate.objects.count() == 60


def test_a_chunk_costs_the_same_queries_whatever_its_size(receive, django_assert_max_num_queries):
    sizes = []
    for count in (30, 300):
        batch = receive([["", *row[1:]] for row in good_rows(count)], name=f"{count}.xlsx")
        with django_assert_max_num_queries(35) as queries:
            import_batches.run(batch.pk)
        sizes.append(len(queries))
    # The second file repeats thirty of the first one's people: they are looked up, and the pairs are kept.
    assert sizes[1] - sizes[0] <= 2
    assert Duplicate.objects.count() == 30
