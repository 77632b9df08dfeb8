"""Personal data and secrets that are planted at the start stand nowhere at the end, however they might be written.

Names, e-mail addresses and places are searched for in the back office, so the database has them as they are; all else
that tells a person apart is sealed there. In logs, mails, error pages, the broker and events stands nothing at all.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.core import mail
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from crm_integrations import delivery as engine
from crm_integrations import notices, outbox, subscriptions, tasks
from crm_integrations.models import Delivery, EventType, Exchange, Notice
from leadops import doorbell
from leadops.admin import dashboard
from leadops.models import Applicant, Authenticator, Export, Lead, Officer, Reveal
from leadops.services import documents, exports, import_batches
from leadops.services.document_events import By
from leadops.services.document_storing import Given
from tests import canaries, people
from tests.crm_integrations.in_hand import make_due
from tests.crm_integrations.receiver import Receiver, receiving
from tests.leadops import papers, phones
from tests.leadops.admin.page_forms import fields
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller
from tests.leadops.excel import workbooks

pytestmark = pytest.mark.django_db(transaction=True)

SEALED = {
    "PAN": "ZQXPK7391L",
    "GSTIN": "27ZQXPK7391L1Z1",
    "mobile": "9147382650",
    "account": "739182645019",
    "passport": "Z8203917",
    "PDF password": "qanary-opens-7391",
    "imported PAN": "ZQYPK7392M",
    "imported mobile": "9258493761",
    "typed PAN": "ZQZPK7393N",
    "refused PAN": "ZQXPK739150",
}
"""What no dump shows; the forms are right, the people invented."""
OF_PEOPLE = {"name": "Zuleikha Qanaryova", "e-mail": "zuleikha.q@canary.example", "place": "7391 Canary Lane"}
"""What the database holds as it is, and nothing else may; names may be exported."""
CODE_ON_PAPER = re.compile(r"\b(?:[a-z2-9]{4}-){3}[a-z2-9]{4}\b")
ADDRESSES = {name: OF_PEOPLE[name] for name in ("e-mail", "place")}


@pytest.fixture
def partner_system() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def applicant() -> dict[str, object]:
    passport = {"type": "passport", "series": "", "number": SEALED["passport"]}
    return bodies.person(
        name=OF_PEOPLE["name"],
        pan_no=SEALED["PAN"],
        gstin=SEALED["GSTIN"],
        primary_mobile=SEALED["mobile"],
        primary_email=OF_PEOPLE["e-mail"],
        identity_document=passport,
        addresses=[bodies.address(address_line=OF_PEOPLE["place"])],
        banks=[bodies.bank(account_no=SEALED["account"], account_holder_name=OF_PEOPLE["name"])],
    )


def bring_in_by_api(program, key: str) -> Lead:
    body = bodies.lead(program, primary_mobile=SEALED["mobile"], applicants=[applicant()])
    answer = Caller(key).post("/v1/crm/leads/", body, **{"Idempotency-Key": "canary-1"})
    assert answer.status_code == 200, answer.content
    return Lead.objects.get(pk=answer.json()["id"])


def bring_in_by_workbook(partner, program, folder: Path) -> None:
    rows = [
        ["R-1", SEALED["imported mobile"], OF_PEOPLE["name"], SEALED["imported PAN"], 50_000],
        ["R-2", "9147382652", OF_PEOPLE["name"], SEALED["refused PAN"], 50_000],
    ]
    path = workbooks.ours(folder / "in.xlsx", [workbooks.HEADER, *rows])
    with path.open("rb") as file:
        batch = import_batches.receive(File(file), "in.xlsx", partner=partner, program=program)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.created, batch.failed) == (1, 1)
    path.unlink()


def work_at_the_desk(desk: Client, lead: Lead, officer) -> None:
    """Change a masked number, search for it, see it unmasked, add a document."""
    page = reverse("admin:leadops_lead_change", args=[lead.pk])
    typed = fields(desk.get(page, {"edit": 1}).content.decode()) | {
        "applicants-0-pan_no": SEALED["typed PAN"]
    }
    assert desk.post(page, typed).status_code == 302
    searched = desk.post(reverse("admin:leadops_lead_search"), {"q": SEALED["mobile"]})
    assert canaries.found(SEALED, {"address": searched["Location"].encode()}) == []
    assert lead.reference in desk.get(searched["Location"]).content.decode()
    why = {"reason": "call", "words": "Calls about the statement"}
    ask = reverse("admin:leadops_reveal_ask", args=["lead", lead.pk, "primary_mobile"])
    assert SEALED["mobile"] in desk.post(ask, why).content.decode()
    locked = SimpleUploadedFile("statement.pdf", papers.pdf(1, SEALED["PDF password"]))
    documents.add(lead, Given("STATEMENT", [], locked, SEALED["PDF password"]), By(officer))


def sign_in_with_a_phone() -> dict[str, str]:
    """Enrol one, show a code of it, and one on paper in its place; the secrets of it."""
    ravi, client = people.officer("ravi"), Client()
    sign_in, enrol, code = (reverse(f"admin:{name}") for name in ("login", "sign_in_enrol", "sign_in_code"))
    password = {"username": ravi.username, "password": people.PASSWORD}
    client.post(sign_in, password)
    client.get(enrol)
    seed = Authenticator.objects.get(user=ravi).secret
    on_paper = CODE_ON_PAPER.findall(client.post(enrol, {"factor_code": phones.code(seed)}).content.decode())
    again = Client()
    again.post(sign_in, password)
    assert again.post(code, {"factor_code": on_paper[0]})["Location"] == reverse("admin:index")
    told = {f"recovery code {number}": each for number, each in enumerate(on_paper)}
    told |= {f"{name} as it is compared": each.replace("-", "") for name, each in told.items()}
    return told | {"TOTP seed": seed, "TOTP seed in hex": base64.b32decode(seed).hex()}


def deliver_with_faults(vendor_sandbox) -> None:
    """Each vendor fails in its own way, and then takes what it can."""
    for vendor, fault in [("ispcrm", "html"), ("broctagon", "500_after"), ("crego_crm", "cut_after")]:
        vendor_sandbox.fault(vendor, fault, times=1)
    vendor_sandbox.fault("brainysoft", "error_flag", times=1)
    engine.drain()
    make_due()
    tasks.sweep()
    engine.drain()
    assert Exchange.objects.count() > 4
    assert {"delivered"} < set(Delivery.objects.values_list("state", flat=True))


def raise_the_values(*_: object) -> None:
    raise ValueError(str(SEALED | OF_PEOPLE))


def break_a_constraint(*_: object) -> None:
    """The server quotes the row that it refuses, and has the address in the statement."""
    Applicant.objects.filter(primary_email=OF_PEOPLE["e-mail"]).update(name=None)


def repeat_a_key(*_: object) -> None:
    """The server quotes the key that there is."""
    officer = Officer.objects.create(username=OF_PEOPLE["name"])
    Officer.objects.create(username=officer.username)


def copy_too_long_a_cell(*_: object) -> None:
    """The server quotes the cell of a COPY."""
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy("COPY leadops_applicant (name) FROM STDIN") as rows,
    ):
        rows.write_row([f"{OF_PEOPLE['name']}, {OF_PEOPLE['place']}" * 10])


MISHAPS = (raise_the_values, break_a_constraint, repeat_a_key, copy_too_long_a_cell)
REFUSED = (b"violates not-null constraint", b"duplicate key value", b"value too long")
"""What our server's log tells of them."""


