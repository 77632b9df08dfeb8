from __future__ import annotations

import hashlib
from uuid import UUID

import pytest

from tests.crm_integrations.sandbox.caller import CREGO_AUTH, CREGO_LEAD

LEADS = "/v1/crm/leads/"
ACCOUNTS = "/v1/los/accounts/"


@pytest.fixture
def lead_id(sandbox):
    sandbox.crego_lead()
    return sandbox.accepted("crego_crm")[0]["id"]


def account(lead_id, **changes):
    return {"crm_lead_id": lead_id, "ref_id": "CL00044A", "program_id": "15676342", **changes}


def test_page_example_is_accepted_with_an_empty_object(sandbox):
    reply = sandbox.crego_lead()
    assert (reply.status, reply.json) == (200, {})
    [entry] = sandbox.accepted("crego_crm")
    assert UUID(entry["id"]).version == 4
    assert entry["reference"] == "asd"
    assert entry["body"] == CREGO_LEAD


@pytest.mark.parametrize(("flag", "id_name"), [("lead", "id"), ("_id", "_id")])
def test_whole_lead_is_answered_when_asked_for(start, flag, id_name):
    sandbox = start("--crego-answer", flag)
    lead = sandbox.crego_lead().json
    [entry] = sandbox.accepted("crego_crm")
    assert lead[id_name] == entry["id"]
    assert lead["created_at"] == entry["at"]
    assert lead["applicants"] == CREGO_LEAD["applicants"]
    assert len({"id", "_id"} & lead.keys()) == 1


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "sandbox-crego-token"}]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", LEADS), ("GET", LEADS), ("GET", LEADS + "x/"), ("POST", ACCOUNTS), ("GET", ACCOUNTS)],
)
def test_call_without_the_token_is_refused(sandbox, method, path, headers):
    reply = sandbox.call(method, path, CREGO_LEAD if method == "POST" else None, headers)
    assert reply.status == 401
    assert reply.json["code"] == "token_not_valid"
    assert sandbox.accepted("crego_crm") == []


@pytest.mark.parametrize("field", ["program_id", "primary_mobile", "applicants"])
def test_missing_field_is_named(sandbox, field):
    body = {name: value for name, value in CREGO_LEAD.items() if name != field}
    reply = sandbox.call("POST", LEADS, body, CREGO_AUTH)
    assert (reply.status, reply.json) == (400, {field: ["This field is required."]})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"primary_mobile": 9000000001}, {"primary_mobile": ["Not a valid string."]}),
        ({"partner_ref_id": None}, {"partner_ref_id": ["This field may not be null."]}),
        ({"program_id": " "}, {"program_id": ["This field may not be blank."]}),
        ({"applicants": {}}, {"applicants": ['Expected a list of items but got type "dict".']}),
        ({"loan_amount": "5000"}, {"loan_amount": ["Unknown field."]}),
    ],
)
def test_wrong_field_is_refused(sandbox, change, problem):
    reply = sandbox.crego_lead(**change)
    assert (reply.status, reply.json) == (400, problem)
    assert sandbox.accepted("crego_crm") == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"is_primary": "true"}, {"is_primary": ["Must be a valid boolean."]}),
        ({"tags": "a"}, {"tags": ['Expected a list of items but got type "str".']}),
        ({"gender": "female"}, {"gender": ["Unknown field."]}),
        ({"banks": [{"ifsc": 1}]}, {"banks": [{"ifsc": ["Not a valid string."]}]}),
        ({"addresses": [{"pincode": 151203}]}, {"addresses": [{"pincode": ["Not a valid string."]}]}),
    ],
)
def test_wrong_field_of_the_second_applicant_is_refused_at_its_place(sandbox, change, problem):
    first, second = CREGO_LEAD["applicants"]
    reply = sandbox.crego_lead(applicants=[first, second | change])
    assert (reply.status, reply.json) == (400, {"applicants": [{}, problem]})


