"""Uploading a workbook and seeing what became of its rows."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leadops.errors import LeadopsError
from leadops.models import ImportBatch, Lead
from leadops.services import import_batches, import_steering
from tests import people
from tests.environment import ROOT

SAMPLE = ROOT / "docs" / "samples" / "leads.xlsx"
ADD = reverse("admin:leadops_importbatch_add")


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def page(batch: ImportBatch, view: str = "change") -> str:
    return reverse(f"admin:leadops_importbatch_{view}", args=[batch.pk])


@pytest.fixture
def batch(desk, partner, program) -> ImportBatch:
    """The sample, uploaded and not yet read."""
    file = SimpleUploadedFile("leads.xlsx", SAMPLE.read_bytes())
    answer = desk.post(ADD, {"partner": partner.pk, "program": program.pk, "file": file})
    made = ImportBatch.objects.get()
    assert answer["Location"] == page(made)
    return made


@pytest.fixture
def done(batch: ImportBatch) -> ImportBatch:
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    import_steering.go_on(batch)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    return batch


def test_uploaded_batch_waits_and_its_page_asks_how_far_it_is(desk, batch, officer):
    assert (batch.state, batch.uploaded_by) == ("queued", officer)
    assert f'data-progress="{page(batch, "progress")}"' in desk.get(page(batch)).content.decode()
    said = desk.get(page(batch, "progress")).json()
    assert (said["finished"], said["percent"]) == (False, 0)


def test_counts_add_up_and_the_finished_page_asks_no_more(desk, done):
    said = desk.get(page(done, "progress")).json()
    assert said["created"] + said["updated"] + said["skipped"] + said["failed"] == said["rows"] == 200
    assert said["finished"] is True
    assert "data-progress" not in desk.get(page(done)).content.decode()


def test_page_opens_on_the_first_outcome_that_any_row_has(desk, batch, done):
    assert desk.get(page(done)).context["outcome"] == "failed"
    ImportBatch.objects.update(failed=0)
    assert desk.get(page(done)).context["outcome"] == "created"
    assert desk.get(page(done) + "?outcome=failed").context["outcome"] == "failed"


def test_page_of_the_upload_says_what_it_is_and_which_files_it_takes(desk):
    answer = desk.get(ADD)
    shown = answer.content.decode()
    assert answer.context["title"] == "Upload a workbook"
    assert "(.csv, .tsv, .txt)" in shown


def test_tab_of_updated_leads_is_there_only_where_there_are_some(desk, done):
    shown = desk.get(page(done)).context["outcomes"]
    assert [(each["label"], each["count"]) for each in shown] == [
        ("Refused", 25),
        ("Created", 175),
        ("Skipped", 0),
    ]
    assert "Updated" not in desk.get(page(done)).content.decode()
    ImportBatch.objects.update(updated=1)
    shown = desk.get(page(done)).context["outcomes"]
    assert [each["label"] for each in shown] == ["Refused", "Created", "Updated", "Skipped"]


def test_a_file_that_is_too_large_is_refused_in_the_form(desk, partner, program, settings):
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    file = SimpleUploadedFile("leads.xlsx", SAMPLE.read_bytes() + b"x" * settings.IMPORT_MAX_BYTES)
    answer = desk.post(ADD, {"partner": partner.pk, "program": program.pk, "file": file})
    assert answer.context["adminform"].form.errors["file"] == [
        "This file is larger than 1 MB: split it into several."
    ]
    assert not ImportBatch.objects.exists()


def test_page_of_the_upload_leads_to_the_template_and_the_sample(desk):
    shown = desk.get(ADD).content.decode()
    for name in ("template.xlsx", "leads.xlsx"):
        url = reverse("admin:help", args=[f"samples/{name}"])
        assert f'href="{url}"' in shown
        assert b"".join(desk.get(url)) == (SAMPLE.parent / name).read_bytes()


def test_refused_rows_are_shown_with_cell_value_and_reason(desk, done):
    shown = desk.get(page(done)).content.decode()
    assert shown.count('data-label="Reason"') == 25
    assert "B6" in shown
    assert "9.8E+09" in shown
    assert "This mobile number can&#x27;t be read (Excel made" in shown


def test_created_rows_lead_to_their_leads_and_back(desk, done):
    lead = Lead.objects.order_by("id").first()
    shown = desk.get(page(done), {"outcome": "created"}).content.decode()
    assert reverse("admin:leadops_lead_change", args=[lead.pk]) in shown
    assert page(done) in desk.get(reverse("admin:leadops_lead_change", args=[lead.pk])).content.decode()


def test_rows_come_by_pages(desk, done):
    first = desk.get(page(done), {"outcome": "created"}).content.decode()
    assert "Page 1 of 4" in first
    assert "Page 4 of 4" in desk.get(page(done), {"outcome": "created", "page": "99"}).content.decode()
    assert desk.get(page(done), {"outcome": "nonsense", "page": "x"}).status_code == 200


def test_error_workbook_is_a_download_named_after_the_file(desk, done):
    answer = desk.post(page(done, "errors"), {"reason": people.REASON})
    assert 'filename="leads-refused.xlsx"' in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content).startswith(b"PK")


def test_error_workbook_is_for_those_who_may_mend_and_is_logged(desk, done, officer):
    looking = people.clerk("view_importbatch")
    assert looking.get(page(done, "errors")).status_code == 403
    assert page(done, "errors") not in looking.get(page(done)).content.decode()
    assert not LogEntry.objects.filter(action_flag=CHANGE).exists()
    assert page(done, "errors") in desk.get(page(done)).content.decode()
    answer = desk.post(page(done, "errors"), {"reason": people.REASON})
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert "no-store" in answer["Cache-Control"]
    logged = LogEntry.objects.get(action_flag=CHANGE)
    assert (logged.user, logged.object_id) == (officer, str(done.pk))
    assert logged.change_message == "25 refused rows downloaded unmasked, from 127.0.0.1."
    history = desk.get(reverse("admin:leadops_importbatch_history", args=[done.pk])).content.decode()
    assert "25 refused rows downloaded" in history


@pytest.mark.parametrize("content", [b"%PDF-1.7 hello", b"PK\x03\x04broken", b""])
def test_what_is_no_workbook_is_refused_at_the_file(desk, partner, program, content):
    file = SimpleUploadedFile("leads.xlsx", content)
    answer = desk.post(ADD, {"partner": partner.pk, "program": program.pk, "file": file})
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["file"]
    assert not ImportBatch.objects.exists()


def test_page_of_a_batch_costs_few_queries(desk, done, django_assert_max_num_queries):
    desk.get(page(done))
    with django_assert_max_num_queries(16):  # four of them ask whether undoing would be in vain
        desk.get(page(done), {"outcome": "created"})


def test_reader_can_neither_watch_nor_download(reading_desk, done):
    for view in ("change", "progress", "errors"):
        assert reading_desk.get(page(done, view)).status_code == 403


def test_what_the_service_refuses_is_said_on_the_form(desk, partner, program, monkeypatch):
    def inactive_since(*_, **__):
        raise LeadopsError("Sunrise Finserv is inactive and takes no new leads.")

    monkeypatch.setattr(import_batches, "receive", inactive_since)
    file = SimpleUploadedFile("leads.xlsx", SAMPLE.read_bytes())
    answer = desk.post(ADD, {"partner": partner.pk, "program": program.pk, "file": file})
    assert "Sunrise Finserv is inactive" in answer.content.decode()
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize("name", ["a\0b.xlsx", "x" * 10_000 + ".xlsx", "‮name.xlsx", "\r\nX-Y: 1.xlsx"])
def test_a_workbook_of_any_name_is_taken_and_given_back(desk, partner, program, name):
    with SAMPLE.open("rb") as file:
        batch = import_batches.receive(File(file), name, partner=partner, program=program)
    batch.refresh_from_db()
    assert batch.file_name.isprintable()
    assert batch.file_name.endswith(".xlsx")
    assert len(batch.file_name) <= 200
    assert desk.get(page(batch)).status_code == 200
    given_back = desk.post(page(batch, "errors"), {"reason": people.REASON})
    assert b"".join(given_back.streaming_content).startswith(b"PK")
