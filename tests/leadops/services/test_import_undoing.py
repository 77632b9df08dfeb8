"""An import is undone: what nobody has touched goes, all else stays and says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from crm_integrations import announcements
from crm_integrations import delivery as engine
from crm_integrations.models import Connection, Delivery, State
from leadops.errors import NotInThisState
from leadops.models import Address, Applicant, Document, DocumentEvent, ImportBatch, Lead, LegalHold, Merge
from leadops.services import (
    import_batches,
    import_chunks,
    import_mending,
    import_undoing,
    lead_deletion,
    lead_tasks,
    leads,
    legal_holds,
    loan_accounts,
    notes,
    reveals,
)
from tests.leadops.borrowers import applicant, lead
from tests.leadops.excel.workbooks import HEADER, good_rows
from tests.leadops.services.imported import breaking_after, codes, counts


def undo(batch: ImportBatch, officer=None) -> ImportBatch:
    import_undoing.begin(batch, officer)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    return batch


def lead_of(batch: ImportBatch, number: int) -> Lead:
    lead = batch.import_rows.get(number=number).lead
    assert lead is not None
    return lead


def test_untouched_leads_go_with_all_that_is_theirs(finished, officer):
    batch = finished([*good_rows(3), ["REF-9", "98", "Asha", "", ""]])
    kept = finished(good_rows(1, start=50), name="other.xlsx")
    undo(batch, officer)
    assert (batch.state, batch.undone_by, batch.undone, batch.stayed) == ("undone", officer, 3, 0)
    assert batch.undone_at is not None
    assert list(Lead.objects.all()) == [lead_of(kept, 2)]
    assert Applicant.objects.count() == 1
    assert not Address.objects.exists()
    assert counts(batch) == (4, 3, 0, 1)
    assert codes(batch)[0] == (2, "created", ["undone"])


def test_a_lead_that_was_deleted_since_stays_deleted(finished):
    batch = finished(good_rows(2))
    deleted = lead_of(batch, 2)
    lead_deletion.delete(deleted.pk)
    undo(batch)
    assert (batch.undone, batch.stayed) == (1, 1)
    assert list(Lead.with_deleted.all()) == [deleted]
    [said] = batch.import_rows.get(number=2).problems
    assert said["message"] == import_undoing.STAYED + import_undoing.GONE


def test_touched_leads_stay_and_say_why(finished, program, monkeypatch):
    monkeypatch.setattr(import_undoing, "CHUNK", 2)
    batch = finished(good_rows(5))
    edited, with_account, with_document = (lead_of(batch, number) for number in (2, 4, 5))
    leads.revise(edited)
    loan_accounts.open_account(with_account, "ACC-1", program)
    Document.objects.create(
        lead=with_document, related_model_id=with_document.pk, document_type="pan", file=ContentFile(b"x", "a"),
        file_name="a.pdf", content_type="application/pdf", size=1, sha256="0" * 64,
    )  # fmt: skip
    foreseen = import_undoing.foresee(batch)
    assert (foreseen["gone"], foreseen["stay_count"]) == (2, 3)
    undo(batch)
    assert (batch.undone, batch.stayed) == (2, 3)
    assert {*Lead.objects.all()} == {edited, with_account, with_document}
    said = {row.number: row.problems[-1]["message"] for row in batch.import_rows.filter(lead__isnull=False)}
    assert said == {
        2: "Its lead stayed when the import was undone. It was changed since: this is its version 2.",
        4: "Its lead stayed when the import was undone. It has a loan account.",
        5: "Its lead stayed when the import was undone. It has documents.",
    }


def test_what_a_vendor_has_or_may_have_stays_and_what_only_waits_goes(finished, connections, vendor_sandbox):
    batch = finished(good_rows(3))
    announcements.unfold()
    sent, waiting, unknown = (lead_of(batch, number) for number in (2, 3, 4))
    Delivery.objects.filter(lead=waiting).update(state=State.QUEUED)
    Delivery.objects.exclude(lead=sent).filter(lead__in=[waiting, unknown]).update(due_at="2099-01-01T00:00Z")
    engine.drain()
    assert Delivery.objects.filter(lead=sent, state=State.DELIVERED).exists()
    Delivery.objects.filter(lead=unknown).update(state=State.QUEUED, once_unknown=True)
    undo(batch)
    assert {*Lead.objects.all()} == {sent, unknown}
    assert not Delivery.objects.filter(lead_id=waiting.pk).exists()
    assert "was delivered to" in batch.import_rows.get(number=2).problems[-1]["message"]
    assert "was begun" in batch.import_rows.get(number=4).problems[-1]["message"]
    before = len(vendor_sandbox.calls("ispcrm"))
    Delivery.objects.update(due_at="2020-01-01T00:00Z")
    engine.drain()
    assert all(each.lead_id != waiting.pk for each in Delivery.objects.all())
    assert len(vendor_sandbox.calls("ispcrm")) >= before


def test_what_may_have_been_sent_in_the_time_that_a_restore_lost_stays(finished, connections):
    batch = finished(good_rows(2))
    Connection.objects.filter(vendor="ispcrm").update(restored_at=timezone.now())
    Delivery.objects.all().delete()  # as in the backup
    later = lead_of(batch, 3)
    Lead.objects.filter(pk=later.pk).update(created_at=timezone.now() + timedelta(seconds=1))
    undo(batch)
    assert {*Lead.objects.all()} == {lead_of(batch, 2)}
    said = batch.import_rows.get(number=2).problems[-1]["message"]
    assert said.endswith("The database was restored since: ispcrm may have it.")


class TestWhatWasFilledIn:
    @pytest.fixture(autouse=True)
    def _merge(self, rule):
        rule("merge")

    @pytest.mark.parametrize("email", ["", "asha@example.com"])
    def test_by_a_partners_program_stays_whether_it_told_anything_new(
        self, finished, partner, program, email
    ):
        batch = finished(good_rows(2))
        first = lead_of(batch, 2)
        person = applicant(
            name="Asha Verma", pan_no="ABCPV0001L", primary_mobile="9800000001", primary_email=email
        )
        given = {"partner": partner, "program": program, "intake": Lead.Intake.API}
        received = leads.receive(lead("9800000001", person, loan_amount="50001"), **given)
        assert (received.lead, bool(received.filled)) == (first, bool(email))
        assert import_undoing.foresee(batch)["stay"] == [("Another lead was filled into it.", 1)]
        undo(batch)
        assert list(Lead.objects.all()) == [first]
        assert Merge.objects.count() == 1
        assert (
            batch.import_rows.get(number=2)
            .problems[-1]["message"]
            .endswith("Another lead was filled into it.")
        )

    def test_by_another_import_stays(self, finished):
        batch = finished(good_rows(2))
        [again] = good_rows(1)
        other = finished([["OTHER-9", *again[1:]]], name="second.xlsx")
        undo(batch)
        assert (batch.undone, batch.stayed) == (1, 1)
        assert lead_of(other, 2) == lead_of(batch, 2)

    @pytest.mark.parametrize("chunk", [2, 500])
    def test_by_the_import_itself_goes_whatever_the_chunk(self, finished, monkeypatch, chunk):
        monkeypatch.setattr(import_chunks, "CHUNK", chunk)
        rows = good_rows(3)
        batch = finished([*rows, ["", *rows[0][1:], "asha@example.com"]], header=[*HEADER, "E-mail"])
        assert (batch.created, batch.updated) == (3, 1)
        assert import_undoing.foresee(batch)["gone"] == 3
        undo(batch)
        assert (batch.undone, batch.stayed) == (3, 0)

    def test_an_edit_is_seen_beside_what_the_import_did_itself(self, finished):
        rows = good_rows(1)
        batch = finished([*rows, ["", *rows[0][1:], "asha@example.com"]], header=[*HEADER, "E-mail"])
        leads.revise(lead_of(batch, 2))
        assert undo(batch).stayed == 1


def test_what_the_import_changed_itself_goes_and_what_others_changed_stays(finished):
    rows = good_rows(2)
    again = [[*row[:4], 99_999] for row in rows]
    batch = finished([*rows, *again], mode="both")
    assert (batch.created, batch.updated) == (2, 2)
    edited = lead_of(batch, 3)
    leads.revise(edited)
    undo(batch)
    assert (batch.undone, batch.stayed, list(Lead.objects.all())) == (1, 1, [edited])
    assert batch.import_rows.get(number=3).problems[-1]["message"].endswith("this is its version 3.")


def test_leads_that_were_here_before_are_not_this_imports_to_delete(finished):
    first = finished(good_rows(2))
    second = finished([*good_rows(2), *good_rows(1, start=7)], name="b.xlsx")
    undo(second)
    assert (second.undone, second.stayed) == (1, 0)
    assert Lead.objects.count() == 2
    assert counts(first) == (2, 2, 0, 0)


def test_the_file_can_be_imported_again_afterwards(finished):
    batch = undo(finished(good_rows(3)))
    again = finished(good_rows(3))
    assert again.earlier is None
    assert counts(again) == (3, 3, 0, 0)
    assert batch.import_rows.filter(lead__isnull=False).count() == 0


def test_a_worker_that_dies_leaves_it_to_the_next(finished, monkeypatch):
    monkeypatch.setattr(import_undoing, "CHUNK", 2)
    batch = finished(good_rows(7))
    leads.revise(lead_of(batch, 3))
    real, calls = import_undoing._undo, []

    def dying(*args):
        real(*args)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    import_undoing.begin(batch, None)
    with monkeypatch.context() as patch:
        patch.setattr(import_undoing, "_undo", dying)
        with pytest.raises(KeyboardInterrupt):
            import_batches.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.undone, batch.stayed) == ("undoing", 1, 1)
    assert import_batches.progress(batch)["percent"] == 28
    ImportBatch.objects.update(leased_until=None)
    assert import_batches.to_resume() == [batch.pk]
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.undone, batch.stayed) == ("undone", 6, 1)
    assert Lead.objects.count() == 1


def test_only_what_has_ended_and_made_leads_can_be_undone_and_only_once(finished, receive):
    with pytest.raises(NotInThisState):
        import_undoing.begin(receive(good_rows(1)), None)
    with pytest.raises(NotInThisState):
        import_undoing.begin(finished([["R", "98", "A", "", ""]], name="bad.xlsx"), None)
    batch = undo(finished(good_rows(1), name="c.xlsx"))
    with pytest.raises(NotInThisState, match="This import is undone"):
        import_undoing.begin(batch, None)


class TestOfMending:
    @pytest.fixture
    def batch(self, finished) -> ImportBatch:
        """A good row and two refused ones, none of which has a reference."""
        rows = [["9800000007", "Chand Rao"], ["98", "Asha Verma"], ["97", "Bina Rao"]]
        return finished(rows, header=["Mobile", "Name"])

    def test_gives_the_first_import_its_refused_rows_back(self, batch, sent_back, officer):
        second = sent_back(batch, "second.xlsx", A2="9800000001")
        third = sent_back(second, "third.xlsx", A2="9800000002")
        assert counts(batch) == (3, 3, 0, 0)
        undo(third)
        assert (counts(second), counts(batch)) == ((2, 1, 0, 1), (3, 2, 0, 1))
        undo(second)
        assert (counts(second), counts(batch)) == ((2, 1, 0, 1), (3, 1, 0, 2))
        refused = batch.import_rows.get(number=3)
        assert (refused.outcome, refused.lead) == ("failed", None)
        assert [(each["cell"], each["code"], each["severity"]) for each in refused.problems] == [
            ("A3", "invalid_mobile", "error"),
            ("", "mending_undone", "warning"),
        ]
        assert (
            refused.problems[1]["message"] == "Mended by second.xlsx, which was undone: it is refused again."
        )
        assert "was" not in refused.problems[0]
        again = sent_back(batch, "again.xlsx", A2="9800000001", A3="9800000002")
        assert (counts(again), counts(batch)) == ((2, 2, 0, 0), (3, 3, 0, 0))

    def test_leaves_what_stays_where_it_is(self, batch, sent_back):
        second = sent_back(batch, A2="9800000001", A3="9800000002")
        leads.revise(lead_of(second, 2))
        undo(second)
        assert (second.undone, second.stayed, counts(batch)) == (1, 1, (3, 2, 0, 1))
        assert lead_of(batch, 3) == lead_of(second, 2)

    def test_the_first_import_undone_tells_the_second(self, batch, sent_back):
        second = sent_back(batch, A2="9800000001")
        undo(batch)
        assert not Lead.objects.exists()
        told = second.import_rows.get(number=2).problems[-1]
        assert told["message"] == "Its lead was deleted when the import of leads.xlsx was undone."
        assert batch.import_rows.get(number=3).problems[-1]["code"] == "undone"

    def test_a_row_that_was_left_out_because_of_a_lead_tells_that_it_is_gone(self, finished):
        first = finished(good_rows(1))
        second = finished([*good_rows(1), *good_rows(1, start=5)], name="b.xlsx")
        undo(first)
        assert codes(second)[0] == (2, "skipped", ["duplicate_reference", "undone"])


class TestAfterAFault:
    """Leads that are here can be undone and mended, whatever went wrong."""

    @pytest.fixture
    def broken(self, receive, monkeypatch) -> ImportBatch:
        """An import whose third chunk broke, after a lead and a refused row."""
        monkeypatch.setattr(import_chunks, "CHUNK", 1)
        batch = receive([["REF-9", "98", "Asha", "", ""], *good_rows(3)])
        with breaking_after(2):
            import_batches.run(batch.pk)
        assert counts(batch) == (2, 1, 0, 1)
        assert batch.state == "failed"
        return batch

    def test_in_the_import_it_can_be_undone(self, broken, desk):
        page = desk.get(reverse("admin:leadops_importbatch_change", args=[broken.pk])).content.decode()
        here = reverse("admin:leadops_importbatch_undo", args=[broken.pk])
        assert here in page
        assert desk.get(here).status_code == 200
        undo(broken)
        assert (broken.state, broken.undone, broken.problem) == ("undone", 1, "")
        assert not Lead.objects.exists()

    def test_in_the_import_its_refused_rows_can_be_mended(self, broken, officer):
        row = broken.import_rows.get(outcome="failed")
        assert dict(import_mending.mend(broken, {row.pk: {"B": "9800000009"}}, officer)) == {"created": 1}

    def test_in_the_undoing_it_can_be_undone_to_the_end(self, finished, monkeypatch, officer):
        monkeypatch.setattr(import_undoing, "CHUNK", 2)
        batch = finished([*good_rows(5), ["REF-9", "98", "Asha", "", ""]])
        real, calls = import_undoing._undo, []

        def breaking(*args):
            calls.append(1)
            return real(*args) if len(calls) < 2 else 1 / 0

        with monkeypatch.context() as patch:
            patch.setattr(import_undoing, "_undo", breaking)
            undo(batch)
        assert (batch.state, batch.undone) == ("failed", 2)
        assert batch.problem == import_batches.OUR_FAULT_UNDOING
        with pytest.raises(NotInThisState):
            import_mending.mend(
                batch, {batch.import_rows.get(outcome="failed").pk: {"B": "9800000009"}}, officer
            )
        undo(batch)
        assert (batch.state, batch.undone, Lead.objects.count()) == ("undone", 5, 0)


def test_looking_at_it_changes_nothing_and_stops_at_its_limit(finished, monkeypatch):
    batch = finished(good_rows(4))
    monkeypatch.setattr(import_undoing, "MOST_LOOKED_AT", 3)
    foreseen = import_undoing.foresee(batch)
    assert (foreseen["more"], foreseen["looked_at"], foreseen["gone"]) == (True, 3, 3)
    assert Lead.objects.count() == 4


def test_a_chunk_costs_the_same_queries_whatever_its_size(finished, django_assert_max_num_queries):
    few, many = finished(good_rows(5)), finished(good_rows(150, start=100), name="b.xlsx")
    for batch in (few, many):
        import_undoing.begin(batch, None)
        with django_assert_max_num_queries(48):
            import_batches.run(batch.pk)
    many.refresh_from_db()
    assert many.undone == 150


def test_leads_with_notes_and_tasks_stay_and_say_so(finished, officer):
    batch = finished(good_rows(3))
    noted, tasked, gone = Lead.objects.order_by("pk")
    notes.write(noted, "Called.", officer)
    lead_tasks.add(tasked, "Call again", timezone.now(), officer, officer)
    import_undoing.begin(batch, officer)
    import_batches.run(batch.pk)
    assert set(Lead.objects.values_list("pk", flat=True)) == {noted.pk, tasked.pk}
    said = {row.lead_id: row.problems[-1]["message"] for row in batch.import_rows.exclude(lead=None)}
    assert said[noted.pk].endswith("It has notes.")
    assert said[tasked.pk].endswith("It has tasks.")
    assert not Lead.with_deleted.filter(pk=gone.pk).exists()


def test_a_lead_whose_documents_were_deleted_stays_for_their_log(finished, officer):
    batch = finished(good_rows(2))
    had = lead_of(batch, 2)
    told = {"document_id": had.pk, "document": "PAN card", "deed": DocumentEvent.Deed.DELETED}
    DocumentEvent.objects.create(lead=had, officer=officer, **told)
    assert import_undoing.foresee(batch)["stay"] == [(import_undoing.HAD_DOCUMENT, 1)]
    undo(batch)
    assert list(Lead.objects.all()) == [had]
    assert DocumentEvent.objects.get().lead == had


@pytest.mark.parametrize("lifted", [False, True])
def test_a_lead_on_which_a_legal_hold_stands_or_stood_stays_with_it(finished, officer, lifted):
    batch = finished(good_rows(2))
    held = lead_of(batch, 2)
    legal_holds.place(held.pk, "A court asked for it", officer)
    if lifted:
        legal_holds.lift(held.pk, "The court is done", officer)
    assert import_undoing.foresee(batch)["stay"] == [(import_undoing.HAS_RECORD, 1)]
    undo(batch)
    assert list(Lead.objects.all()) == [held]
    assert (LegalHold.objects.get().lead, batch.undone, batch.stayed) == (held, 1, 1)


def test_a_lead_that_was_shown_unmasked_stays_so_that_its_officer_is_shown_no_more_for_it(finished, officer):
    batch = finished(good_rows(2))
    shown = lead_of(batch, 2)
    masked = reveals.find(officer, "lead", shown.pk, "primary_mobile")
    reveals.reveal(masked, officer, reveals.Why("call", "To call back"))
    undo(batch)
    assert list(Lead.objects.all()) == [shown]
    assert reveals.left_for(officer) == reveals.MOST - 1
    said = batch.import_rows.get(number=2).problems[-1]["message"]
    assert said == import_undoing.STAYED + import_undoing.HAS_RECORD


def two_of_one_reference(finished):
    """An import of two rows under one reference, of whom the first has a wrong mobile: both are refused."""
    rows = [
        ["L1", "98", "Asha Verma", "ABCPV0001L", "50000"],
        ["L1", "", "Ravi Verma", "ABCPV0002L", "60000"],
    ]
    return finished(rows, layout="grouped")


def test_rows_that_were_one_lead_and_were_mended_into_two_go_both(finished, sent_back):
    batch = two_of_one_reference(finished)
    sent_back(batch, A3="L2", B2="9800000001", B3="9800000002")
    batch.refresh_from_db()
    assert (batch.created, Lead.objects.count()) == (2, 2)
    assert import_undoing.foresee(batch)["gone"] == 2
    undo(batch)
    assert (batch.undone, batch.stayed, Lead.objects.count()) == (2, 0, 0)


def test_of_rows_that_were_one_lead_each_one_s_lead_stays_for_its_own_reason(finished, sent_back):
    batch = two_of_one_reference(finished)
    sent_back(batch, A3="L2", B2="9800000001", B3="9800000002")
    leads.revise(lead_of(batch, 3))
    undo(batch)
    assert (batch.undone, batch.stayed) == (1, 1)
    assert [code for _, _, found in codes(batch) for code in found][-1] == "stayed_at_undo"
    assert list(Lead.objects.values_list("partner_ref_id", flat=True)) == ["L2"]


def test_a_lead_of_many_rows_is_undone_once_however_small_the_chunks(finished, monkeypatch):
    monkeypatch.setattr(import_undoing, "CHUNK", 1)
    mobiles = ["" if at % 3 else f"98000000{at:02}" for at in range(9)]
    rows = [[f"L{at // 3}", mobiles[at], "Asha Verma", f"ABCPV{at + 1:04}L", ""] for at in range(9)]
    batch = finished(rows, layout="grouped")
    assert Lead.objects.count() == 3
    leads.revise(lead_of(batch, 5))
    undo(batch)
    assert (batch.undone, batch.stayed, Lead.objects.count()) == (2, 1, 1)
