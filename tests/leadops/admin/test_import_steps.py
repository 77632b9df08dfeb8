"""The steps of an import in the back office: columns, preview, cancelling, mending, undoing, one row."""

from __future__ import annotations

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from crm_integrations import announcements
from crm_integrations.models import Delivery, State
from leadops.admin import import_rows
from leadops.excel import content, notes
from leadops.excel.columns import COLUMNS
from leadops.models import Applicant, ImportBatch, ImportRow, Lead, Officer
from leadops.services import import_batches, import_previews, import_undoing
from tests import people
from tests.environment import ROOT
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER, good_rows
from tests.leadops.services.imported import run

SAMPLE = ROOT / "docs" / "samples" / "leads.xlsx"
ODD_HEADER = ["Ref", "Kontakt", "Name", "PAN", "Loan amount"]
BAD = ["REF-9", "98", "Asha", "", "1"]
STEERED = ("columns", "go_on", "back", "check", "cancel", "mend")
BAD_TEXTS = (
    *("x", "98", "\u00a0\u200b98", "\uff11\uff12\uff13", "1.2E+15", "-5", "#REF!", "45000.5", "31/02/2026"),
    *("••••1234", "a@b", "<b>&amp;</b>"),
)
LARGEST = 200 * 1024


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def page(batch: ImportBatch, view: str = "change", **query: str) -> str:
    return reverse(f"admin:leadops_importbatch_{view}", args=[batch.pk], query=query)


@pytest.fixture
def upload(desk, partner, program, tmp_path):
    """Uploads rows, or a file, and runs the import as far as it goes."""

    def _upload(rows, header=HEADER, **given) -> ImportBatch:
        path = workbooks.ours(tmp_path / "a.xlsx", [header, *rows]) if isinstance(rows, list) else rows
        file = SimpleUploadedFile("agent.xlsx", path.read_bytes())
        answer = desk.post(
            reverse("admin:leadops_importbatch_add"),
            {"partner": partner.pk, "program": program.pk, "file": file, **given},
        )
        assert answer.status_code == 302
        batch = ImportBatch.objects.first()
        assert batch is not None
        return run(batch)

    return _upload


@pytest.fixture
def done(upload, desk) -> ImportBatch:
    """Two rows that became leads and one that was refused."""
    batch = upload([*good_rows(2), BAD])
    desk.post(page(batch, "go_on"))
    return run(batch)


class TestColumns:
    def test_are_shown_masked_with_what_they_become_and_why(self, desk, upload):
        batch = upload(good_rows(3), ODD_HEADER)
        assert desk.get(page(batch))["Location"] == page(batch, "columns")
        shown = desk.get(page(batch, "columns")).content.decode()
        assert "by its content: 3 of 3 cells are mobile numbers" in shown
        assert "<option selected>Mobile</option>" in shown
        assert "••••0001" in shown
        assert "9800000001" not in shown
        assert len(shown) < LARGEST

    def test_of_a_wide_sheet_still_make_a_small_page(self, desk, upload):
        header = ["Kontakt", "Name", *(f"Field {at} {'of a long name ' * 30}" for at in range(198))]
        rows = [["9800000001", "Asha", *[f"{letter}{'x' * 200}" for _ in range(198)]] for letter in "ABCDE"]
        batch = upload([*rows, *rows, *rows, *rows, *rows], header)
        assert len(desk.get(page(batch, "columns")).content) < LARGEST

    def test_are_corrected_and_the_import_goes_on_by_them(self, desk, upload, officer):
        batch = upload(good_rows(3), [*ODD_HEADER[:3], "Anything", "Amount"])
        chosen = {f"column-{at}": name for at, name in enumerate(["", "Mobile", "Name", "", "Loan amount"])}
        answer = desk.post(page(batch, "columns"), {**chosen, "layout": "flat", "mode": "create"})
        assert answer["Location"] == page(batch)
        batch = run(batch)
        assert (batch.state, batch.mapping) == ("ready", ["", "Mobile", "Name", "", "Loan amount"])

    def test_are_called_yellow_only_where_one_is(self, desk, upload):
        batch = upload(good_rows(3), ODD_HEADER)
        assert "Yellow ones want a look." in desk.get(page(batch, "columns")).content.decode()
        ready = upload(good_rows(2))
        desk.post(page(ready, "back"))
        shown = desk.get(page(ready, "columns")).content.decode()
        assert "What you say here is remembered" in shown
        assert "Yellow ones" not in shown

    def test_that_make_no_sense_are_refused_and_the_choices_stay(self, desk, upload):
        batch = upload(good_rows(3), ODD_HEADER)
        answer = desk.post(page(batch, "columns"), {"column-1": "", "column-3": "City", "mode": "nonsense"})
        shown = answer.content.decode()
        assert "No column holds the Mobile yet." in shown
        assert "<option selected>City</option>" in shown
        batch.refresh_from_db()
        assert batch.state == "mapping"

    def test_of_a_batch_that_asks_nothing_lead_to_its_page(self, desk, done):
        assert desk.get(page(done, "columns"))["Location"] == page(done)