def test_path_without_its_slash_is_not_found(sandbox):
    reply = sandbox.call("POST", "/v1/crm/leads", CREGO_LEAD, CREGO_AUTH)
    assert (reply.status, reply.json) == (404, {"detail": "Not found."})
    assert sandbox.call("DELETE", LEADS, None, CREGO_AUTH).status == 405


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"program_id": NaN}', b"\xff", b""])
def test_body_that_is_no_json_object_is_refused(sandbox, raw):
    reply = sandbox.call("POST", LEADS, raw, CREGO_AUTH)
    assert reply.status == 400
    assert "detail" in reply.json


def test_list_finds_by_our_reference_newest_first(sandbox):
    for reference in ("a", "b", "a"):
        sandbox.crego_lead(partner_ref_id=reference)
    held = [entry["id"] for entry in sandbox.accepted("crego_crm") if entry["reference"] == "a"]
    found = sandbox.call("GET", LEADS + "?partner_ref_id=a", None, CREGO_AUTH).json
    assert {key: found[key] for key in ("count", "current_page", "page_size")} == {
        "count": 2,
        "current_page": 1,
        "page_size": 15,
    }
    assert [lead["id"] for lead in found["results"]] == held[::-1]
    assert sandbox.call("GET", LEADS + "?partner_ref_id=z", None, CREGO_AUTH).json["count"] == 0


def test_list_pages_and_filters(sandbox):
    for number in range(5):
        sandbox.crego_lead(primary_mobile=f"900000000{number % 2}")
    page = sandbox.call("GET", LEADS + "?page=2&page_size=2", None, CREGO_AUTH).json
    assert (page["count"], page["current_page"], len(page["results"])) == (5, 2, 2)
    assert sandbox.call("GET", LEADS + "?primary_mobile=9000000001", None, CREGO_AUTH).json["count"] == 2
    assert sandbox.call("GET", LEADS + "?program_id=other", None, CREGO_AUTH).json["count"] == 0
    assert sandbox.call("GET", LEADS + "?page=9", None, CREGO_AUTH).status == 404
    assert sandbox.call("GET", LEADS + "?ref=a", None, CREGO_AUTH).status == 400


def test_lead_is_read_back_by_id(sandbox, lead_id):
    reply = sandbox.call("GET", f"{LEADS}{lead_id}/", None, CREGO_AUTH)
    assert (reply.status, reply.json["id"], reply.json["partner_ref_id"]) == (200, lead_id, "asd")
    assert sandbox.call("GET", f"{LEADS}unknown/", None, CREGO_AUTH).json == {"detail": "Not found."}


def test_health_needs_no_token(sandbox):
    reply = sandbox.call("GET", "/v1/crm/health/")
    assert (reply.status, reply.json) == (200, {"status": "ok"})


def test_account_of_a_known_lead_is_created(sandbox, lead_id):
    reply = sandbox.call("POST", ACCOUNTS, account(lead_id), CREGO_AUTH)
    assert reply.status == 201
    created = reply.json
    [entry] = sandbox.accepted("crego_los")
    assert (created["id"], created["ref_id"]) == (entry["id"], entry["reference"])
    assert (created["status"], created["product_type"], created["drop_reason"]) == ("activation", "scf", None)
    assert isinstance(created["created_at"], float)
    assert created["updated_at"] > created["created_at"]
    assert sandbox.call("GET", f"{ACCOUNTS}{created['id']}/", None, CREGO_AUTH).json == created


def test_account_of_an_unknown_lead_is_refused(sandbox):
    reply = sandbox.call("POST", ACCOUNTS, account("df03f224"), CREGO_AUTH)
    assert (reply.status, list(reply.json)) == (400, ["crm_lead_id"])
    assert sandbox.accepted("crego_los") == []


@pytest.mark.parametrize("change", [{"ref_id": 44}, {"ref_id": ""}, {"program_id": None}, {"amount": 5000}])
def test_wrong_account_is_refused(sandbox, lead_id, change):
    reply = sandbox.call("POST", ACCOUNTS, account(lead_id, **change), CREGO_AUTH)
    assert (reply.status, list(reply.json)) == (400, list(change))


