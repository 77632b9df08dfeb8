"""The sandbox's own endpoints: the ledger, the faults, and the page for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import page
from .faults import from_json
from .messages import Answer, Request

if TYPE_CHECKING:
    from .server import SandboxServer

ENTRIES_AT_ONCE = 1000


def answer_to(server: SandboxServer, request: Request) -> Answer:
    """Answer a request that is not a vendor's."""
    match request.method, request.path:
        case "GET", "/":
            return Answer(200, page.render(server), page.HEADERS, "text/html; charset=utf-8")
        case "GET", "/__sandbox__/ledger":
            return _ledger(server, request)
        case "DELETE", "/__sandbox__/ledger":
            server.ledger.reset()
            for vendor in server.vendors:
                vendor.moved.clear()
            return Answer(200, {"summary": {}})
        case "GET", "/__sandbox__/faults":
            return _faults(server)
        case "POST", "/__sandbox__/faults":
            return _add_fault(server, request)
        case "DELETE", "/__sandbox__/faults":
            server.faults.clear()
            return _faults(server)
        case "POST", "/__sandbox__/moves":
            return _move(server, request)
    return Answer(404, {"error": "Neither a vendor's path nor one of the sandbox's own."})


def _ledger(server: SandboxServer, request: Request) -> Answer:
    """Summary and entries: `vendor`, `accepted=1`, `after` (an `n`), `limit`; `last` is the next `after`."""
    try:
        after = int(request.query.get("after", 0))
        limit = int(request.query.get("limit", ENTRIES_AT_ONCE))
    except ValueError:
        return Answer(400, {"error": "after and limit are whole numbers"})
    accepted = request.query.get("accepted") == "1"
    lines = server.ledger.lines(request.query.get("vendor"), accepted, max(after, 0), max(limit, 0))
    last = json.loads(lines[-1])["n"] if lines else after
    summary = json.dumps(server.ledger.summary()).encode()
    # The lines are JSON already; parsing them to write them again would be slow for a long ledger.
    return Answer(200, b'{"summary":%b,"last":%d,"entries":[%b]}' % (summary, last, b",".join(lines)))


def _faults(server: SandboxServer, status: int = 200) -> Answer:
    return Answer(status, {"faults": server.faults.shown(), "redirects_followed": server.visits_elsewhere})


def _add_fault(server: SandboxServer, request: Request) -> Answer:
    try:
        server.faults.add(from_json(request.body))
    except ValueError as error:
        return Answer(400, {"error": str(error)})
    return _faults(server, 201)


def _move(server: SandboxServer, request: Request) -> Answer:
    """Change fields of a held object: `{"vendor", "id", "fields": {"status": "dropped"}}`."""
    told = request.body if isinstance(request.body, dict) else {}
    vendor = next((each for each in server.vendors if each.slug == told.get("vendor")), None)
    fields = told.get("fields")
    if vendor is None or not isinstance(fields, dict) or not isinstance(told.get("id"), str | int):
        return Answer(400, {"error": "vendor, id and fields are needed"})
    if not vendor.move(told["id"], fields):
        return Answer(404, {"error": "The vendor holds no such object."})
    return Answer(200, {"moved": vendor.moved[told["id"]]})
