"""Workbooks over REST: sent, watched, and every row answered for."""

from __future__ import annotations

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from crm_integrations import announcements
from crm_integrations.delivery import drain
from leadops.api import parsers
from leadops.models import ImportBatch, Lead, Program
from leadops.services import import_batches, import_mending, import_undoing
from leadops.services.error_workbooks import error_workbook
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
        "made_at": batch.stage_began_at.timestamp(),
        "new": 2, "update": 0, "duplicate": 0, "left_out": 0, "refused": 1, "marked": 0, "more_problems": 0,
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


def test_a_preview_is_made_again_once_asked_for(send, api):
    batch = run(send(good_rows(2), preview="true"))
    before = api.get(f"{PATH}{batch.pk}/").json()["preview"]
    run(send(good_rows(1)))
    again = api.post(f"{PATH}{batch.pk}/check/", {})
    assert (again.status_code, again.json()["state"], again.json()["preview"]) == (200, "judging", None)
    assert problem(api.post(f"{PATH}{batch.pk}/check/", {})) == (409, "not-now")
    import_batches.run(batch.pk)
    after = api.get(f"{PATH}{batch.pk}/").json()["preview"]
    assert [(each["new"], each["duplicate"]) for each in (before, after)] == [(2, 0), (1, 1)]
    assert after["made_at"] > before["made_at"]


def test_of_an_inactive_program_none_is_started(send, api, program):
    batch = run(send(good_rows(2), preview="true"))
    Program.objects.update(active=False)
    answer = api.post(f"{PATH}{batch.pk}/start/", {})
    assert problem(answer) == (409, "not-now")
    assert answer.json()["detail"] == f"{program} is inactive and takes no new leads."
    assert not Lead.objects.exists()


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
    monkeypatch.setattr(parsers, "OTHER_PARTS", 0)
    assert problem(send(good_rows(1))) == (413, "too-large")


def test_another_partner_finds_nothing_and_stops_nothing(send, api, other_api):
    batch = run(send(good_rows(2), preview="true"))
    unknown = "0198c0de-0000-7000-8000-00000000dead"
    for path in ("", "rows/"):
        assert problem(other_api.get(f"{PATH}{batch.pk}/{path}")) == (404, "not-found")
    for path in ("start/", "check/", "cancel/"):
        foreign = other_api.post(f"{PATH}{batch.pk}/{path}", {}, **{"X-Request-Id": "the-same-for-all"})
        nothing = other_api.post(f"{PATH}{unknown}/{path}", {}, **{"X-Request-Id": "the-same-for-all"})
        assert foreign.status_code == 404
        assert foreign.content == nothing.content
    batch.refresh_from_db()
    assert batch.state == "ready"


class TestOfOfficers:
    """What the back office uploads for a partner is answered to officers."""

    @pytest.fixture
    def uploads(self, partner, program, officer, tmp_path):
        """Uploads rows at the desk, or a file, and runs the import as far as it goes."""

        def _uploads(rows, **given) -> ImportBatch:
            path = workbooks.ours(tmp_path / "a.xlsx", [HEADER, *rows]) if isinstance(rows, list) else rows
            whose = {"partner": partner, "program": program, "uploaded_by": officer, "road": "desk", **given}
            batch = import_batches.receive(ContentFile(path.read_bytes()), "june.xlsx", **whose)
            import_batches.run(batch.pk)
            batch.refresh_from_db()
            return batch

        return _uploads

    @pytest.mark.parametrize("policy", ["refuse", "flag"])
    def test_nothing_is_told_to_the_partner_who_sends_the_same_file(
        self, uploads, send, api, rule, other_partner, policy
    ):
        rule(policy)
        moon = uploads([["MOON-1", "9800000001", "Asha Verma", "ABCPV0001L", "5"]], partner=other_partner)
        rows = [["", "9811111111", "Asha Verma", "ABCPV0001L", "5"]]
        theirs = uploads(rows)
        assert "MOON-1 of Moonlight Credit" in str(theirs.import_rows.get().problems)
        answer = send(rows)
        assert answer.json()["earlier_import_id"] is None
        mine = run(answer)
        assert mine.earlier == theirs
        for path in ("", "rows/"):
            assert problem(api.get(f"{PATH}{theirs.pk}/{path}")) == (404, "not-found")
            said = api.get(f"{PATH}{mine.pk}/{path}").content.decode()
            assert not any(
                each in said for each in ("MOON", str(theirs.pk), str(moon.import_rows.get().lead_id))
            )

    def test_they_are_not_for_the_partner_to_start_or_stop(self, uploads, api):
        waiting = uploads(good_rows(2), review=True)
        unknown = "0198c0de-0000-7000-8000-00000000dead"
        for path in ("start/", "check/", "cancel/"):
            answers = [
                api.post(f"{PATH}{each}/{path}", {}, **{"X-Request-Id": "the-same-for-all"})
                for each in (waiting.pk, unknown)
            ]
            assert answers[0].status_code == 404
            assert answers[0].content == answers[1].content
        waiting.refresh_from_db()
        assert waiting.state == "ready"

    def test_a_lead_that_stayed_is_told_without_the_vendor(self, send, api, connections):
        batch = run(send(good_rows(1)))
        announcements.unfold()
        drain()
        import_undoing.begin(batch, None)
        import_batches.run(batch.pk)
        assert "delivered to" in batch.import_rows.get().problems[-1]["message"]
        [row] = api.get(f"{PATH}{batch.pk}/rows/").json()["results"]
        assert row["problems"][-1]["message"] == "Its lead stayed when the import was undone."

    def test_who_mended_a_row_and_another_partners_lead_are_not_told(
        self, send, api, uploads, officer, other_partner, rule, tmp_path
    ):
        rule("refuse")
        uploads([["MOON-1", "9800000001", "Asha Verma", "ABCPV0001L", "5"]], partner=other_partner)
        batch = run(send([["", "98", "Asha Verma", "ABCPV0001L", "5"], BAD]))
        by_hand = batch.import_rows.get(number=3)
        import_mending.mend(batch, {by_hand.pk: {"B": "9800000009"}}, officer)
        with error_workbook(batch) as file:
            book = openpyxl.load_workbook(file)
        book.active["B2"] = "9811111111"
        book.save(tmp_path / "mended.xlsx")
        assert uploads(tmp_path / "mended.xlsx").skipped == 1
        by_workbook = batch.import_rows.get(number=2)
        assert (by_workbook.outcome, by_workbook.lead.partner) == ("skipped", other_partner)
        told = {row["row"]: row for row in api.get(f"{PATH}{batch.pk}/rows/").json()["results"]}
        assert told[3]["problems"][-1]["message"] == "Mended by the lender."
        assert told[2]["problems"][-1]["message"] == "Mended by another workbook."
        assert (told[2]["lead_id"], told[3]["lead_id"]) == (None, str(Lead.objects.latest("id").pk))


def test_lists_cost_few_queries(send, api, django_assert_max_num_queries):
    batch = run(send(good_rows(50)))
    with django_assert_max_num_queries(6):
        api.get(f"{PATH}{batch.pk}/rows/", page_size=50)
    with django_assert_max_num_queries(4):
        api.get(f"{PATH}{batch.pk}/")
