from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm_integrations.sandbox.ledger import Ledger, Unreadable
from tests.crm_integrations.sandbox.caller import CREGO_AUTH, CREGO_LEAD, lines_of

KEYS = [
    "n",
    "at",
    "vendor",
    "kind",
    "method",
    "path",
    "status",
    "accepted",
    "id",
    "reference",
    "fault",
    "body",
]


def test_line_has_every_key_and_no_credential(start, tmp_path):
    sandbox = start("--ledger", str(tmp_path / "ledger"))
    sandbox.crego_lead()
    sandbox.call("GET", "/v1/crm/leads/?partner_ref_id=asd", None, CREGO_AUTH)
    sandbox.crego_lead(program_id=1)
    lines = lines_of(tmp_path / "ledger")
    assert [list(line) for line in lines] == [KEYS] * 3
    assert [(line["n"], line["kind"], line["status"], line["accepted"]) for line in lines] == [
        (1, "lead", 200, True),
        (2, "find", 200, False),
        (3, "lead", 400, False),
    ]
    assert lines[1]["path"] == "/v1/crm/leads/?partner_ref_id=asd"
    assert "sandbox-crego-token" not in (tmp_path / "ledger").read_text()


def test_summary_counts_duplicates_by_reference_else_by_body(sandbox):
    for reference in ("a", "a", "b"):
        sandbox.crego_lead(partner_ref_id=reference)
    sandbox.ispcrm_lead()
    sandbox.ispcrm_lead()
    sandbox.ispcrm_lead(name="Jane Doe")
    sandbox.ispcrm_lead(name="")
    assert sandbox.call("GET", "/__sandbox__/ledger").json["summary"] == {
        "crego_crm": {"requests": 3, "accepted": 3, "references": 2, "duplicates": 1},
        "ispcrm": {"requests": 4, "accepted": 3, "references": 2, "duplicates": 1},
    }


def test_entries_are_read_in_parts(sandbox):
    for name in ("A", "", "B", "C"):
        sandbox.ispcrm_lead(name=name)
    sandbox.crego_lead()
    part = sandbox.call("GET", "/__sandbox__/ledger?vendor=ispcrm&accepted=1&after=1&limit=1").json
    assert [entry["body"]["name"] for entry in part["entries"]] == ["B"]
    rest = sandbox.call("GET", f"/__sandbox__/ledger?after={part['last']}").json["entries"]
    assert [entry["n"] for entry in rest] == [4, 5]
    assert sandbox.call("GET", "/__sandbox__/ledger?after=x").status == 400


def test_reset_forgets_all_and_empties_the_file(start, tmp_path):
    path = tmp_path / "ledger"
    sandbox = start("--ledger", str(path))
    sandbox.crego_lead()
    assert sandbox.call("DELETE", "/__sandbox__/ledger").status == 200
    assert path.read_bytes() == b""
    assert sandbox.call("GET", "/v1/crm/leads/", None, CREGO_AUTH).json["count"] == 0
    sandbox.crego_lead()
    assert [line["accepted"] for line in lines_of(path)] == [False, True]


def test_restarted_sandbox_holds_what_it_held(start, tmp_path):
    flags = ("--ledger", str(tmp_path / "ledger"))
    first = start(*flags)
    first.crego_lead()
    first.ispcrm_lead()
    first.brainysoft_lead()
    first.broctagon_lead()
    again = start(*flags)
    lead_id = first.accepted("crego_crm")[0]["id"]
    assert again.call("GET", f"/v1/crm/leads/{lead_id}/", None, CREGO_AUTH).json["partner_ref_id"] == "asd"
    account = {"crm_lead_id": lead_id, "ref_id": "CL1", "program_id": CREGO_LEAD["program_id"]}
    assert again.call("POST", "/v1/los/accounts/", account, CREGO_AUTH).status == 201
    assert again.ispcrm_lead().json["data"]["lead_id"] == 102
    assert again.brainysoft_lead().json["data"] == 3693
    again.broctagon_lead()
    assert len({entry["id"] for entry in again.accepted("broctagon")}) == 2


def test_half_written_last_line_is_dropped(start, tmp_path):
    path = tmp_path / "ledger"
    start("--ledger", str(path)).ispcrm_lead()
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert len(lines_of(path)) == 1
    again = start("--ledger", str(path))
    assert path.read_bytes() == whole
    assert again.ispcrm_lead().json["data"]["lead_id"] == 102
    assert [line["n"] for line in lines_of(path)] == [1, 2]


@pytest.mark.parametrize("line", ["not json", "{}", "[1]"])
def test_file_that_is_no_ledger_is_refused(tmp_path, line):
    path = tmp_path / "ledger"
    path.write_text(line + "\n")
    with pytest.raises(Unreadable, match="line 1 of"):
        Ledger(path)
    assert path.read_text() == line + "\n"


def test_parallel_posts_get_distinct_ids_and_are_all_counted(start, tmp_path):
    sandbox = start("--ledger", str(tmp_path / "ledger"))
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda number: sandbox.ispcrm_lead(name=f"Person {number}"), range(320)))
    ids = {reply.json["data"]["lead_id"] for reply in replies}
    assert ids == set(range(101, 421))
    lines = lines_of(tmp_path / "ledger")
    assert [line["n"] for line in lines] == list(range(1, 321))
    assert {line["id"] for line in lines} == ids


def test_lone_surrogate_in_a_name_breaks_nothing(start, tmp_path):
    sandbox = start("--ledger", str(tmp_path / "ledger"))
    assert sandbox.ispcrm_lead(name="A\ud800").status == 200
    assert sandbox.call("GET", "/").status == 200
    assert lines_of(tmp_path / "ledger")[0]["body"]["name"] == "A\ud800"
