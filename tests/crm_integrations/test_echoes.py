"""A vendor that repeats what it was shown must not get our credentials stored, or logged."""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlencode

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database

from crm_integrations import delivery as engine
from crm_integrations.models import Connection, Delivery, Exchange, Route
from leadops import synthetic
from leadops.models import Lead
from leadops.services import leads

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = {
    "broctagon": {"api_key": 'apiCANARY01 &"<=/+'},
    "ispcrm": {"token": "tokCANARY02.with-plain_letters"},
    "crego_crm": {"token": "98CANARY03=="},
    "brainysoft": {"client_id": "idCANARY04", "client_secret": "secretCANARY05 \\+%'пароль"},
}
TOKEN = "fetchedCANARY06/+=="

WAYS: dict[str, Callable[[str], tuple[str, str]]] = {
    "json": lambda said: ("application/json", json.dumps({"message": f"You sent {said}", "said": [said]})),
    "key": lambda said: ("application/json", json.dumps({said: "is odd"})),
    "json in json": lambda said: ("application/json", json.dumps({"error": json.dumps({"n": f"{said}"})})),
    "cut json": lambda said: ("application/json", json.dumps({"message": said})[:-10]),
    "html": lambda said: ("text/html", f"<html><p>{html.escape(said)}</p></html>"),
    "form": lambda said: ("application/x-www-form-urlencoded", urlencode({"said": said})),
    "untyped form": lambda said: ("", urlencode({"said": said})),
    "url": lambda said: ("text/plain", f"See https://vendor.example/?said={quote(said)}"),
    "bare": lambda said: ("text/plain", said),
}


class Parrot(BaseHTTPRequestHandler):
    """Gives a token to whoever asks, and otherwise repeats head and body of the request in its answer."""

    server: ParrotServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        shown = "\n".join([*self.headers.values(), body])
        kind, text = WAYS[self.server.way](shown)
        if "/oauth/" in self.path:
            answer = {"access_token": TOKEN, "issued": f"{TOKEN} for {body}"}
            kind, text = "application/json", json.dumps(answer)
        raw = text.encode()
        self.send_response(200 if "/oauth/" in self.path else self.server.status)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Content-Type", kind)
        self.send_header("X-Request-Id", " ".join(shown.split("\n")).encode("ascii", "ignore").decode())
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass


class ParrotServer(ThreadingHTTPServer):
    way = "json"
    status = 400


@pytest.fixture
def parrot() -> Iterator[ParrotServer]:
    with ParrotServer(("127.0.0.1", 0), Parrot) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def lead(parrot, partner, program) -> Lead:
    """A lead that is on its way to all vendors, each of them a parrot."""
    for vendor, secrets in SECRETS.items():
        connection = Connection(vendor=vendor, name=vendor, base_url=f"http://127.0.0.1:{parrot.server_port}")
        connection.secrets = secrets
        connection.save()
        Route.objects.create(connection=connection)
    draft = synthetic.drafts(1)[0]
    return leads.receive(draft, partner=partner, program=program, intake=Lead.Intake.API)[0]


def all_that_is_stored() -> str:
    with database.cursor() as cursor:
        rows = []
        for table in database.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("way", "status"), [*((way, 400) for way in WAYS), *(("json", each) for each in (200, 201, 401, 500))]
)
def test_what_a_vendor_repeats_is_in_no_table_and_no_log(parrot, lead, caplog, way, status):
    parrot.way, parrot.status = way, status
    engine.drain()
    stored = all_that_is_stored()
    assert Exchange.objects.filter(purpose=Exchange.Purpose.CREATE, status=status).count() >= 4
    assert "[removed]" in stored
    for canary in ("CANARY", "пароль", quote("пароль")):
        assert canary not in stored
        assert canary not in caplog.text


def test_the_vendors_words_stay_readable(parrot, lead):
    engine.drain()
    reason = Delivery.objects.get(connection__vendor="broctagon").reason
    assert reason.startswith("HTTP 400: You sent ")
    assert "[removed]" in reason


def test_a_check_of_the_connections_tells_no_credential(parrot, lead, capsys):
    parrot.status = 403
    with pytest.raises(CommandError, match="brainysoft, crego_crm"):
        call_command("check_connections", "--json")
    said = capsys.readouterr().out
    assert "HTTP 403: You sent" in said
    assert "CANARY" not in said
