"""Documents over REST: handed in, read, changed, deleted; and what a lead still needs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from jsonschema import Draft202012Validator

from leadops.document_files.settings import Address
from leadops.models import ApiKey, Document, DocumentEvent, DocumentType, Lead, LoanAccount
from leadops.services import documents
from leadops.services.document_events import By
from leadops.services.document_storing import Given
from tests import people
from tests.leadops import clamd, papers
from tests.leadops.api.callers import Caller

PATH = "/v1/crm/documents/"
UNKNOWN = "0198c0de-0000-7000-8000-00000000dead"
PDF = papers.pdf(2)


@pytest.fixture(autouse=True)
def store(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def lead(partner, program) -> Lead:
    return people.leads_of(partner, program)[0]


@pytest.fixture
def sent(api, lead) -> dict:
    """A document of the lead."""
    return papers.send(api, lead.pk, PDF, "pan card.pdf").json()


def problem(answer) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("urn:leadops:problem:")


def errors(answer) -> list[tuple[str, str]]:
    assert problem(answer) == (400, "validation")
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


def patch(api, document: dict, **parts) -> object:
    """A change as a form."""
    return api.patch(f"{PATH}{document['id']}/", encode_multipart(BOUNDARY, parts), MULTIPART_CONTENT)


def stored(store: Path) -> list[bytes]:
    return [path.read_bytes() for path in store.rglob("*") if path.is_file()]


def test_a_document_is_handed_in_and_read_back(api, lead, partner):
    answer = papers.send(api, lead.pk, PDF, "C:\\me\\pan card.exe", {"tags": ["kyc", "2026"]})
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert {name: told[name] for name in told if name not in ("id", "created_at", "updated_at", "file")} == {
        "lead_id": str(lead.pk),
        "related_model": "lead",
        "related_model_id": str(lead.pk),
        "document_type": "PAN",
        "file_name": "pan card.exe.pdf",
        "content_type": "application/pdf",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "pages": 2,
        "has_password": False,
        "tags": ["kyc", "2026"],
    }
    assert told["file"] == f"http://testserver{PATH}{told['id']}/download/"
    assert api.get(f"{PATH}{told['id']}/").json() == told
    assert api.get(PATH, related_model_id=str(lead.pk)).json()["results"] == [told]
    assert api.get(PATH, related_model_id=str(lead.pk), related_model="lead").json()["results"] == [told]
    event = DocumentEvent.objects.get()
    assert (event.deed, event.partner, event.ip_address) == ("added", partner, "127.0.0.1")
    assert event.key_prefix == ApiKey.objects.get().prefix


def test_applicants_and_bank_accounts_have_documents_of_their_own(api, lead):
    person = lead.applicants.first()
    for kind, owner in (("applicant", person), ("bank", person.banks.first())):
        assert papers.send(api, owner.pk, parts={"related_model": kind}).status_code == 201
        assert [
            each["related_model"] for each in api.get(PATH, related_model_id=str(owner.pk)).json()["results"]
        ] == [kind]
    assert problem(api.get(PATH, related_model_id=str(person.pk), related_model="lead")) == (404, "not-found")


def test_a_download_is_an_attachment_and_is_logged(api, sent):
    for accept in ("*/*", "application/pdf", "image/png"):
        answer = api.client.get(sent["file"], headers=api.headers | {"Accept": accept})
        assert b"".join(answer.streaming_content) == PDF
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == 'attachment; filename="pan card.pdf"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
    assert list(DocumentEvent.objects.order_by("id").values_list("deed", flat=True)) == [
        "added",
        *["downloaded"] * 3,
    ]


def test_a_photo_loses_its_place_on_the_way(api, lead, store):
    told = papers.send(api, lead.pk, papers.photo(), "me.pdf").json()
    assert (told["content_type"], told["file_name"], told["pages"]) == ("image/jpeg", "me.pdf.jpg", None)
    [kept] = stored(store)
    assert papers.PLACE.encode() not in kept
    assert (told["size"], told["sha256"]) == (len(kept), hashlib.sha256(kept).hexdigest())


def test_every_error_of_the_form_is_told_at_once(api, lead):
    parts = {
        "related_model": "loan",
        "related_model_id": "x",
        "document_type": "4111 1111 1111 1111",
        "tags": ["a" * 51],
        "colour": "blue",
    }
    assert set(errors(papers.send(api, "", b"GIF89a", parts=parts))) == {
        ("colour", "unknown_field"),
        ("related_model", "unknown_choice"),
        ("related_model_id", "invalid_id"),
        ("document_type", "card_data"),
        ("tags[0]", "too_long"),
        ("file", "file_kind"),
    }
    nothing = api.client.post(PATH, {}, headers=api.headers)
    assert set(errors(nothing)) == {
        ("related_model", "required"),
        ("related_model_id", "required"),
        ("document_type", "required"),
        ("file", "no_file"),
    }


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"related_model_id": UNKNOWN}, ("related_model_id", "unknown_owner")),
        ({"related_model": "bank"}, ("related_model_id", "unknown_owner")),
        ({"document_type": "  "}, ("document_type", "required")),
        ({"file": "text"}, ("file", "no_file")),
        ({"password": "x" * 201}, ("password", "too_long")),
        ({"password": "1234"}, ("password", "password_unneeded")),
        ({"tags": ["t"] * 21}, ("tags", "too_many")),
        ({"document_type": "a" * 51}, ("document_type", "too_long")),
    ],
)
def test_what_is_wrong_with_one_part_is_told_at_it(api, lead, parts, expected, store):
    assert errors(papers.send(api, lead.pk, parts=parts)) == [expected]
    assert stored(store) == []


def test_a_file_of_another_kind_or_size_is_refused(api, lead, settings, store):
    assert errors(papers.send(api, lead.pk, b"<html>")) == [("file", "file_kind")]
    assert errors(papers.send(api, lead.pk, PDF[:90])) == [("file", "file_damaged")]
    assert errors(papers.send(api, lead.pk, papers.bomb())) == [("file", "too_many_pixels")]
    settings.DOCUMENT_MAX_BYTES = 1000
    assert errors(papers.send(api, lead.pk, b"%PDF-" + bytes(1000))) == [("file", "file_too_large")]
    assert problem(papers.send(api, lead.pk, bytes(2 * 1024 * 1024))) == (413, "too-large")
    assert stored(store) == []


def test_unprintable_characters_are_left_out_of_words(api, lead):
    told = papers.send(api, lead.pk, parts={"document_type": "PA\x00N ", "tags": ["a\u202eb"]}).json()
    assert (told["document_type"], told["tags"]) == ("PAN", ["ab"])


def test_a_body_that_is_no_form_is_told_so(api, lead):
    assert problem(api.post(PATH, {"related_model": "lead"})) == (415, "unsupported-media-type")
    broken = api.post(PATH, b"--x\r\nnothing", "multipart/form-data; boundary=y")
    assert broken.status_code == 400
    many = {f"file{at}": SimpleUploadedFile("a.pdf", b"1") for at in range(101)}
    assert problem(api.client.post(PATH, many, headers=api.headers)) == (400, "malformed")


def test_a_password_is_kept_sealed_and_never_told(api, lead, caplog):
    locked = papers.pdf(password="open sesame")
    assert errors(papers.send(api, lead.pk, locked)) == [("password", "password_missing")]
    wrong = papers.send(api, lead.pk, locked, parts={"password": "wrong one"})
    assert errors(wrong) == [("password", "password_wrong")]
    told = papers.send(api, lead.pk, locked, parts={"password": "open sesame"})
    assert told.json()["has_password"] is True
    assert Document.objects.get().password == "open sesame"
    assert b"sesame" not in told.content + wrong.content + caplog.text.encode()


def test_type_and_tags_are_changed_as_json(api, sent, store):
    answer = api.patch(f"{PATH}{sent['id']}/", {"document_type": "GST", "tags": ["new"]})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["document_type"], told["tags"], told["sha256"]) == ("GST", ["new"], sent["sha256"])
    assert api.patch(f"{PATH}{sent['id']}/", {}).json()["tags"] == ["new"]
    assert errors(
        api.patch(f"{PATH}{sent['id']}/", {"tags": "x", "document_type": 1, "file": "y", "id": "z"})
    ) == [
        ("id", "unknown_field"),
        ("document_type", "not_a_text"),
        ("tags", "not_a_list"),
        ("file", "no_file"),
    ]
    assert errors(api.patch(f"{PATH}{sent['id']}/", [])) == [("", "not_an_object")]
    assert errors(api.patch(f"{PATH}{sent['id']}/", {"password": "x"})) == [("file", "no_file")]
    assert stored(store) == [PDF]


def test_a_new_file_takes_the_place_of_the_old_one(api, sent, store, django_capture_on_commit_callbacks):
    another = papers.pdf(3)
    with django_capture_on_commit_callbacks(execute=True):
        told = patch(api, sent, file=SimpleUploadedFile("new.pdf", another)).json()
    assert (told["id"], told["file_name"], told["pages"], told["document_type"]) == (
        sent["id"],
        "new.pdf",
        3,
        "PAN",
    )
    assert stored(store) == [another]
    with django_capture_on_commit_callbacks(execute=True):
        assert errors(patch(api, sent, file=SimpleUploadedFile("bad.pdf", b"%PDF-"))) == [
            ("file", "file_damaged")
        ]
    assert stored(store) == [another]
    assert list(DocumentEvent.objects.order_by("id").values_list("deed", flat=True)) == ["added", "changed"]


def test_a_deleted_document_is_gone_with_its_file_and_the_log_keeps_it(
    api, sent, lead, store, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = api.delete(f"{PATH}{sent['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert stored(store) == []
    assert problem(api.delete(f"{PATH}{sent['id']}/")) == (404, "not-found")
    assert problem(api.get(sent["file"])) == (404, "not-found")
    last = lead.document_events.first()
    assert (last.deed, last.document) == ("deleted", "PAN: pan card.pdf")


@pytest.mark.parametrize("decided", ["approved", "declined", "dropped", "account"])
def test_documents_of_a_decided_lead_stay_as_they_are(api, sent, lead, program, decided, store):
    if decided == "account":
        LoanAccount.objects.create(lead=lead, program=program, ref_id="A1")
    else:
        Lead.objects.filter(pk=lead.pk).update(status=decided)
    path = f"{PATH}{sent['id']}/"
    assert problem(api.patch(path, {"tags": ["x"]})) == (409, "not-now")
    assert problem(api.delete(path)) == (409, "not-now")
    assert problem(patch(api, sent, file=SimpleUploadedFile("new.pdf", papers.pdf()))) == (409, "not-now")
    assert stored(store) == [PDF]
    assert papers.send(api, lead.pk).status_code == 201  # an agreement comes later


def test_a_partner_sees_nothing_of_what_officers_add(api, lead, officer):
    given = Given("BUREAU_REPORT", None, SimpleUploadedFile("report.pdf", PDF))
    document = documents.add(lead, given, By(officer))
    assert api.get(PATH, related_model_id=str(lead.pk)).json()["results"] == []
    for path in (f"{PATH}{document.pk}/", f"{PATH}{document.pk}/download/"):
        assert problem(api.get(path)) == (404, "not-found")
    assert problem(api.delete(f"{PATH}{document.pk}/")) == (404, "not-found")


def test_the_list_wants_to_know_what_about(api, lead):
    assert errors(api.get(PATH)) == [("related_model_id", "invalid_filter")]
    assert errors(api.get(PATH, related_model_id="x")) == [("related_model_id", "invalid_filter")]
    assert problem(api.get(PATH, related_model_id=UNKNOWN)) == (404, "not-found")


def test_the_list_costs_the_same_with_many_documents(api, lead, django_assert_max_num_queries):
    for _ in range(3):
        papers.send(api, lead.pk)
    api.get(PATH, related_model_id=str(lead.pk))
    with django_assert_max_num_queries(5):
        page = api.get(PATH, related_model_id=str(lead.pk), cursor="", page_size=2).json()
    rest = api.get(PATH, related_model_id=str(lead.pk), cursor=page["next_cursor"]).json()
    assert len({each["id"] for each in page["results"] + rest["results"]}) == 3


def test_a_scope_of_its_own_writes_documents(partner, lead):
    reader = Caller(ApiKey.issue(partner, scopes=["lead:read"])[1])
    assert problem(papers.send(reader, lead.pk)) == (403, "forbidden")


# The scanner and the store --------------------------------------------------------------------------------------


def test_while_the_scanner_is_away_the_partner_is_told_to_come_back(api, lead, settings, tmp_path, store):
    settings.CLAMD = Address(path=str(tmp_path / "nobody.ctl"))
    answer = papers.send(api, lead.pk)
    assert problem(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "30"
    assert not Document.objects.exists()
    assert stored(store) == []


def test_a_virus_is_not_kept(api, lead, settings, store):
    with clamd.running() as (_, address):
        settings.CLAMD = address
        assert errors(papers.send(api, lead.pk, PDF + clamd.EICAR)) == [("file", "infected")]
        assert stored(store) == []
        assert papers.send(api, lead.pk).status_code == 201
    assert Document.objects.get().scanned_at


def test_while_the_store_is_away_nothing_is_recorded(api, lead, settings, tmp_path):
    (tmp_path / "no folder").write_text("a file where the folder should be")
    settings.MEDIA_ROOT = tmp_path / "no folder"
    answer = papers.send(api, lead.pk)
    assert problem(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "30"
    assert not Document.objects.exists()


def test_a_file_that_is_gone_from_the_store_is_told_and_not_logged_as_read(api, sent, store):
    for path in [each for each in store.rglob("*") if each.is_file()]:
        path.unlink()
    assert problem(api.get(sent["file"])) == (503, "unavailable")
    assert not DocumentEvent.objects.filter(deed="downloaded").exists()


# The checklist --------------------------------------------------------------------------------------------------


@pytest.fixture
def wanted(program) -> None:
    for code, about, kind, required in (
        ("PAN", "applicant", "", True),
        ("GST", "applicant", "business", True),
        ("CHEQUE", "bank", "", False),
        ("AGREEMENT", "lead", "", True),
    ):
        DocumentType.objects.create(
            program=program, code=code, name=code.title(), about=about, applicant_type=kind, required=required
        )


def test_the_checklist_tells_what_is_there_and_what_is_missing(api, lead, wanted, officer):
    person = lead.applicants.get()
    person.applicant_type = "person"
    person.save()
    path = f"/v1/crm/leads/{lead.pk}/checklist/"
    told = api.get(path).json()
    bank = person.banks.get()
    assert [
        (each["document_type"], each["related_model_id"], each["required"]) for each in told["items"]
    ] == [
        ("PAN", str(person.pk), True),
        ("CHEQUE", str(bank.pk), False),
        ("AGREEMENT", str(lead.pk), True),
    ]
    assert (told["complete"], told["missing"]) == (False, 2)
    sent = papers.send(api, person.pk, parts={"related_model": "applicant", "document_type": "pan"}).json()
    assert sent["document_type"] == "PAN"
    documents.add(lead, Given("AGREEMENT", None, SimpleUploadedFile("a.pdf", PDF)), By(officer))
    told = api.get(path).json()
    assert (told["complete"], told["missing"]) == (True, 0)
    assert [(each["is_there"], each["document_ids"]) for each in told["items"]] == [
        (True, [sent["id"]]),
        (False, []),
        (True, []),
    ]


def test_a_business_is_asked_for_its_own_documents(api, lead, wanted):
    lead.applicants.update(applicant_type="business")
    told = api.get(f"/v1/crm/leads/{lead.pk}/checklist/").json()
    assert [each["document_type"] for each in told["items"]] == ["PAN", "GST", "CHEQUE", "AGREEMENT"]


def test_a_type_the_program_does_not_take_is_refused(api, lead, wanted):
    answer = papers.send(api, lead.pk, parts={"document_type": "PAN"})
    assert errors(answer) == [("document_type", "unknown_document_type")]
    assert "AGREEMENT" in answer.json()["errors"][0]["message"]


def test_a_program_without_a_list_wants_nothing(api, lead):
    told = api.get(f"/v1/crm/leads/{lead.pk}/checklist/").json()
    assert told == {"lead_id": str(lead.pk), "complete": True, "missing": 0, "items": []}


def test_answers_fit_the_frozen_schema(api, lead, wanted):
    frozen = yaml.safe_load(
        Path(django_settings.BASE_DIR, "docs", "openapi.yaml").read_text(encoding="utf-8")
    )
    person = lead.applicants.get()
    told = papers.send(api, person.pk, parts={"related_model": "applicant"}).json()
    answers = {
        "Document": told,
        "PaginatedDocumentList": api.get(PATH, related_model_id=str(person.pk)).json(),
        "Checklist": api.get(f"/v1/crm/leads/{lead.pk}/checklist/").json(),
    }
    for name, value in answers.items():
        whole = {"$ref": f"#/components/schemas/{name}", "components": frozen["components"]}
        assert list(Draft202012Validator(whole).iter_errors(value)) == [], name
    assert set(told) == set(frozen["components"]["schemas"]["Document"]["properties"])