class TestHeaderRow:
    def test_is_asked_about_where_a_lead_would_be_lost(self, desk, upload):
        batch = upload(good_rows(3, start=2), [str(cell) for cell in good_rows(1)[0]])
        shown = desk.get(page(batch, "columns")).content.decode()
        assert "No row names the columns, and row 1 looks like a lead." in shown
        assert '<details class="lo-fold" open>' in shown
        assert 'value="0" checked' in shown
        assert "••••0001" in shown
        assert "9800000001" not in shown
        assert "ABCPV0001L" not in shown

    def test_with_a_lead_above_it_says_what_brings_that_lead_in(self, desk, upload):
        batch = upload([HEADER, *good_rows(3, start=2)], [str(cell) for cell in good_rows(1)[0]])
        shown = desk.get(page(batch, "columns")).content.decode()
        assert "row 1 above it looks like a lead." in shown
        assert "move the lead below that row in the file, and upload that." in shown

    def test_is_chosen_among_the_first_rows(self, desk, upload):
        batch = upload([*[["Title"]] * 11, HEADER, *good_rows(3)], ["Made by Ravi"])
        answer = desk.post(page(batch, "columns"), {"header_row": "13"})
        assert answer["Location"] == page(batch)
        batch = run(batch)
        assert (batch.state, batch.header_row, batch.rows, batch.columns) == ("ready", 13, 3, HEADER)

    def test_that_the_file_does_not_have_is_refused(self, desk, upload):
        batch = upload(good_rows(3), ODD_HEADER)
        for row in ("77", "9" * 30):
            shown = desk.post(page(batch, "columns"), {"header_row": row}).content.decode()
            assert "This is no row of this file" in shown


