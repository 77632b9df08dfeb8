from __future__ import annotations

import http.client
import time
from urllib.parse import urlencode

import pytest

from crm_integrations.sandbox import faults
from tests.crm_integrations.sandbox.caller import CREGO_AUTH, CREGO_LEAD, ISPCRM_AUTH, ISPCRM_LEAD
from tests.patience import wait_until


def held(sandbox, vendor="ispcrm"):
    return len(sandbox.accepted(vendor))


def last(sandbox):
    return sandbox.call("GET", "/__sandbox__/ledger").json["entries"][-1]


def answers(raw):
    return raw.count(b"HTTP/1.1 ")


@pytest.mark.parametrize(
    ("fault", "value", "status", "stored"),
    [
        ("429", 7, 429, 0),
        ("401", None, 401, 0),
        ("500_before", None, 500, 0),
        ("500_after", None, 500, 1),
        ("500_after", 502, 502, 1),
        ("503", None, 503, 0),
    ],
)
@pytest.mark.parametrize("vendor", ["crego_crm", "brainysoft", "broctagon", "ispcrm"])
def test_fault_answers_its_status_once_and_stores_or_not(sandbox, vendor, fault, value, status, stored):
    sandbox.fault(vendor=vendor, fault=fault, times=1, value=value)
    send = getattr(sandbox, {"crego_crm": "crego_lead"}.get(vendor, f"{vendor}_lead"))
    reply = send()
    assert reply.status == status
    assert held(sandbox, vendor) == stored
    line = last(sandbox)
    assert (line["status"], line["fault"], line["accepted"]) == (status, fault, bool(stored))
    if fault == "429":
        assert reply.headers["retry-after"] == "7"
    assert send().status in (200, 201)


