"""A caller of the sandbox, and one good body per vendor (synthetic people only)."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_integrations.sandbox.command import add_arguments
from tests import patience
from tests.vendor_pages import crego_lead

CREGO_AUTH = {"Authorization": "Bearer sandbox-crego-token"}
ISPCRM_AUTH = {"Authorization": "Bearer sandbox-ispcrm-token"}
BRAINYSOFT_AUTH = {"bsauth": "sandbox-brainysoft-token"}
BROCTAGON_KEY = "sandbox-broctagon-key"

CREGO_LEAD = crego_lead()
BRAINYSOFT_LEAD: dict[str, Any] = {"firstName": "Фридрих", "mobilePhone": "79886542301", "orderCode": "L-1"}
BROCTAGON_LEAD: dict[str, Any] = {
    "name": "Jane Tan",
    "email": "jane@example.com",
    "phone": {"country_code": "65", "number": "91234567"},
    "nationality": "sg",
    "owner_id": "7du6r2mg",
    "comment": "web form",
}
ISPCRM_LEAD: dict[str, Any] = {
    "name": "John Doe",
    "email": "johndoe@example.com",
    "phone": "1234567890",
    "address": "123 Main St, City",
    "remarks": "Interested in 100 Mbps plan",
}


@dataclass
class Reply:
    status: int
    raw: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Caller:
    """Calls one sandbox, each time on a connection of its own."""

    port: int

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        timeout: float = patience.SECONDS,
    ) -> Reply:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, raw, {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            return Reply(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})
        finally:
            connection.close()

    def crego_lead(self, **changes: Any) -> Reply:
        return self.call("POST", "/v1/crm/leads/", CREGO_LEAD | changes, CREGO_AUTH)

    def brainysoft_lead(self, **changes: Any) -> Reply:
        return self.call("POST", "/bs-core/main/leads", BRAINYSOFT_LEAD | changes, BRAINYSOFT_AUTH)

    def broctagon_lead(self, **changes: Any) -> Reply:
        raw = json.dumps(BROCTAGON_LEAD | changes).encode()
        return self.call("POST", "/public/v1/leads/create", raw, broctagon_auth(raw))

    def ispcrm_lead(self, **changes: Any) -> Reply:
        return self.call("POST", "/api/v1/subscriber/CreateLead", ISPCRM_LEAD | changes, ISPCRM_AUTH)

    def fault(self, **fault: Any) -> Reply:
        return self.call("POST", "/__sandbox__/faults", fault)

    def accepted(self, vendor: str) -> list[dict[str, Any]]:
        """What the vendor holds, by its ledger."""
        path = f"/__sandbox__/ledger?vendor={vendor}&accepted=1"
        entries: list[dict[str, Any]] = self.call("GET", path).json["entries"]
        return entries

    def bytes_of_lead(self, wait: float = patience.SECONDS) -> bytes:
        """Everything the sandbox sends for one ISPCRM lead until it ends the connection or goes quiet."""
        raw = json.dumps(ISPCRM_LEAD).encode()
        head = (
            "POST /api/v1/subscriber/CreateLead HTTP/1.1\r\nHost: sandbox\r\n"
            "Content-Type: application/json\r\n"
            f"Authorization: Bearer sandbox-ispcrm-token\r\nContent-Length: {len(raw)}\r\n\r\n"
        )
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            connection.sendall(head.encode() + raw)
            try:
                while piece := connection.recv(65536):
                    received += piece
            except TimeoutError:
                pass
        return received


def broctagon_auth(raw: bytes, key: str = BROCTAGON_KEY) -> dict[str, str]:
    signature = hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
    return {"key": key, "signature": f"sha256={signature}"}


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Every complete line of a ledger file, in order; a half-written last line is left out."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def options(*flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--port", "0", *flags])
