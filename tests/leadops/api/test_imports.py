"""Workbooks over REST: sent, watched, and every row answered for."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leadops.api import imports
from leadops.models import ImportBatch, Lead
from leadops.services import import_batches
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER, good_rows

PATH = "/v1/crm/leads/import/"
BAD = ["REF-9", "98", "Asha", "", "1"]


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def send(api, program, tmp_path):
    """Sends rows, or these bytes, as a partner's program does."""

    def _send(rows, header=HEADER, caller=api, **parts):
        content = rows
        if isinstance(rows, list):
            content = workbooks.ours(tmp_path / "a.xlsx", [header, *rows]).read_bytes()
        file = SimpleUploadedFile("june.xlsx", content)
        return caller.client.post(
            PATH, {"file": file, "program_id": str(program.pk), **parts}, headers=caller.headers
        )

    return _send


def run(answer) -> ImportBatch:
    batch = ImportBatch.objects.get(pk=answer.json()["id"])
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    return batch


def problem(answer) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("urn:leadops:problem:")


def test_a_workbook_is_taken_and_imported_in_the_background(send, api, partner, program):
    answer = send([*good_rows(2), BAD])
    assert (answer.status_code, answer.json()["state"], answer.json()["rows"]) == (202, "queued", 0)
    assert not Lead.objects.exists()
    batch = run(answer)
    assert (batch.partner, batch.program, batch.road, batch.uploaded_by) == (partner, program, "api", None)
    told = api.get(f"{PATH}{batch.pk}/").json()
    assert (told["state"], told["rows"], told["created"], told["failed"], told["percent"]) == (
        "done",
        3,
        2,
        1,
        100,
    )
    assert (told["preview"], told["earlier_import_id"], told["problem"]) == (None, None, "")


def test_every_row_is_answered_for_without_its_values(send, api):
    batch = run(send([*good_rows(2), BAD]))
    rows = api.get(f"{PATH}{batch.pk}/rows/").json()
    assert rows["count"] == 3
    first, *good = rows["results"]
    assert (first["row"], first["outcome"], first["lead_id"]) == (4, "failed", None)
    assert [(each["cell"], each["code"]) for each in first["problems"]] == [("B4", "invalid_mobile")]
    leads = {str(lead.pk) for lead in Lead.objects.all()}
    assert {each["lead_id"] for each in good} == leads
    refused = api.get(f"{PATH}{batch.pk}/rows/", outcome="failed").json()["results"]
    assert refused == [first]
    assert len(api.get(f"{PATH}{batch.pk}/rows/", cursor="", page_size=2).json()["results"]) == 2
    assert problem(api.get(f"{PATH}{batch.pk}/rows/", outcome="nonsense")) == (400, "validation")


def test_with_a_preview_nothing_is_made_before_the_start(send, api):
    batch = run(send([*good_rows(2), BAD], preview="true"))
    told = api.get(f"{PATH}{batch.pk}/").json()
    assert told["state"] == "ready"
    assert told["preview"] == {
        "new": 2, "update": 0, "duplicate": 0, "refused": 1,
        "problems": [{
            "column": "Mobile", "cell": "B4", "code": "invalid_mobile", "severity": "error", "count": 1,
            "message": "This is not a mobile number that can be called; check its digits and country code.",
        }],
    }  # fmt: skip
    assert not Lead.objects.exists()
    started = api.post(f"{PATH}{batch.pk}/start/", {})
    assert (started.status_code, started.json()["state"]) == (200, "importing")
    import_batches.run(batch.pk)
    assert Lead.objects.count() == 2
    assert problem(api.post(f"{PATH}{batch.pk}/start/", {})) == (409, "not-now")


def test_it_can_be_stopped_and_not_twice(send, api):
    batch = run(send(good_rows(2), preview="1"))
    assert api.post(f"{PATH}{batch.pk}/cancel/", {}).json()["state"] == "cancelling"
    import_batches.run(batch.pk)
    assert api.get(f"{PATH}{batch.pk}/").json()["skipped"] == 2
    assert problem(api.post(f"{PATH}{batch.pk}/cancel/", {})) == (409, "not-now")


