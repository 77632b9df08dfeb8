"""A penny drop: our own interface, which docs/vendors/bank_verifier.md describes. Nobody's bank is asked.

What comes of it is in the account number's end: 00 is no account, 99 is somebody else's; any other is the holder's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import uuid4

from ..fields import Table, filled, flatten, matching, text
from ..ledger import Entry
from ..messages import Answer, Created, Refused, Request
from ..vendor import Route, Vendor, bearer_is

PATH = r"/penny-drop/v1/checks/"
ACCOUNT = Table(
    {
        "reference": filled,
        "account_no": matching(r"[0-9A-Za-z]{4,34}", "Not an account number."),
        "ifsc": matching(r"[A-Z]{4}0[A-Z0-9]{6}", "Not an IFSC."),
        "account_holder_name": text,
    },
    required=("reference", "account_no", "ifsc"),
)
NOBODY, SOMEBODY_ELSE, STRANGER = "00", "99", "MEENA IYER"
NAMELESS = "ACCOUNT HOLDER"


class BankVerifier(Vendor):
    """A service that asks banks for the names of accounts."""

    slug = "bank_verifier"
    label = "Bank verification"
    prefixes = ("/penny-drop/",)
    credentials: ClassVar[Mapping[str, str]] = {"token": "sandbox-bank-verifier-token"}
    reference_field = "reference"

    def routes(self) -> list[Route]:
        return [
            Route("POST", PATH, "bank", self.check_account),
            Route("GET", PATH, "find", self.list_checks),
        ]

    def check_account(self, request: Request) -> Answer:
        self._authorise(request)
        body = self.json_object(request)
        problems = list(flatten(ACCOUNT(body)))
        if problems:
            raise Refused(self.error(400, "; ".join(f"{name}: {problem}" for name, problem in problems)))
        check_id = str(uuid4())
        return Answer(201, _check(check_id, body), created=Created(check_id))

    def list_checks(self, request: Request) -> Answer:
        self._authorise(request)
        found = self.ledger.with_reference(self.slug, request.query.get("reference", ""))
        rows = [_stored(entry) for entry in found]
        return Answer(200, {"count": len(rows), "results": rows})

    def error(self, status: int, reason: str) -> Answer:
        return Answer(status, {"message": reason})

    def name_of(self, body: dict[str, Any]) -> str:
        return str(body.get("account_holder_name", ""))

    def _authorise(self, request: Request) -> None:
        if not bearer_is(request, self.secrets["token"]):
            raise Refused(self.error(401, "The Bearer token is missing or wrong."))


def _stored(entry: Entry) -> dict[str, Any]:
    return _check(str(entry["id"]), entry["body"])


def _check(check_id: str, body: dict[str, Any]) -> dict[str, Any]:
    check = {"id": check_id, "reference": body["reference"]}
    end = body["account_no"][-2:]
    if end == NOBODY:
        return {**check, "status": "not_found", "reason": "There is no such account."}
    holder = str(body.get("account_holder_name") or NAMELESS).upper()
    return {**check, "status": "found", "name_at_bank": STRANGER if end == SOMEBODY_ELSE else holder}