class TestPreview:
    def test_is_small_masked_and_makes_nothing(self, desk, upload):
        batch = upload(SAMPLE)
        shown = desk.get(page(batch)).content.decode()
        assert len(shown) < LARGEST
        assert "Import 175 rows" in shown
        assert shown.count('data-label="Where"') == len(import_previews.shown(batch)["problems"])
        mobile = "9" + "[0-9]{9}"
        assert not re.search(rf"<td>(?:\+91)?{mobile}</td>", shown)
        assert not Lead.objects.exists()

    def test_names_the_places_of_what_is_wrong_and_rows_that_are_left_out(self, desk, upload):
        bad = [[f"R-{at}", "98", "Asha", "", ""] for at in range(4)]
        shown = desk.get(
            page(upload([*good_rows(2), *bad, ["Total", "", "", "", "100000"]]))
        ).content.decode()
        assert '<td data-label="Where">B4, B5, B6, …</td>' in shown
        assert '<td data-label="Where">row 8</td>' in shown

    @pytest.mark.parametrize("letter", ["y", "'", "अ"])
    def test_stays_small_however_wide_and_bad_the_file_is(self, desk, upload, letter):
        """Two hundred columns, those we know wrong in as many ways as there are, with everything as long as can be."""
        known = [column.header for column in COLUMNS]
        header = [*known, *(f"Field {at} {'of a long name ' * 30}" for at in range(200 - len(known)))]
        rows = [[f"{text}{letter * length}" for _ in header] for text in BAD_TEXTS for length in (0, 1000)]
        batch = upload(rows, header)
        if batch.state == "mapping":
            chosen = {f"column-{at}": name for at, name in enumerate(known)}
            desk.post(page(batch, "columns"), {**chosen, "layout": "flat", "mode": "create"})
            batch = run(batch)
        told = import_previews.shown(batch)
        assert (len(told["problems"]), told["refused"]) == (import_previews.MOST_CLASSES, len(rows))
        assert len(desk.get(page(batch)).content) < LARGEST

    def test_says_how_many_kinds_of_problems_it_does_not_show(self, desk, upload, monkeypatch):
        monkeypatch.setattr(import_previews, "MOST_CLASSES", 1)
        waiting = upload(
            [*good_rows(1), ["REF-8", "97", "Asha", "ABC", ""], ["REF-9", "96", "Ravi", "", "x"]]
        )
        shown = desk.get(page(waiting)).content.decode()
        assert "And 2 more kinds of problems; the rows will name them." in shown

    def test_counts_what_goes_in_and_what_is_left_out_or_refused(self, desk, done, upload):
        again = upload([*good_rows(4), BAD])
        shown = desk.get(page(again)).content.decode()
        told = {"Rows of new leads": 2, "Duplicates left out": 2, "Refused": 1, "Rows read": 5}
        for label, count in told.items():
            assert f"<dt>{label}</dt><dd>{count}</dd>" in shown
        assert "Import 2 rows" in shown
        shown = desk.get(page(upload([*good_rows(2), *good_rows(2)]))).content.decode()
        assert "Finish, no row goes in" in shown

    def test_leads_to_the_import_to_the_columns_or_away(self, desk, upload):
        batch = upload(good_rows(2))
        desk.post(page(batch, "back"))
        assert desk.get(page(batch))["Location"] == page(batch, "columns")
        answer = desk.post(page(batch, "columns"), {"layout": "flat", "mode": "create"})
        assert answer["Location"] == page(batch)
        desk.post(page(run(batch), "cancel"))
        assert run(batch).state == "cancelled"
        assert "cancelled by asha" in desk.get(page(batch)).content.decode()
        assert not Lead.objects.exists()

    def test_of_a_file_that_was_imported_before_comes_after_a_question(self, desk, done, upload):
        again = upload([*good_rows(2), BAD])
        shown = desk.get(page(again)).content.decode()
        assert "already imported on" in shown
        assert "by asha: 2 leads" in shown
        assert page(done) in shown
        desk.post(page(again, "go_on"))
        assert run(again).state == "ready"
        assert page(done) in desk.get(page(again)).content.decode()

    def test_of_a_file_that_still_waits_elsewhere_says_so(self, desk, upload):
        first = upload(good_rows(2))
        again = upload(good_rows(2))
        shown = desk.get(page(again)).content.decode()
        assert "already uploaded on" in shown
        assert "has not ended: ready to import" in shown
        assert page(first) in shown

    def test_is_watched_until_it_is_there(self, desk, upload):
        batch = upload(good_rows(2))
        assert desk.get(page(batch, "progress")).json()["finished"] is True
        assert "data-progress" not in desk.get(page(batch)).content.decode()  # it would load itself for ever
        ImportBatch.objects.update(state="judging", judged=1, stage_began_at="2026-01-01T00:00Z")
        said = desk.get(page(batch, "progress")).json()
        assert (said["finished"], said["percent"], said["state_label"]) == (False, 50, "Checking")
        shown = desk.get(page(batch)).content.decode()
        assert "Rows checked" in shown
        assert f'data-progress="{page(batch, "progress")}"' in shown
        assert page(batch, "cancel") in shown

    def test_a_mode_is_taken_from_the_upload(self, upload):
        assert upload(good_rows(2), mode="both").mode == "both"


PRIVATE = {
    "Mobile": "9147382650",
    "E-mail": "zuleikha@canary.example",
    "Date of birth": "17/05/1990",
    "PAN": "ZQXPK7391L",
    "GSTIN": "27ZQXPK7391L1Z1",
    "Tax id": "773639182646",
    "Insurance number": "73918264501",
    "Document series": "QZ73",
    "Document number": "Z8203917",
    "Address": "7391 Canary Lane",
    "House no": "73/91B",
    "Street": "Nightingale Road",
    "Apartment no": "Q7391",
    "Account number": "739182645019",
}
"""Every column of what pages mask, none of it nonsense."""


