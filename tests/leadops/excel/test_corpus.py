"""Dirty workbooks by many writers: of each, every row has the result that is expected of it, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files import File

from leadops.errors import UnreadableFile
from leadops.models import ImportBatch, Lead
from leadops.services import column_mappings, import_batches, import_steering
from tests.leadops.excel.corpus.cases import CASES, STORED, Case

REFUSED = {name: case for name, case in CASES.items() if case.refused}
READ = {name: case for name, case in CASES.items() if not case.refused}


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def imported(tmp_path, partner, program):
    """The import of a case's file, run to its end."""

    def _imported(case: Case) -> ImportBatch:
        # No ending: a name says nothing about what a file is.
        with case.build(tmp_path / "leads").open("rb") as file:
            batch = import_batches.receive(
                File(file), "leads", partner=partner, program=program, review=bool(case.columns)
            )
        import_batches.run(batch.pk)
        if case.columns:
            column_mappings.confirm(batch, case.columns, "flat", mode="create", officer=None)
            import_batches.run(batch.pk)
            batch.refresh_from_db()
            import_steering.go_on(batch)
            import_batches.run(batch.pk)
        batch.refresh_from_db()
        return batch

    return _imported


def outcomes(batch: ImportBatch) -> dict[int, str]:
    """Each row's outcome and its problems, in the order of the cells."""
    return {
        row.number: " ".join(
            [row.outcome, *sorted(f"{each['cell']} {each['code']}".strip() for each in row.problems)]
        )
        for row in batch.import_rows.order_by("number")
    }


@pytest.mark.parametrize("name", READ)
def test_every_row_has_the_result_that_is_expected(imported, name):
    batch = imported(READ[name])
    assert (batch.state, batch.problem) == (ImportBatch.State.DONE, "")
    assert outcomes(batch) == READ[name].rows
    assert batch.created + batch.updated + batch.skipped + batch.failed == batch.rows == len(READ[name].rows)
    assert batch.created == Lead.objects.count()


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_in_words_and_leaves_no_lead(imported, name):
    batch = imported(REFUSED[name])
    assert batch.state == ImportBatch.State.FAILED
    assert batch.problem.startswith(REFUSED[name].refused)
    assert batch.problem.endswith(".")
    assert not Lead.objects.exists()


def test_the_corpus_has_its_size():
    assert len(CASES) >= 40


def test_every_stored_file_is_in_the_table_and_can_be_made_again():
    files = {path.name for path in STORED.iterdir() if path.is_file()}
    assert files == {"README.md", "make.py", "dirty.xlsx", "dirty.xls", "dirty.ods", "dirty.csv", "shown.xls"}


class TestWhatIsMended:
    @pytest.mark.parametrize(
        ("name", "number", "mobile", "born"),
        [
            ("numbers that became decimals and powers", 2, "+919800000001", "1990-03-12"),
            ("numbers that became decimals and powers", 3, "+919800000002", "1990-03-12"),
            ("odd spaces and digits of other scripts", 4, "+919800000003", "1990-03-12"),
            ("odd spaces and digits of other scripts", 5, "+919800000004", "1990-03-12"),
            ("dates that are all month first", 2, "+919800000001", "1990-03-25"),
            ("dates that are all month first", 5, "+919800000004", "1990-03-04"),
            ("month first in a text file", 6, "+919800000005", "1990-03-04"),
            ("one date month first among thirty", 33, "+919800000032", "1990-04-03"),
            ("dates that Excel swapped", 14, "+919800000013", "1990-03-01"),
            ("dates that Excel swapped", 25, "+919800000024", "1990-03-12"),
            ("month first dates that an Indian Excel swapped", 14, "+919800000013", "1990-01-03"),
            ("month first dates that an Indian Excel swapped", 25, "+919800000024", "1990-12-03"),
            ("swapped dates and one of the 25th", 26, "+919800000025", "1990-04-01"),
            ("swapped dates and one of the 25th", 46, "+919800000045", "1990-03-25"),
            ("swapped dates and a text in either order", 46, "+919800000045", "1990-04-03"),
            ("dates counted from 1904", 2, "+919800000001", "1990-03-12"),
            ("formulas in a text file", 2, "+919800000001", "1990-03-12"),
        ],
    )
    def test_is_what_the_sender_meant(self, imported, name, number, mobile, born):
        row = imported(READ[name]).import_rows.get(number=number)
        lead = Lead.objects.with_parties().get(pk=row.lead_id)
        assert (lead.primary_mobile, str(lead.applicants.all()[0].date_of_birth)) == (mobile, born)

    def test_a_merged_city_belongs_to_all_its_rows(self, imported):
        batch = imported(READ["cells merged downwards"])
        leads = Lead.objects.with_parties().filter(
            import_rows__batch=batch, import_rows__number__in=(2, 3, 4)
        )
        assert [lead.applicants.all()[0].addresses.all()[0].city for lead in leads] == ["Nashik"] * 3

    @pytest.mark.parametrize(
        ("name", "wanted"),
        [
            ("UTF-8 with a mark and semicolons", "Zoë"),
            ("UTF-16 with a mark and tabs", "आशा"),
            ("Windows-1252 and bars", "Zoë Müller"),
            ("line breaks in quotation marks", "Asha Verma"),
        ],
    )
    def test_letters_arrive_as_they_were(self, imported, name, wanted):
        row = imported(READ[name]).import_rows.get(number=2)
        assert Lead.objects.with_parties().get(pk=row.lead_id).applicants.all()[0].name == wanted


def test_a_number_has_the_zeros_that_the_sheet_shows(imported):
    row = imported(READ["zeros that are only shown"]).import_rows.get(number=2)
    lead = Lead.objects.with_parties().get(pk=row.lead_id)
    bank = lead.applicants.all()[0].banks.all()[0]
    assert (bank.account_no, lead.partner_ref_id) == ("00000012345678", "000123")
    assert (lead.primary_mobile, lead.loan_amount) == ("+919800000001", 50_000)


def test_a_father_in_devanagari_is_one_and_no_address(imported):
    row = imported(READ["names of columns in Devanagari"]).import_rows.get()
    person = Lead.objects.with_parties().get(pk=row.lead_id).applicants.all()[0]
    assert (person.name, person.father_name) == ("आशा वर्मा", "रमेश वर्मा")
    assert [home.address_line for home in person.addresses.all()] == [""]


def test_no_problem_repeats_a_value(imported):
    batch = imported(READ["numbers that became decimals and powers"])
    said = " ".join(each["message"] for row in batch.import_rows.all() for each in row.problems)
    assert "98000" not in said
    assert "411001" not in said


def test_what_is_refused_at_once_is_not_kept(partner, program, tmp_path):
    path = Path(tmp_path / "a.xlsx")
    path.write_bytes(b"%PDF-1.7")
    with path.open("rb") as file, pytest.raises(UnreadableFile):
        import_batches.receive(File(file), "a.xlsx", partner=partner, program=program)
    assert not ImportBatch.objects.exists()