def test_accounts_are_listed_by_reference_lead_and_status(sandbox, lead_id):
    for reference in ("CL1", "CL2"):
        sandbox.call("POST", ACCOUNTS, account(lead_id, ref_id=reference), CREGO_AUTH)
    for query, count in [
        ("ref_id=CL1", 1),
        (f"crm_lead_id={lead_id}", 2),
        ("status=active", 0),
        ("program_id=x", 0),
    ]:
        assert sandbox.call("GET", f"{ACCOUNTS}?{query}", None, CREGO_AUTH).json["count"] == count, query


DOCUMENTS = "/v1/crm/documents/"
FORM = {"related_model": "lead", "document_type": "PAN", "tags": "own"}
SCAN = {"name": "a.pdf", "content_type": "application/pdf", "bytes": 9}


def form(lead_id, content=b"%PDF\r\n\x00\xff\n", boundary="edge", **changes):
    fields = {**FORM, "related_model_id": lead_id, **changes}
    parts = [
        f'; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items() if value is not None
    ]
    parts.append(b'; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n' + content)
    edge = f"--{boundary}".encode()
    body = b"".join(edge + b"\r\nContent-Disposition: form-data" + each + b"\r\n" for each in parts)
    return body + edge + b"--\r\n"


def hand_in(sandbox, body, content_type="multipart/form-data; boundary=edge"):
    return sandbox.call("POST", DOCUMENTS, body, {**CREGO_AUTH, "Content-Type": content_type})


def test_a_document_is_kept_by_what_it_says_and_its_file_by_its_hash(sandbox, lead_id):
    reply = hand_in(sandbox, form(lead_id))
    assert reply.status == 201
    entry = sandbox.accepted("crego_crm")[-1]
    assert (entry["kind"], entry["id"]) == ("document", reply.json["id"])
    scan = {**SCAN, "sha256": hashlib.sha256(b"%PDF\r\n\x00\xff\n").hexdigest()}
    assert entry["body"] == {**FORM, "tags": ["own"], "related_model_id": lead_id, "file": scan}
    listed = sandbox.call("GET", f"{DOCUMENTS}?related_model_id={lead_id}", None, CREGO_AUTH).json
    assert (listed["count"], listed["results"]) == (1, [reply.json])


def test_leads_and_documents_are_listed_apart(sandbox, lead_id):
    document = hand_in(sandbox, form(lead_id)).json["id"]
    assert [each["id"] for each in sandbox.call("GET", LEADS, None, CREGO_AUTH).json["results"]] == [lead_id]
    assert sandbox.call("GET", f"{LEADS}{document}/", None, CREGO_AUTH).status == 404
    of_nobody = sandbox.call("GET", f"{DOCUMENTS}?related_model_id=x", None, CREGO_AUTH)
    assert of_nobody.json["results"] == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"related_model": "loan"}, {"related_model": ["Must be one of lead, applicant, bank."]}),
        ({"document_type": None}, {"document_type": ["This field is required."]}),
        ({"content": b""}, {"file": ["The submitted file is empty."]}),
        ({"password": "sesame"}, {"password": ["Unknown field."]}),
        ({"related_model_id": "x"}, {"related_model_id": ["There is no such lead."]}),
    ],
)
def test_a_wrong_document_is_refused(sandbox, lead_id, change, problem):
    reply = hand_in(sandbox, form(**({"lead_id": lead_id} | change)))
    assert (reply.status, reply.json) == (400, problem)
    assert len(sandbox.accepted("crego_crm")) == 1


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json", 415), ("multipart/form-data", 415), ("multipart/form-data; boundary=other", 400)],
)
def test_what_is_no_form_is_refused(sandbox, lead_id, content_type, status):
    assert hand_in(sandbox, form(lead_id), content_type).status == status


def test_documents_are_listed_for_one_record_alone(sandbox):
    reply = sandbox.call("GET", DOCUMENTS, None, CREGO_AUTH)
    assert (reply.status, reply.json) == (400, {"related_model_id": ["This field is required."]})