class TestPersonalData:
    """What a record's page masks is masked wherever an import shows it."""

    @pytest.fixture
    def batch(self, upload, desk) -> ImportBatch:
        """Its columns ask, one row is good or worth a look, and one is refused for a cell that is not personal."""
        header = ["Name", "Loan amount", "Kontakt", *PRIVATE]
        refused = [f"{text}" for text in PRIVATE.values()]
        rows = [["Asha", "50000", "", *PRIVATE.values()], ["Ravi", "many", "", *refused]]
        return upload(rows, header)

    def shown(self, desk, batch, view="change", **query) -> str:
        return html.unescape(desk.get(page(batch, view, **query)).content.decode())

    def test_is_masked_on_the_pages_before_the_import(self, desk, batch):
        assert [text for text in PRIVATE.values() if text in self.shown(desk, batch, "columns")] == []
        chosen = {f"column-{at}": name for at, name in enumerate(["Name", "Loan amount", "", *PRIVATE])}
        desk.post(page(batch, "columns"), {**chosen, "layout": "flat", "mode": "create"})
        preview = self.shown(desk, run(batch))
        assert "The first rows as they will be" in preview
        days = ("1990-05-17", "17/05/1990")
        assert [text for text in (*PRIVATE.values(), *days) if text in preview] == []

    def test_is_masked_on_the_pages_after_it(self, desk, batch):
        chosen = {f"column-{at}": name for at, name in enumerate(["Name", "Loan amount", "", *PRIVATE])}
        desk.post(page(batch, "columns"), {**chosen, "layout": "flat", "mode": "create"})
        desk.post(page(run(batch), "go_on"))
        batch = run(batch)
        pages = [self.shown(desk, batch, outcome=each) for each in ("created", "failed")]
        pages.append(self.shown(desk, batch, "mend"))
        rows = [reverse("admin:leadops_importbatch_row", args=[row.pk]) for row in batch.import_rows.all()]
        pages += [html.unescape(desk.get(each).content.decode()) for each in rows]
        assert len(pages) == 5
        assert [text for text in PRIVATE.values() if text in "".join(pages)] == []

    def test_is_masked_where_the_list_of_rows_quotes_its_cell(self, desk, upload):
        batch = upload([["Asha", "9800000001", "50000", "17/05/2035", "2035-12-03 00:00:00"]], BORN)
        desk.post(page(batch, "go_on"))
        shown = self.shown(desk, run(batch))
        assert "Date of birth" in shown
        assert [text for text in ("17/05", "12-03") if text in shown] == []


BORN = ["Name", "Mobile", "Loan amount", "Date of birth", "House no"]


def one_refused(desk, upload, tmp_path, rows: list[str]):
    """An import of `rows` of which one is refused, that row, and the page that mends it."""
    path = tmp_path / "t.csv"
    path.write_text("\n".join(rows))
    batch = upload(path)
    desk.post(page(batch, "go_on"))
    run(batch)
    return batch, batch.import_rows.get(outcome="failed"), desk.get(page(batch, "mend")).content.decode()