@pytest.mark.parametrize(("fault", "stored"), [("cut_before", 0), ("cut_after", 1)])
def test_cut_connection_has_no_answer(sandbox, fault, stored):
    sandbox.fault(vendor="ispcrm", fault=fault, times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        sandbox.ispcrm_lead()
    assert held(sandbox) == stored
    assert (last(sandbox)["status"], last(sandbox)["fault"]) == (None, fault)


def test_down_resets_the_connection_and_leaves_no_line(sandbox):
    sandbox.fault(vendor="ispcrm", fault="down", times=1)
    with pytest.raises(ConnectionResetError) as caught:
        sandbox.ispcrm_lead()
    # http.client calls a polite end without an answer a subclass of the same error.
    assert type(caught.value) is ConnectionResetError
    assert sandbox.call("GET", "/__sandbox__/ledger").json == {"summary": {}, "last": 0, "entries": []}


def test_slow_vendor_has_stored_before_it_answers(sandbox):
    sandbox.fault(vendor="ispcrm", fault="slow", times=1, value=0.4)
    started = time.monotonic()
    assert sandbox.ispcrm_lead().status == 200
    assert time.monotonic() - started >= 0.4
    sandbox.fault(vendor="ispcrm", fault="slow", times=1, value=1)
    with pytest.raises(TimeoutError):
        sandbox.call("POST", "/api/v1/subscriber/CreateLead", ISPCRM_LEAD, ISPCRM_AUTH, timeout=0.1)
    wait_until(lambda: held(sandbox) == 2, "it is stored while nobody waits for it any more")


def test_drip_sends_byte_by_byte(sandbox):
    sandbox.fault(vendor="ispcrm", fault="drip", times=1, value=0.001)
    started = time.monotonic()
    reply = sandbox.ispcrm_lead()
    assert reply.json["data"]["lead_id"] == 101
    assert time.monotonic() - started >= 0.001 * len(reply.raw)


def test_truncated_answer_is_shorter_than_it_says(sandbox):
    sandbox.fault(vendor="ispcrm", fault="truncated", times=1)
    with pytest.raises(http.client.IncompleteRead) as caught:
        sandbox.ispcrm_lead()
    assert caught.value.partial.startswith(b'{"success":true')
    assert caught.value.expected
    assert held(sandbox) == 1


def test_duplicate_answer_comes_twice_for_one_lead(sandbox):
    sandbox.fault(vendor="ispcrm", fault="duplicate", times=1)
    assert answers(sandbox.bytes_of_lead(wait=0.2)) == 2
    assert answers(sandbox.bytes_of_lead(wait=0.2)) == 1
    assert held(sandbox) == 2


def test_redirect_points_elsewhere_and_counts_who_goes_there(sandbox):
    sandbox.fault(vendor="ispcrm", fault="redirect", times=1)
    reply = sandbox.ispcrm_lead()
    assert (reply.status, held(sandbox)) == (307, 0)
    assert sandbox.call("GET", "/__sandbox__/faults").json["redirects_followed"] == 0
    sandbox.call("POST", reply.headers["location"], {})
    assert sandbox.call("GET", "/__sandbox__/faults").json["redirects_followed"] == 1
    sandbox.fault(vendor="ispcrm", fault="redirect", times=1, value="http://127.0.0.1:9/x")
    assert sandbox.ispcrm_lead().headers["location"] == "http://127.0.0.1:9/x"


def test_html_is_a_200_that_is_no_json(sandbox):
    sandbox.fault(vendor="ispcrm", fault="html", times=1)
    reply = sandbox.ispcrm_lead()
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.raw.startswith(b"<!doctype html>")
    assert held(sandbox) == 0


def test_huge_answer_has_as_many_bytes_as_asked(sandbox):
    sandbox.fault(vendor="ispcrm", fault="huge", times=2, value=10)
    reply = sandbox.ispcrm_lead()
    assert len(reply.raw) > 10_000_000
    assert reply.json["success"] is True
    assert held(sandbox) == 1


@pytest.mark.parametrize(
    ("vendor", "flag"),
    [
        ("brainysoft", {"status": "error"}),
        ("ispcrm", {"success": False}),
        ("broctagon", {"error": True}),
        (
            "crego",
            {"detail": "The sandbox was told to answer with an error flag: nothing in the record is wrong."},
        ),
    ],
)
def test_error_flag_is_a_200_in_the_vendors_error_shape(sandbox, vendor, flag):
    sandbox.fault(vendor="*", fault="error_flag", times=1)
    reply = getattr(sandbox, f"{vendor}_lead")()
    assert reply.status == 200
    assert flag.items() <= reply.json.items()
    assert sandbox.call("GET", "/__sandbox__/ledger?accepted=1").json["entries"] == []


def test_error_flag_asked_for_in_data_names_the_field_to_clear(sandbox):
    said = sandbox.ispcrm_lead(remarks="fault:error_flag").json["message"]
    assert said == "Invalid request data: remarks holds fault:error_flag: clear it and send again."
    nested = faults.in_body("brainysoft", {"jobs": [{"employer": "fault:error_flag"}]})
    assert nested is not None
    assert nested.where == "jobs.employer"


def test_faults_apply_to_creates_alone_unless_kinds_are_named(sandbox):
    sandbox.fault(vendor="brainysoft", fault="503")
    sandbox.fault(vendor="crego_crm", fault="503", kinds=["find"])
    assert sandbox.brainysoft_lead().status == 503
    token = urlencode({"grant_type": "client_credentials"})
    assert sandbox.call("POST", f"/oauth/token?{token}").status == 401
    assert sandbox.crego_lead().status == 200
    assert sandbox.call("GET", "/v1/crm/leads/", None, CREGO_AUTH).status == 503


@pytest.mark.parametrize(
    ("text", "status"),
    [("please fault:503 now", 503), ("fault:429=9", 429), ("fault:nonsense", 200), ("fault:", 200)],
)
def test_text_in_the_body_asks_for_a_fault_of_that_request_alone(sandbox, text, status):
    first, second = CREGO_LEAD["applicants"]
    reply = sandbox.crego_lead(applicants=[first, second | {"name": text}])
    assert reply.status == status
    assert sandbox.crego_lead().status == 200


def test_flags_put_faults_in_force(start):
    sandbox = start("--fault", "ispcrm:429:2:3", "--fault", "crego_crm/find:503")
    assert [sandbox.ispcrm_lead().status for _ in range(3)] == [429, 429, 200]
    assert sandbox.call("GET", "/v1/crm/leads/", None, CREGO_AUTH).status == 503
    [left] = sandbox.call("GET", "/__sandbox__/faults").json["faults"]
    assert (left["vendor"], left["fault"], left["times"], left["used"]) == ("crego_crm", "503", None, 1)


def test_faults_are_cleared(sandbox):
    sandbox.fault(vendor="ispcrm", fault="503")
    assert sandbox.ispcrm_lead().status == 503
    assert sandbox.call("DELETE", "/__sandbox__/faults").json["faults"] == []
    assert sandbox.ispcrm_lead().status == 200


def test_probability_with_a_seed_strikes_the_same_requests_again(sandbox):
    runs = []
    for _ in range(2):
        sandbox.call("DELETE", "/__sandbox__/faults")
        sandbox.fault(vendor="ispcrm", fault="503", probability=0.5, seed=7)
        runs.append([sandbox.ispcrm_lead().status for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


@pytest.mark.parametrize(
    "fault",
    [
        {"vendor": "nobody", "fault": "503"},
        {"vendor": "ispcrm", "fault": "504"},
        {"vendor": "ispcrm", "fault": "503", "times": -1},
        {"vendor": "ispcrm", "fault": "503", "kinds": ["leads"]},
        {"vendor": "ispcrm", "fault": "slow", "value": "long"},
        {"vendor": "ispcrm", "fault": "503", "probability": "often"},
        {"vendor": "ispcrm", "fault": "503", "count": 3},
        {},
    ],
)
def test_nonsense_fault_is_refused(sandbox, fault):
    reply = sandbox.fault(**fault)
    assert reply.status == 400
    assert reply.json["error"]
    assert sandbox.call("GET", "/__sandbox__/faults").json["faults"] == []
