"""docs/api.md tells the truth: its calls run as they stand, and its tables are the code's."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests import people
from tests.leadops.api import docs_tables
from tests.leadops.api.callers import Caller

TEXT = docs_tables.PAGE.read_text(encoding="utf-8")
MADE = {"/leads/": "LEAD", "/accounts/": "ACCOUNT", "/test/": "EVENT", "/subscriptions/": "SUBSCRIPTION"}
"""What a call of the page makes, by a part of its address."""
CALLS = re.findall(r"```sh\n(curl .*?)```", TEXT, re.DOTALL)


@pytest.fixture
def calls(key, example_program) -> Iterator[list[Any]]:
    """The answers to the page's calls, in their order; ids that come back are used in the calls after."""
    names = {"HOST": "http://testserver", "KEY": key}
    answers = []
    for call in CALLS:
        answer = _run(call, names)
        if answer.request["REQUEST_METHOD"] == "POST":
            made = next(name for part, name in MADE.items() if part in call)
            names[made] = answer.json()["id"]
        answers.append(answer)
    yield answers
    for answer in answers:
        answer.close()


def _run(call: str, names: dict[str, str]) -> Any:
    """One curl command, sent by the test client."""
    for name, value in names.items():
        call = call.replace(f"${name}", value)
    assert "$" not in call
    words = shlex.split(call)
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    path = words[1].removeprefix(names["HOST"])
    caller = Caller(None)
    caller.headers = headers
    if "-d" not in words:
        return caller.client.get(path, headers=headers)
    send = caller.put if "PUT" in words else caller.post
    return send(path, words[words.index("-d") + 1], content_type=headers.pop("Content-Type"))


def test_every_call_of_the_page_runs(calls):
    assert len(calls) == 13
    statuses = [answer.status_code for answer in calls]
    assert statuses == [200, 200, 200, 200, 200, 201, 200, 200, 200, 200, 200, 201, 202]


def test_the_calls_answer_what_the_page_says(calls):
    *told, workbook, events, subscription, tested = calls
    health, created, read, deliveries, readiness, account, account_read, page, cursor = (
        each.json() for each in told
    )
    assert health == {"status": "ok"}
    assert created["applicants"][0]["pan_no"] == "JUXXXXX79B"
    assert read["id"] == created["id"]
    assert set(deliveries) == {"count", "current_page", "page_size", "results"}
    assert readiness["results"] == []
    assert (account["crm_lead_id"], account["status"]) == (created["id"], "pending")
    assert account_read == account
    assert [each["id"] for each in page["results"]] == [created["id"]]
    assert set(cursor) == {"page_size", "next_cursor", "results"}
    assert b"".join(workbook).startswith(b"PK")
    assert set(events.json()) == {"page_size", "next_cursor", "results"}
    assert subscription.json()["secret"].startswith("whsec_")
    assert tested.json()["data"] == {"subscription_id": subscription.json()["id"]}


def test_the_tables_of_the_page_are_the_codes():
    """Write them anew with `python -m tests.leadops.api.docs_tables`."""
    assert docs_tables.page() == TEXT


def test_the_printed_problem_is_one(api):
    program = people.program("scf-north", "Supply chain finance")
    printed = json.loads(re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)[1])
    address = {"applicant_type": "person", "is_primary": True, "is_authorized_signatory": False, "tags": [],
               "name": "Asha Verma", "banks": [], "addresses": [{"pincode": "999999"}]}  # fmt: skip
    body = {"program_id": str(program.pk), "primary_mobile": "9000000001", "applicants": [address]}
    answered = api.post("/v1/crm/leads/", body).json()
    assert answered | {"request_id": printed["request_id"]} == printed


def test_every_state_of_a_delivery_is_explained():
    from crm_integrations.models import State

    table = TEXT.partition("| state | meaning |")[2].partition("\n\n")[0]
    assert {state.value for state in State} == set(re.findall(r"`(\w+)`", table)) - {
        "next_try",
        "reason",
        "reference",
    }


def test_the_call_in_the_readme_runs_as_it_stands(key, example_program):
    page = docs_tables.PAGE.parent.parent / "README.md"
    [call] = re.findall(r"```sh\nKEY=[^\n]*\n(curl .*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    answer = _run(call.replace("http://127.0.0.1:8000", "$HOST"), {"HOST": "http://testserver", "KEY": key})
    assert answer.status_code == 200, answer.content