class TestMending:
    def test_offers_only_the_broken_cells_and_masks_the_others(self, desk, done):
        shown = desk.get(page(done, "mend")).content.decode()
        row = done.import_rows.get(outcome="failed")
        assert re.findall(r'name="cell:([^"]+)"', shown) == [f"{row.pk}:B"]
        assert 'value="98"' in shown
        assert f'<span class="lo-quiet">{BAD[2]}</span></legend>' in shown
        assert "REF-9" in shown

    def test_a_mended_cell_becomes_a_lead_and_the_rest_is_not_judged_again(self, desk, done):
        row = done.import_rows.get(outcome="failed")
        sent = {f"cell:{row.pk}:B": "9800000009", f"was:{row.pk}:B": "98"}
        answer = desk.post(page(done, "mend"), sent, follow=True)
        assert "Rows: 1 became leads." in answer.content.decode()
        assert "No row is refused any more" in answer.content.decode()
        done.refresh_from_db()
        assert (done.created, done.failed) == (3, 0)

    def test_of_a_full_page_every_cell_is_taken(self, desk, upload):
        rows = [[f"REF-{at}", "98", "Asha Verma", "ABC", ""] for at in range(import_rows.MENDED_A_PAGE)]
        batch = upload(rows)
        desk.post(page(batch, "go_on"))
        run(batch)
        sent = {}
        for at, row in enumerate(batch.import_rows.order_by("number")):
            sent |= {f"cell:{row.pk}:B": f"98000000{at:02}", f"cell:{row.pk}:D": f"ABCPV{at + 1:04}L"}
        answer = desk.post(page(batch, "mend"), sent, follow=True)
        assert "Rows: 20 became leads." in answer.content.decode()

    def test_a_row_that_runs_out_of_its_columns_shows_all_cells(self, desk, upload, tmp_path):
        rows = [
            "Name,Mobile,City",
            "Verma, Asha,9800000001,411001001",
            "Rao,9800000002,Delhi",
            "Das,9800000003,Pune",
        ]
        _batch, row, shown = one_refused(desk, upload, tmp_path, rows)
        assert re.findall(r'name="cell:([^"]+)"', shown) == [f"{row.pk}:{letter}" for letter in "ABC"]
        values = dict(re.findall(r'name="cell:[^"]+:(.)" value="([^"]*)"', shown))
        assert values == {"A": "Verma", "B": "Asha", "C": "••••0001,••••1001"}
        assert "This row has more cells than the header" in shown

    def test_whole_numbers_are_masked_and_kept_when_left_as_they_are(self, desk, upload, tmp_path):
        """Who mends needs no right to see them, and no log tells that they did."""
        rows = [
            "Mobile,PAN,Address line,Name,City",
            "9800000001,ZQXPK7391L,7391 Canary Lane,Asha,Pune,x",
            *(f"980000000{at},,,Rao,Delhi" for at in (2, 3)),
        ]
        batch, row, shown = one_refused(desk, upload, tmp_path, rows)
        for told in ("9800000001", "ZQXPK7391L", "Canary"):
            assert told not in shown
        found = re.findall(r'name="(cell|was):([^"]+)" value="([^"]*)"', shown)
        sent = {f"{kind}:{place}": html.unescape(value) for kind, place, value in found}
        mask = sent[f"cell:{row.pk}:A"]
        answer = desk.post(page(batch, "mend"), sent | {f"cell:{row.pk}:E": mask}, follow=True)
        assert "Type the whole new value" in answer.content.decode()
        assert not Lead.objects.filter(primary_mobile_index__isnull=False, applicants__name="Asha").exists()
        answer = desk.post(page(batch, "mend"), sent | {f"cell:{row.pk}:E": "Nashik"}, follow=True)
        assert "Rows: 1 became leads." in answer.content.decode()
        [person] = Applicant.objects.filter(name="Asha")
        assert (person.lead.primary_mobile, person.pan_no) == ("+919800000001", "ZQXPK7391L")
        [address] = person.addresses.all()
        assert (address.address_line, address.city) == ("7391 Canary Lane", "Nashik")

    @pytest.mark.parametrize(
        ("header", "text", "shown"),
        [
            ("PAN", "ZQXPK739150", "ZQXPK739150"),
            ("PAN", "ZQXPK7391L", "ZQXXXXX91L"),
            ("Mobile", "98", "98"),
            ("Mobile", "9.8E+09", "9.8E+09"),
            ("Mobile", "981111111", "••••1111"),
            ("Mobile", "98111-11111 / 98222-22222", "••••2222"),
            ("Name", "Call 98111 11111", "Call ••••1111"),
            ("Loan amount", "50000000 Rs", "50000000 Rs"),
            ("Loan amount", "9811111111", "••••1111"),
            ("Date of birth", "17/05/2035", "••/••/2035"),
            ("Address", "MG Road 12", "MG Road 12"),
        ],
    )
    def test_a_wrong_cell_is_shown_as_it_is_unless_it_is_a_number_of_somebody_s(self, header, text, shown):
        [column] = [each for each in COLUMNS if each.header == header]
        assert content.to_mend(text, column, refused=True) == shown

    def test_cells_that_were_not_touched_send_nothing(self, desk, done):
        row = done.import_rows.get(outcome="failed")
        before = row.updated_at
        answer = desk.post(page(done, "mend"), {f"cell:{row.pk}:B": "98", f"was:{row.pk}:B": "98"})
        assert answer.status_code == 200
        row.refresh_from_db()
        assert row.updated_at == before

    def test_what_is_still_wrong_is_shown_with_what_was_typed(self, desk, done):
        row = done.import_rows.get(outcome="failed")
        sent = {f"cell:{row.pk}:B": "97", f"was:{row.pk}:B": "98"}
        shown = desk.post(page(done, "mend"), sent, follow=True).content.decode()
        assert "1 still can" in shown
        assert 'value="97"' in shown

    @pytest.mark.parametrize("sent", [{"cell:nonsense:B": "1"}, {"again:": "on"}, {"cell:": ""}])
    def test_nonsense_is_passed_over(self, desk, done, sent):
        assert desk.post(page(done, "mend"), sent).status_code == 200

    def test_the_page_costs_few_queries(self, desk, upload, django_assert_max_num_queries):
        batch = upload([[f"REF-{at}", "98", "Asha", "", ""] for at in range(60)])
        desk.post(page(batch, "go_on"))
        run(batch)
        with django_assert_max_num_queries(12):
            shown = desk.get(page(batch, "mend", page="2")).content.decode()
        assert "Page 2 of 3" in shown
        assert shown.count("<fieldset") == 20