def test_mode_and_layout_are_taken(send):
    run(send(good_rows(2)))
    batch = run(send([["REF-1", "", "", "", "9"]], mode="update"))
    assert (batch.updated, Lead.objects.get(partner_ref_id="REF-1").loan_amount) == (1, 9)
    rows = [["G", "9800000001", "Asha Verma", "", ""], ["G", "9800000002", "Ravi Shah", "", ""]]
    assert run(send(rows, layout="grouped")).created == 2
    assert Lead.objects.get(partner_ref_id="G").applicants.count() == 2


def test_the_same_file_again_is_told(send):
    first = run(send(good_rows(2)))
    assert send(good_rows(2)).json()["earlier_import_id"] == str(first.pk)


@pytest.mark.parametrize(
    ("parts", "field", "code"),
    [
        ({"program_id": "x"}, "program_id", "invalid_id"),
        ({"program_id": "0198c0de-0000-7000-8000-000000000001"}, "program_id", "unknown_program"),
        ({"mode": "delete"}, "mode", "unknown_choice"),
        ({"layout": "sideways"}, "layout", "unknown_choice"),
        ({"preview": "perhaps"}, "preview", "not_yes_or_no"),
        ({"colour": "blue"}, "colour", "unknown_field"),
        ({"file": "no file at all"}, "file", "no_file"),
    ],
)
def test_what_is_wrong_with_the_form_is_named(send, parts, field, code):
    answer = send(good_rows(1), **parts)
    assert problem(answer) == (400, "validation")
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]
    assert not ImportBatch.objects.exists()


def test_everything_that_is_wrong_is_named_at_once(api):
    answer = api.client.post(PATH, {"mode": "x"}, headers=api.headers)
    assert {each["field"] for each in answer.json()["errors"]} == {"file", "program_id", "mode"}


def test_what_is_no_workbook_is_refused_in_words(send):
    answer = send(b"%PDF-1.7 hello")
    [told] = answer.json()["errors"]
    assert (told["field"], told["code"]) == ("file", "unreadable_file")
    assert told["message"].startswith("This is a PDF document and not a workbook")


def test_json_is_not_a_workbook(api):
    answer = api.post(PATH, {"file": "x"})
    assert problem(answer) == (415, "unsupported-media-type")
    assert "multipart/form-data" in answer.json()["detail"]


def test_a_form_that_is_too_large_is_refused_before_it_is_read(send, settings, monkeypatch):
    settings.IMPORT_MAX_BYTES = 100
    monkeypatch.setattr(imports, "OTHER_PARTS", 0)
    assert problem(send(good_rows(1))) == (413, "too-large")


def test_another_partner_finds_nothing_and_stops_nothing(send, api, other_api):
    batch = run(send(good_rows(2), preview="true"))
    unknown = "0198c0de-0000-7000-8000-00000000dead"
    for path in ("", "rows/"):
        assert problem(other_api.get(f"{PATH}{batch.pk}/{path}")) == (404, "not-found")
    for path in ("start/", "cancel/"):
        foreign = other_api.post(f"{PATH}{batch.pk}/{path}", {}, **{"X-Request-Id": "the-same-for-all"})
        nothing = other_api.post(f"{PATH}{unknown}/{path}", {}, **{"X-Request-Id": "the-same-for-all"})
        assert foreign.status_code == 404
        assert foreign.content == nothing.content
    batch.refresh_from_db()
    assert batch.state == "ready"


def test_lists_cost_few_queries(send, api, django_assert_max_num_queries):
    batch = run(send(good_rows(50)))
    with django_assert_max_num_queries(6):
        api.get(f"{PATH}{batch.pk}/rows/", page_size=50)
    with django_assert_max_num_queries(4):
        api.get(f"{PATH}{batch.pk}/")