def break_down(desk: Client, monkeypatch) -> bytes:
    """What a page says when its code raises the very values, and when the database refuses and quotes them."""
    said = b""
    desk.raise_request_exception = False
    for broken in MISHAPS:
        with monkeypatch.context() as patch:
            patch.setattr(dashboard, "context", broken)
            answer = desk.get(reverse("admin:index"))
        assert answer.status_code == 500
        said += answer.content
    desk.raise_request_exception = True
    return said


def export_by_the_unprivileged() -> bytes:
    """The workbook of an officer who may not take personal data out as it is."""
    clerk = people.clerk("view_lead", "add_export", "view_export")
    start = reverse("admin:leadops_export_start")
    assert (
        clerk.post(f"{start}?filter=", {"filter": "", "whole": "on", "reason": people.REASON}).status_code
        == 302
    )
    export = Export.objects.get()
    exports.run(export.pk)
    export.refresh_from_db()
    answer = clerk.get(reverse("admin:leadops_export_download", args=[export.pk]))
    content = canaries.opened(b"".join(answer.streaming_content))
    assert b"xl/worksheets" in content
    return content


@pytest.fixture
def run(
    settings,
    tmp_path,
    monkeypatch,
    desk,
    officer,
    partner,
    program,
    key,
    connections,
    vendor_sandbox,
    partner_system,
):
    """The whole road with all that can go wrong on it; what was said on the way, and the secrets that were used."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.OPERATIONS_EMAIL = ["operations@lender.example"]
    settings.DELIVERY_RETRIES, settings.DELIVERY_LOOKUPS = (0,) * 3, (0,) * 5
    _, hook = subscriptions.create(partner, f"{partner_system.url}/hooks", list(EventType))
    secrets = {f"secret {number}": each for number, each in enumerate(_secrets(connections))}
    secrets |= {"webhook secret": hook, "API key": key, "password": people.PASSWORD}
    with canaries.logged() as log, canaries.logged_by_the_server() as server_log:
        secrets |= sign_in_with_a_phone()
        lead = bring_in_by_api(program, key)
        bring_in_by_workbook(partner, program, tmp_path)
        outbox.telling.tell(lambda: False)
        deliver_with_faults(vendor_sandbox)
        work_at_the_desk(desk, lead, officer)
        pages = break_down(desk, monkeypatch)
        notices.raise_notice(connections["ispcrm"], Notice.Kind.NEW_STATUS, "A word.", subject="word")
        notices.tell()
        workbook = export_by_the_unprivileged()
    assert partner_system.heard
    assert Reveal.objects.exists()
    said = {
        "log": log.getvalue().encode(),
        "log of the database": server_log.getvalue(),
        "error pages": pages,
        "mails": canaries.in_one(str(each.message()) for each in mail.outbox),
        "events": b"".join(each.body + repr(each.headers).encode() for each in partner_system.heard),
    }
    return said | dict(canaries.in_the_broker()), workbook, secrets


def _secrets(connections) -> set[str]:
    return {each for connection in connections.values() for each in connection.credentials if len(each) > 7}


def test_what_was_planted_is_nowhere_at_the_end(run):
    said, workbook, secrets = run
    assert b"Internal Server Error" in said["log"], "the log has what it is searched for in"
    for refusal in REFUSED if canaries.IS_OURS else ():
        assert refusal in said["log of the database"]
    assert canaries.found(SEALED | OF_PEOPLE | secrets, said) == []
    assert canaries.found(SEALED | secrets, dict(canaries.dumped())) == []
    assert canaries.found(SEALED | secrets | ADDRESSES, {"export": workbook}) == []


def test_the_search_finds_what_is_there(run):
    """The database does hold the people's names, and finds them; so an empty answer above says something."""
    _, workbook, _ = run
    held = canaries.found(OF_PEOPLE, dict(canaries.dumped()))
    assert "name in table leadops_applicant" in held
    assert "e-mail in table leadops_applicant" in held
    assert canaries.found(OF_PEOPLE, {"export": workbook}) == ["name in export"]