class TestUndoing:
    def test_shows_what_will_happen_and_does_it(self, desk, done):
        Lead.objects.filter(partner_ref_id="REF-1").update(version=2)
        shown = desk.get(page(done, "undo")).content.decode()
        assert "1: It was changed since: this is its version 2." in shown
        assert Lead.objects.count() == 2
        assert desk.post(page(done, "undo"))["Location"] == page(done)
        assert "Leads looked at" in desk.get(page(done)).content.decode()
        run(done)
        shown = desk.get(page(done, outcome="stayed")).content.decode()
        assert "1 lead deleted, 1 stayed" in shown
        assert "Stayed at the undoing <b>1</b>" in shown
        assert "this is its version 2" in shown
        assert desk.get(page(done, "undo"))["Location"] == page(done)

    def test_where_no_lead_would_go_it_says_so_and_leaves_the_import_as_it_is(self, desk, done):
        Lead.objects.update(version=2)
        shown = desk.get(page(done, "undo")).content.decode()
        assert "No lead would go, so there is nothing to undo." in shown
        assert "Undo this import</button>" not in shown
        assert "No lead would go" in desk.post(page(done, "undo")).content.decode()
        assert ImportBatch.objects.get(pk=done.pk).state == "done"

    def test_is_shown_with_its_reason_where_no_lead_would_go(self, desk, done):
        assert "Undo this import…</a>" in desk.get(page(done)).content.decode()
        Lead.objects.update(version=2)
        shown = desk.get(page(done)).content.decode()
        assert page(done, "undo") not in shown
        assert re.search(r"<button[^>]* disabled [^>]*>Undo this import…</button>", shown)
        assert "No lead would go. For most of them: It was changed since: this is its version 2." in shown

    def test_is_offered_where_one_of_many_would_go(self, desk, upload, monkeypatch):
        monkeypatch.setattr(import_undoing, "FEW", 1)
        batch = upload(good_rows(3))
        desk.post(page(batch, "go_on"))
        run(batch)
        first = ImportRow.objects.filter(batch=batch).order_by("number")[0].lead
        Lead.objects.filter(pk=first.pk).update(version=2)
        assert page(batch, "undo") in desk.get(page(batch)).content.decode()

    def test_of_changes_there_is_none_and_the_pages_say_so_before_and_after(self, desk, done, upload):
        words = "leads that it changed stay changed. Which fields, the history of each lead tells."
        batch = upload([["REF-1", "", "", "", "5"]])
        assert words not in desk.get(page(batch)).content.decode()
        desk.post(page(batch, "back"))
        desk.post(page(batch, "columns"), {"layout": "flat", "mode": "update"})
        assert words in desk.get(page(run(batch))).content.decode()
        desk.post(page(batch, "go_on"))
        shown = desk.get(page(run(batch))).content.decode()
        assert batch.updated == 1
        assert words in shown
        assert "Undo this import" not in shown
        assert (
            str(Lead.objects.get(partner_ref_id="REF-1"))
            in desk.get(page(batch, outcome="updated")).content.decode()
        )

    def test_is_not_offered_where_there_is_nothing_to_undo(self, desk, upload):
        batch = upload(good_rows(1))
        assert desk.get(page(batch, "undo"))["Location"] == page(batch)
        assert "Undo" not in desk.get(page(batch)).content.decode()


class TestUnreadable:
    def test_leads_to_another_upload(self, desk, partner, program, tmp_path):
        path = workbooks.ours(tmp_path / "a.xlsx", [["Colour", "Weight"], ["red", "9"]])
        with path.open("rb") as file:
            batch = run(import_batches.receive(file, "a.xlsx", partner=partner, program=program))
        assert batch.state == "failed"
        another = f'href="{reverse("admin:leadops_importbatch_add")}">Upload another file</a>'
        assert another in desk.get(page(batch)).content.decode()


