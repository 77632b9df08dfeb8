"""Idempotency-Key: a POST that is sent again is not carried out again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadops import prepared, sealing
from leadops.api.programs import asked_along, program_of
from leadops.ids import first_id_at
from leadops.models import ApiKey, BorrowerToken, CallCount, ImportBatch, KeptAnswer, Lead, LoanAccount, Scope
from leadops.services import call_counts, kept_answers, leads
from leadops.tasks import prune_calls
from tests import patience
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller
from tests.leadops.api.routes import routes
from tests.threads import together

LEADS = "/v1/crm/leads/"
SOME_ID = "0198c0de-0000-7000-8000-000000000001"
KEY = {"Idempotency-Key": "a-key-of-theirs"}


def _slug(answer) -> str:
    return answer.json()["type"].removeprefix("urn:leadops:problem:")


def test_the_same_key_and_body_get_the_first_answer_again(api, program):
    body = bodies.lead(program, applicants=[bodies.person()])
    first, again = (api.post(LEADS, body, **KEY) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Lead.objects.count() == 1


def test_a_call_with_a_key_asks_for_its_program_along_with_its_kept_answer(api, program):
    api.post(LEADS, bodies.lead(program), **KEY)
    with CaptureQueriesContext(connection) as asked:
        answer = api.post(LEADS, bodies.lead(program), **{"Idempotency-Key": "another"})
    assert answer.status_code == 200, answer.content
    found = [each["sql"] for each in asked if "EXECUTE active_program" in each["sql"]]
    assert len(found) == 1
    assert "EXECUTE find_kept_answer" in found[0]


def test_a_program_that_was_asked_along_is_taken_for_no_other(program):
    along = asked_along(b'{"extra": {"program_id": "%s"}}' % SOME_ID.encode())
    assert str(along.named["id"]) == SOME_ID
    assert program_of(along, program.pk) == program
    assert program_of(along, UUID(SOME_ID)) is None


def test_an_inactive_program_is_refused_under_a_key_too(api, program):
    program.active = False
    program.save()
    answer = api.post(LEADS, bodies.lead(program), **KEY)
    assert [each["code"] for each in answer.json()["errors"]] == ["unknown_program"]


def test_a_lead_sent_as_a_form_under_a_key_is_refused(api):
    answer = api.client.post(LEADS, {"program_id": SOME_ID}, headers=api.headers | KEY)
    assert answer.status_code == 400


def test_a_status_of_its_own_is_replayed_too(api, program):
    lead_id = api.post(LEADS, bodies.lead(program)).json()["id"]
    body = {"crm_lead_id": lead_id, "ref_id": "A1", "program_id": str(program.pk)}
    answers = [api.post("/v1/los/accounts/", body, **KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert LoanAccount.objects.count() == 1


def test_another_body_or_path_under_the_key_is_refused(api, program):
    api.post(LEADS, bodies.lead(program), **KEY)
    for path, body in (
        (LEADS, bodies.lead(program, remarks="other")),
        (f"{LEADS}?a=1", bodies.lead(program)),
        ("/v1/los/accounts/", bodies.lead(program)),
    ):
        answer = api.post(path, body, **KEY)
        assert (answer.status_code, _slug(answer)) == (422, "idempotency-key-reused")
    assert Lead.objects.count() == 1


def test_without_a_key_every_call_is_one_of_its_own(api, program):
    for _ in range(2):
        api.post(LEADS, bodies.lead(program))
    assert Lead.objects.count() == 2
    assert not KeptAnswer.objects.exists()


def test_partners_share_no_keys(api, other_api, program):
    first = api.post(LEADS, bodies.lead(program), **KEY)
    other = other_api.post(LEADS, bodies.lead(program), **KEY)
    assert (first.status_code, other.status_code) == (200, 200)
    assert "Idempotent-Replayed" not in other
    assert first.json()["id"] != other.json()["id"]


def test_two_keys_of_one_partner_share_what_they_sent(api, partner, program):
    first = api.post(LEADS, bodies.lead(program), **KEY)
    again = Caller(ApiKey.issue(partner)[1]).post(LEADS, bodies.lead(program), **KEY)
    assert again.content == first.content


def test_a_kept_answer_shows_no_more_than_its_reader_may_see(api, partner, program):
    seeing = Caller(ApiKey.issue(partner, scopes=list(Scope))[1])
    body = bodies.lead(program, applicants=[bodies.person()])
    assert "ABCPK1234L" in seeing.post(LEADS, body, **KEY).content.decode()
    refused = api.post(LEADS, body, **KEY)
    assert (refused.status_code, "pii:read" in refused.json()["detail"]) == (403, True)
    assert "ABCPK1234L" not in refused.content.decode()
    assert seeing.post(LEADS, body, **KEY)["Idempotent-Replayed"] == "true"
    assert Lead.objects.count() == 1


def test_what_was_answered_masked_is_replayed_to_who_may_see_more(api, partner, program):
    body = bodies.lead(program, applicants=[bodies.person()])
    first = api.post(LEADS, body, **KEY)
    again = Caller(ApiKey.issue(partner, scopes=list(Scope))[1]).post(LEADS, body, **KEY)
    assert (again.status_code, again.content) == (200, first.content)
    assert Lead.objects.count() == 1


def test_a_validation_error_does_not_burn_the_key(api, program):
    assert api.post(LEADS, bodies.lead(program, primary_mobile="12"), **KEY).status_code == 400
    answer = api.post(LEADS, bodies.lead(program), **KEY)
    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer


def test_a_conflict_does_not_burn_the_key(api, program):
    api.post(LEADS, bodies.lead(program, partner_ref_id="P1"))
    assert api.post(LEADS, bodies.lead(program, partner_ref_id="P1"), **KEY).status_code == 409
    assert api.post(LEADS, bodies.lead(program, partner_ref_id="P2"), **KEY).status_code == 200


def test_a_fault_burns_no_key_and_leaves_nothing(api, program, monkeypatch):
    kept = leads.submit

    def broken(*args, **kwargs):
        kept(*args, **kwargs)
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(leads, "submit", broken)
        assert api.post(LEADS, bodies.lead(program), **KEY).status_code == 500
    assert not Lead.objects.exists()
    assert api.post(LEADS, bodies.lead(program), **KEY).status_code == 200


@pytest.mark.parametrize("text", ["", "x" * 256])
def test_a_key_has_1_to_255_characters(api, program, text):
    answer = api.post(LEADS, bodies.lead(program), **{"Idempotency-Key": text})
    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [
        ("Idempotency-Key", "invalid_idempotency_key")
    ]
    assert api.post(LEADS, bodies.lead(program), **{"Idempotency-Key": "x" * 255}).status_code == 200


def test_a_body_over_the_limit_is_refused_as_ever(api):
    assert api.post(LEADS, b"x" * 3_000_000, **KEY).status_code == 413


def test_who_may_not_call_learns_nothing_by_a_key(api, nobody, partner, program):
    api.post(LEADS, bodies.lead(program), **KEY)
    reader = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_READ])[1])
    assert nobody.post(LEADS, bodies.lead(program), **KEY).status_code == 401
    assert reader.post(LEADS, bodies.lead(program), **KEY).status_code == 403


def test_an_answer_is_kept_for_72_hours(api, program):
    first = api.post(LEADS, bodies.lead(program), **KEY)
    kept = KeptAnswer.objects.get()
    almost = first_id_at(kept.created_at - timedelta(hours=71, minutes=59))
    KeptAnswer.objects.filter(pk=kept.pk).delete()
    _keep_as(kept, almost)
    prune_calls()
    assert api.post(LEADS, bodies.lead(program), **KEY).content == first.content
    KeptAnswer.objects.all().delete()
    _keep_as(kept, first_id_at(kept.created_at - timedelta(hours=72, minutes=1)))
    assert "Idempotent-Replayed" not in api.post(LEADS, bodies.lead(program), **KEY)
    assert "Idempotent-Replayed" in api.post(LEADS, bodies.lead(program), **KEY)
    assert Lead.objects.count() == 2
    KeptAnswer.objects.all().delete()
    _keep_as(kept, first_id_at(kept.created_at - timedelta(hours=72, minutes=1)))
    prune_calls()
    assert not KeptAnswer.objects.exists()


def _keep_as(kept: KeptAnswer, pk) -> None:
    body = kept.body
    KeptAnswer(pk=pk, called_as=kept.called_as, request=kept.request, status=kept.status, body=body).save()


def test_what_is_kept_shows_nothing_personal(api, program):
    api.post(LEADS, bodies.lead(program, applicants=[bodies.person()]), **KEY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT leadops_keptanswer::text, encode(body, 'escape') FROM leadops_keptanswer")
        [(row, body)] = cursor.fetchall()
    for text in ("Verma", "a-key-of-theirs", "9000000002"):
        assert text not in row + body
        assert text.encode().hex() not in row
    assert "Verma" in KeptAnswer.objects.get().body


class Counter:
    """Counts the statements that are sent while it is there."""

    count = 0

    def __call__(self, execute, *args):
        self.count += 1
        return execute(*args)


@contextmanager
def _counting() -> Iterator[Counter]:
    counter = Counter()
    with connection.execute_wrapper(counter):
        yield counter


def test_a_call_with_a_key_takes_three_statements_more(api, program):
    """To open and close a point in the transaction, and to keep the answer; who looks for it asks for the program."""
    for at in range(2):  # statements are prepared at their first use
        api.post(LEADS, bodies.lead(program), **{"Idempotency-Key": f"warm-{at}"})
    with _counting() as plain:
        api.post(LEADS, bodies.lead(program))
    with _counting() as keyed:
        api.post(LEADS, bodies.lead(program), **KEY)
    assert keyed.count - plain.count == 3


@pytest.mark.django_db(transaction=True)
def test_the_answer_its_commit_and_the_count_go_in_one_string(key, program):
    caller = Caller(key)
    for at in range(2):
        caller.post(LEADS, bodies.lead(program), **{"Idempotency-Key": f"warm-{at}"})
    said: list[str] = []

    def listen(execute, sql, *args):
        said.append(sql)
        return execute(sql, *args)

    with connection.execute_wrapper(listen):
        assert caller.post(LEADS, bodies.lead(program), **KEY).status_code == 200
    assert re.search(r"EXECUTE keep_answer .*; COMMIT; .*; EXECUTE count_call ", said[-1])
    assert sum("count_call" in sql for sql in said) == 1
    assert CallCount.objects.get().calls == 3


@pytest.mark.django_db(transaction=True)
def test_a_count_that_fails_takes_no_lead_back(key, program, monkeypatch, caplog):
    broken = prepared.Statement(
        "broken_count", "SELECT 1 / %(status)s - 1 / (%(status)s - 200)", status="int"
    )
    monkeypatch.setattr(call_counts, "ADD", broken)
    first, again = (Caller(key).post(LEADS, bodies.lead(program), **KEY) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert Lead.objects.count() == 1
    assert "a call could not be counted" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_can_not_be_kept_leaves_nothing(key, program, monkeypatch):
    broken = prepared.Statement("broken_keep", "SELECT 1 / (%(status)s - 200)", status="int")
    with monkeypatch.context() as patch:
        patch.setattr(kept_answers, "KEEP", broken)
        assert Caller(key).post(LEADS, bodies.lead(program), **KEY).status_code >= 500
    assert not Lead.objects.exists()
    assert not CallCount.objects.filter(status=200).exists()
    assert Caller(key).post(LEADS, bodies.lead(program), **KEY).status_code == 200


def test_a_form_is_known_again_though_its_boundary_is_another(api, partner, program):
    def send(cells: bytes, **headers: str):
        file = SimpleUploadedFile("june.csv", cells, "text/csv")
        data = {"program_id": str(program.pk), "file": file}
        return api.client.post(f"{LEADS}import/", data, headers=api.headers | headers)

    first = send(b"Mobile\n9000000001\n", **KEY)
    assert first.status_code == 202, first.content
    again = send(b"Mobile\n9000000001\n", **KEY)
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert send(b"Mobile\n9000000002\n", **KEY).status_code == 422
    batch = ImportBatch.objects.get()
    with batch.file.open() as kept:
        assert kept.read() == b"Mobile\n9000000001\n"


def test_a_form_of_too_many_parts_is_a_problem_with_a_key_and_without(api, program):
    for headers in ({}, KEY):
        data = {f"part{number}": "x" for number in range(6000)}
        answer = api.client.post(f"{LEADS}import/", data, headers=api.headers | headers)
        assert (answer.status_code, _slug(answer)) == (400, "malformed")


def test_a_form_that_is_none_is_a_problem(api):
    answer = api.client.generic(
        "POST", f"{LEADS}import/", b"x", "multipart/form-data", headers=api.headers | KEY
    )
    assert (answer.status_code, _slug(answer)) == (400, "malformed")


@pytest.mark.parametrize(
    "path", sorted({re.sub(r"<uuid:\w+>", SOME_ID, r.path) for r in routes() if r.method == "POST"})
)
def test_every_post_takes_a_key(api, path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        kept_answers, "begin", lambda call, along: asked.append(call) or kept_answers.Found(True)
    )
    api.post(path, {}, **KEY)
    assert len(asked) == 1


def test_a_borrowers_token_is_made_once_and_shown_once(api, program):
    lead_id = api.post(LEADS, bodies.lead(program)).json()["id"]
    first, again, other = (
        api.post("/v1/crm/borrower_token/", body, **KEY)
        for body in ({"lead_id": lead_id}, {"lead_id": lead_id}, {"lead_id": SOME_ID})
    )
    assert (first.status_code, again.status_code, _slug(again)) == (200, 409, "shown-once")
    assert (other.status_code, _slug(other)) == (422, "idempotency-key-reused")
    assert first.json()["access"] not in again.content.decode() + KeptAnswer.objects.get().body
    assert BorrowerToken.objects.count() == 1


# At once ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_fifty_identical_calls_at_once_make_one_lead(key, program):
    for headers in (KEY, {}):
        body, answers = bodies.lead(program, partner_ref_id=f"P{len(headers)}"), []
        callers = [Caller(key) for _ in range(50)]
        jobs = [
            lambda caller=caller, body=body, headers=headers, answers=answers: answers.append(
                caller.post(LEADS, body, **headers)
            )
            for caller in callers
        ]
        assert together(*jobs) == []
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) <= {200, 409}, sorted(set(statuses))
        made = {answer.content for answer in answers if answer.status_code == 200}
        assert len(made) == 1
        assert Lead.objects.filter(partner_ref_id=body["partner_ref_id"]).count() == 1
        kinds = {_slug(answer) for answer in answers if answer.status_code == 409}
        assert kinds <= ({"still-running"} if headers else {"conflict"})
        assert all(answer["Retry-After"] for answer in answers if headers and answer.status_code == 409)
    assert Caller(key).post(LEADS, bodies.lead(program, partner_ref_id="P1"), **KEY).status_code == 200


DIES = """
import os, signal, sys
import django; django.setup()
from django.test import Client
from leadops.services import leads
kept = leads.submit
def dies(*args, **kwargs):
    kept(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
leads.submit = dies
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
Client().post(sys.argv[2], sys.argv[3], "application/json", headers={"Authorization": f"Bearer {sys.argv[4]}",
    "Idempotency-Key": "a-key-of-theirs"})
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_in_the_middle_burns_no_key(key, program):
    body, name = json.dumps(bodies.lead(program)), connection.settings_dict["NAME"]
    command = [sys.executable, "-c", DIES, name, LEADS, body, key]
    died = subprocess.run(command, env=os.environ, capture_output=True, timeout=patience.SECONDS)
    assert died.returncode == -signal.SIGKILL, died.stderr
    answers = [Caller(key).post(LEADS, body, **KEY) for _ in range(50)]
    assert answers[-1].status_code == 200
    assert "Idempotent-Replayed" in answers[-1]
    assert Lead.objects.count() == 1


def test_a_fingerprint_is_not_the_plain_hash():
    assert sealing.fingerprint("a", b"x") != sealing.fingerprint("b", b"x")
    assert len(sealing.fingerprint("a", b"x")) == 32