def test_the_search_finds_what_is_rung_with():
    """In whichever broker, and by whichever argument."""
    planted = {"argument": f"canary {uuid4()}", "name of one": f"canary {uuid4()}"}
    doorbell.ring("a.task", args=[planted["argument"]], kwargs={"why": planted["name of one"]})
    found = " ".join(canaries.found(planted, dict(canaries.in_the_broker())))
    assert [name for name in planted if f"{name} in broker's" not in found] == []


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("after", ["", "x"])
def test_the_search_finds_a_value_in_every_spelling(before, after):
    planted = {"PAN": SEALED["PAN"], "name": "Zoë Qanaryova"}
    for name, value in planted.items():
        whole = f"{before}{value}{after}".encode()
        spellings = {
            "plain": whole,
            "hex": whole.hex().encode(),
            "base64": base64.b64encode(whole),
            "address": b"/?q=" + canaries.quote(value).encode(),
        }
        assert canaries.found({name: value}, spellings) == [f"{name} in {each}" for each in spellings]


def test_the_audit_has_nothing_of_people_in_clear(desk, partner, program):
    """Whatever an officer changes, adds or takes away on the page of a lead."""
    [lead] = people.leads_of(partner, program)
    page = reverse("admin:leadops_lead_change", args=[lead.pk])
    told = {"remarks": OF_PEOPLE["name"], "loan_purpose": f"For {OF_PEOPLE['name']}"}
    told |= {f"applicants-0-{name}": OF_PEOPLE["name"] for name in ("name", "father_name", "employer_name")}
    told |= {"applicants-0-primary_email": OF_PEOPLE["e-mail"], "channel": "fair at the harbour"}
    told |= {"applicants-0-addresses-0-address_line": OF_PEOPLE["place"]}
    told |= {"applicants-0-banks-0-account_holder_name": OF_PEOPLE["name"]}
    for typed in (told, {"remarks": "", "applicants-0-addresses-0-DELETE": "on"}):
        form = fields(desk.get(page, {"edit": 1}).content.decode())
        assert desk.post(page, form | typed).status_code == 302
    audit = {name: held for name, held in canaries.dumped() if "audit" in name}
    assert canaries.found(OF_PEOPLE, audit) == []
    assert canaries.found({"channel": "fair at the harbour"}, audit) != []


@pytest.mark.parametrize(
    ("column", "tables"),
    [("remarks", ["leadops_lead"]), ("partner_ref_id", ["leadops_auditevent", "leadops_lead"])],
)
def test_the_search_finds_one_that_is_planted_in_a_column(partner, program, column, tables):
    [lead] = people.leads_of(partner, program)
    assert canaries.found(SEALED, dict(canaries.dumped())) == []
    Lead.objects.filter(pk=lead.pk).update(**{column: f"to {SEALED['PAN']}"})
    found = canaries.found(SEALED, dict(canaries.dumped()))
    assert found == [f"PAN in table {table}" for table in tables]


def test_the_search_finds_one_in_a_log_a_file_and_an_archive(tmp_path):
    with canaries.logged() as log:
        logging.getLogger("django.request").error("for %s", SEALED["PAN"])
    (tmp_path / "message").write_bytes(base64.b64encode(SEALED["mobile"].encode()))
    workbooks.ours(tmp_path / "out.xlsx", [[SEALED["account"]]])
    places = dict(canaries.files(tmp_path)) | {"log": log.getvalue().encode()}
    held = ["PAN in log", "account in file out.xlsx", "mobile in file message"]
    assert sorted(canaries.found(SEALED, places)) == held
