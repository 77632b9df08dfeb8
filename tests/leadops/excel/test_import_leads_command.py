"""The command answers in one object and refuses in one line."""

from __future__ import annotations

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command

from leadops.models import ImportBatch, Lead
from tests.leadops.excel import workbooks


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def file(tmp_path):
    rows = [*workbooks.good_rows(2), ["REF-3", "98", "Asha", "", ""]]
    return str(workbooks.ours(tmp_path / "leads.xlsx", [workbooks.HEADER, *rows]))


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_leads", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("called", ["name", "code", "pk"])
def test_waits_to_the_end_and_answers_in_json(file, partner, program, called):
    answer = json.loads(
        run(file, "--partner", str(getattr(partner, called)), "--program", program.code, "--wait", "--json")
    )
    batch = ImportBatch.objects.get(pk=answer["batch"])
    assert answer == {
        "batch": str(batch.pk), "state": "done", "rows": 3, "created": 2, "updated": 0, "skipped": 0, "failed": 1,
    }  # fmt: skip


def test_without_waiting_the_batch_is_queued(file, partner, program):
    assert "queued" in run(file, "--partner", partner.name, "--program", str(program.pk))


def test_in_words_it_counts_the_rows(file, partner, program):
    said = run(file, "--partner", partner.code, "--program", program.code, "--wait")
    assert "3 rows, 2 created, 0 updated, 0 skipped, 1 refused" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"file": "/nowhere/leads.xlsx"}, "/nowhere/leads.xlsx can't be read: No such file or directory."),
        ({"--partner": "Nobody"}, "No partner is called 'Nobody'."),
        ({"--program": "none"}, "No program has the code 'none'."),
        ({"file": sys.executable}, "This is not a workbook"),
    ],
)
def test_a_refusal_is_one_line(file, partner, program, change, message):
    given = {"file": file, "--partner": partner.code, "--program": program.code} | change
    with pytest.raises(CommandError) as refused:
        run(given.pop("file"), *[part for pair in given.items() for part in pair])
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_a_file_that_cannot_be_imported_is_a_refusal(tmp_path, partner, program):
    path = workbooks.ours(tmp_path / "a.xlsx", [["City"], ["Pune"]])
    with pytest.raises(CommandError, match="No column is headed Mobile"):
        run(str(path), "--partner", partner.code, "--program", program.code, "--wait", "--json")


def test_with_a_preview_it_stops_where_an_officer_is_asked(file, partner, program):
    said = run(file, "--partner", partner.code, "--program", program.code, "--wait", "--preview")
    assert "is ready." in said
    assert not Lead.objects.exists()


def test_the_same_file_again_is_told_and_changes_nothing(file, partner, program):
    where = ("--partner", partner.code, "--program", program.code, "--wait")
    run(file, *where)
    first = ImportBatch.objects.get()
    said = run(file, *where)
    assert "0 created, 0 updated, 2 skipped, 1 refused" in said
    assert f"The same file was import {first.pk} before." in said
    assert json.loads(run(file, *where, "--json"))["skipped"] == 2


def test_mode_and_layout_are_handed_on(tmp_path, partner, program):
    where = ("--partner", partner.code, "--program", program.code, "--wait")
    rows = [["G", "9800000001", "Asha Verma", "", ""], ["G", "9800000002", "Ravi Shah", "", ""]]
    path = str(workbooks.ours(tmp_path / "g.xlsx", [workbooks.HEADER, *rows]))
    assert "2 created" in run(path, *where, "--layout", "grouped")
    assert Lead.objects.get().applicants.count() == 2
    path = str(workbooks.ours(tmp_path / "u.xlsx", [workbooks.HEADER, ["G", "", "", "", "77"]]))
    assert "0 created, 1 updated" in run(path, *where, "--mode", "update")
    assert Lead.objects.get().loan_amount == 77
