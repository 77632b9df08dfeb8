"""The command answers in one object and refuses in one line."""

from __future__ import annotations

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command

from leadops.models import ImportBatch
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