class TestOneRow:
    def test_leads_from_the_row_to_lead_deliveries_and_vendor_ids_and_back(self, desk, upload, connections):
        batch = upload(good_rows(1))
        desk.post(page(batch, "go_on"))
        run(batch)
        announcements.unfold()
        row = batch.import_rows.get()
        delivery = Delivery.objects.filter(connection__vendor="ispcrm").get()
        Delivery.objects.filter(pk=delivery.pk).update(state=State.DELIVERED, reference="ISP-77")
        here = reverse("admin:leadops_importbatch_row", args=[row.pk])
        shown = desk.get(here).content.decode()
        assert reverse("admin:leadops_lead_change", args=[row.lead_id]) in shown
        assert reverse("admin:crm_integrations_delivery_change", args=[delivery.pk]) in shown
        assert "ISP-77" in shown
        assert "••••0001" in shown
        assert "9800000001" not in shown
        lead_page = desk.get(reverse("admin:leadops_lead_change", args=[row.lead_id])).content.decode()
        assert here in lead_page
        assert "Row 2 of sheet Leads" in lead_page
        assert page(batch) in lead_page

    def test_names_all_cells_of_a_note_of_several(self, desk, done):
        row = done.import_rows.get(number=2)
        row.problems = notes.kept([notes.Note(1, "formula", [2, 4]), notes.Note(3, "odd_spaces")], 2)
        row.problems[1]["column"] = "PAN"
        row.save()
        shown = desk.get(reverse("admin:leadops_importbatch_row", args=[row.pk])).content.decode()
        assert "<li>B2:C2, E2: A formula stands here;" in shown
        assert "<li>D2 PAN: Invisible" in shown

    def test_deliveries_are_for_those_who_may_see_them(self, done):
        clerk = people.clerk("view_importbatch")
        row = done.import_rows.get(number=2)
        shown = clerk.get(reverse("admin:leadops_importbatch_row", args=[row.pk])).content.decode()
        assert "Row 2" in shown
        assert "Where its lead went" not in shown

    def test_costs_few_queries(self, desk, done, django_assert_max_num_queries):
        row = done.import_rows.get(number=2)
        with django_assert_max_num_queries(12):
            desk.get(reverse("admin:leadops_importbatch_row", args=[row.pk]))


class TestRights:
    def test_without_the_right_to_see_imports_nothing_is_shown(self, reading_desk, done):
        row = done.import_rows.first()
        for view in ("change", "progress", "errors", "columns", "mend", "undo"):
            assert reading_desk.get(page(done, view)).status_code == 403, view
        assert reading_desk.get(reverse("admin:leadops_importbatch_row", args=[row.pk])).status_code == 403
        for view in ("go_on", "back", "cancel", "undo", "mend", "columns"):
            assert reading_desk.post(page(done, view)).status_code == 403, view

    def test_who_may_look_may_not_steer(self, upload):
        batch = upload(good_rows(2))
        clerk = people.clerk("view_importbatch")
        shown = clerk.get(page(batch)).content.decode()
        assert "The first rows as they will be" in shown
        assert page(batch, "go_on") not in shown
        for view in STEERED:
            assert clerk.post(page(batch, view)).status_code == 403, view
        assert clerk.post(page(batch, "undo")).status_code == 403
        batch.refresh_from_db()
        assert batch.state == "ready"

    def test_who_may_upload_may_steer_but_undo_needs_the_right_to_change(self, done):
        clerk = people.clerk("view_importbatch", "add_importbatch")
        assert clerk.get(page(done, "mend")).status_code == 200
        assert clerk.get(page(done, "undo")).status_code == 403
        assert "Undo this import" not in clerk.get(page(done)).content.decode()
        clerk = people.clerk("view_importbatch", "change_importbatch")
        assert page(done, "undo") in clerk.get(page(done)).content.decode()
        assert clerk.get(page(done, "undo")).status_code == 200
        assert clerk.post(page(done, "undo"))["Location"] == page(done)
        assert (run(done).state, done.undone, done.undone_by) == (
            "undone",
            2,
            Officer.objects.get(username="clerk"),
        )

    def test_steps_are_taken_by_post_alone(self, desk, upload):
        batch = upload(good_rows(2))
        for view in ("go_on", "back", "cancel"):
            assert desk.get(page(batch, view)).status_code == 405

    def test_a_step_that_comes_too_late_is_told(self, desk, done):
        answer = desk.post(page(done, "cancel"), follow=True)
        assert "This import is done now" in answer.content.decode()
