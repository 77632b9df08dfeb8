"""Brainysoft bs-core: leads (https://docs.brainysoft.ru/documentation/page/453)."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from ..brainysoft_fields import CARD_FIELDS, LEAD, SEARCH
from ..fields import flatten
from ..ledger import Entry
from ..messages import Answer, Created, Refused, Request
from ..vendor import Numbers, Route, Vendor, reason_header, same

# INFERRED: only the codes of the two missing fields are known, the others are ours in the vendor's style.
CODES = {
    400: "BAD_REQUEST",
    401: "AUTHENTICATION_ERROR",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    429: "TOO_MANY_REQUESTS",
}
MOSCOW = timedelta(hours=3)  # INFERRED: whose clock a searched moment is read by
SESSION = {
    "userId": 123,
    "branchId": 101301,
    "subdivisionId": 101791,
    "legalEntityId": 102071,
    "accessRightId": 102036,
}


class Brainysoft(Vendor):
    """A Brainysoft core with its authorisation service on the same host."""

    slug = "brainysoft"
    label = "Brainysoft"
    prefixes = ("/bs-core/", "/oauth/")
    credentials: ClassVar[Mapping[str, str]] = {
        "client_id": "sandbox-brainysoft-client",
        "client_secret": "sandbox-brainysoft-secret",
        "customer_key": "sandbox-customer",
        "user_name": "sandbox-user",
        "password": "sandbox-brainysoft-password",
        "token": "sandbox-brainysoft-token",
    }
    reference_field = "orderCode"
    never_kept = CARD_FIELDS

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--token-life",
            type=float,
            default=1800.0,
            metavar="SECONDS",
            help="how long a token of Brainysoft lasts (default 1800; a third party's observation)",
        )

    def routes(self) -> list[Route]:
        self._tokens: dict[str, float] = {}
        # 3692 is the lead id of the vendor's own example.
        taken = [int(entry["id"] or 0) for entry in self.ledger.held(self.slug)]
        self._lead_ids = Numbers(3692, taken)
        return [
            Route("POST", r"/oauth/token", "token", self.issue_token),
            Route("POST", r"/bs-core/main/login", "token", self.login),
            Route("GET", r"/bs-core/utils/session/whoami", "health", self.whoami),
            Route("POST", r"/bs-core/main/leads", "lead", self.create_lead),
            Route("POST", r"/bs-core/main/leads/partial-load", "find", self.find_leads),
            Route("GET", r"/bs-core/main/leads/(\d+)", "read", self.get_lead),
            Route("GET", r"/bs-core/main/loan-apps/(\d+)", "read", self.get_application),
        ]

    def issue_token(self, request: Request) -> Answer:
        """OAuth2 client credentials, as a form body or as a query string."""
        given = {**request.query, **dict(parse_qsl(request.raw.decode("utf-8", "replace")))}
        if given.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type"})
        names = ("client_id", "client_secret")
        if not all(same(given.get(name, ""), self.secrets[name]) for name in names):
            return Answer(401, {"error": "invalid_client"})
        # INFERRED: only `access_token` is documented; the rest is OAuth2's standard shape.
        life = int(self.options.token_life)
        return Answer(200, {"access_token": self._new_token(), "token_type": "bearer", "expires_in": life})

    def login(self, request: Request) -> Answer:
        """User login: the token comes in the response header, not in the body."""
        body = self.json_object(request)
        good = (
            same(request.headers.get("customer-key", ""), self.secrets["customer_key"])
            and same(str(body.get("userName", "")), self.secrets["user_name"])
            and same(str(body.get("password", "")), self.secrets["password"])
        )
        if not good:
            raise Refused(self.error(401, "customer-key, userName or password is wrong."))
        return Answer(200, _envelope(SESSION["userId"]), {"bsauth": self._new_token()})

    def whoami(self, request: Request) -> Answer:
        self._authorise(request)
        return Answer(200, _envelope({**SESSION, "customerKey": self.secrets["customer_key"]}))

    def create_lead(self, request: Request) -> Answer:
        self._authorise(request)
        body = self.json_object(request)
        self._check(body)
        lead_id = self._lead_ids.next()
        return Answer(200, _envelope(lead_id), created=Created(lead_id))

    def get_lead(self, request: Request) -> Answer:
        self._authorise(request)
        entry = self.ledger.get(self.slug, int(request.argument))
        return self.error(404, "Not found.") if entry is None else Answer(200, _envelope(self._lead(entry)))

    def get_application(self, request: Request) -> Answer:
        """The application that a lead became, where the lead was moved to have one."""
        self._authorise(request)
        for fields in list(self.moved.values()):
            if str(fields.get("loanApplicationId")) == request.argument:
                status = fields.get("currentStatusId", 101541)
                return Answer(200, _envelope({"id": int(request.argument), "currentStatusId": status}))
        return self.error(404, "Not found.")

    def find_leads(self, request: Request) -> Answer:
        """Search by equal values and by the moment of creation, sorted by id: all that the sandbox has of it."""
        self._authorise(request)
        body = self.json_object(request)
        self._refuse(SEARCH(body))
        items = [(item["field"], item["value"]) for item in body.get("searchFields", [])]
        made = [value for field, value in items if field == "creationDate"]
        wanted = {field: value for field, value in items if field != "creationDate"}
        if any(value[:1] in ("<", ">", "=", "%") for value in wanted.values()) or body.get("orderByFields"):
            raise Refused(self.error(400, "The sandbox compares moments of creation only, and sorts by id."))
        order_code = wanted.get("orderCode")
        entries = (
            self.ledger.held(self.slug)
            if order_code is None
            else self.ledger.with_reference(self.slug, order_code)
        )
        leads = [lead for lead in map(self._lead, entries) if _has(lead, wanted)]
        for value in made:
            leads = [lead for lead in leads if self._fits(lead["creationDate"], value)]
        if body.get("orderDirection") == "DESC":
            leads.reverse()
        rows = leads[body.get("countFrom", 0) : body.get("countTo")]
        # Absent strings come back as "", not as null, in the vendor's samples.
        return Answer(200, _envelope([{name: row.get(name, "") for name in body["fields"]} for row in rows]))

    def error(self, status: int, reason: str) -> Answer:
        return self._coded(status, CODES.get(status, "INTERNAL_ERROR"), reason)

    def flagged_error(self, reason: str) -> Answer:
        return self._coded(200, "INTERNAL_ERROR", reason)

    def name_of(self, body: dict[str, Any]) -> str:
        parts = [body.get(field, "") for field in ("lastName", "firstName", "patronymic")]
        return " ".join(part for part in parts if part) or str(body.get("title", ""))

    def _lead(self, entry: Entry) -> dict[str, Any]:
        moved = self.moved.get(entry["id"] or 0, {})
        return {**_lead(entry), **{name: each for name, each in moved.items() if name != "currentStatusId"}}

    def _fits(self, made: int, value: str) -> bool:
        """Page 735 writes the comparison before the moment: `>=2017-09-11 00:00:00`."""
        try:
            moment = datetime.strptime(value[2:], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - MOSCOW
        except ValueError:
            raise Refused(self.error(400, "A moment is written >=2017-09-11 00:00:00.")) from None
        seconds = made // 1000
        if value[:2] == ">=":
            return seconds >= moment.timestamp()
        if value[:2] == "<=":
            return seconds <= moment.timestamp()
        raise Refused(self.error(400, "The sandbox compares moments by >= and <= only."))

    def _check(self, body: dict[str, Any]) -> None:
        cards = sorted(CARD_FIELDS & body.keys())
        if cards:
            # The vendor takes them from PCI DSS certified senders only; we must never be one that does.
            raise Refused(self._coded(400, "CARD_DATA_REFUSED", f"Never send {', '.join(cards)}."))
        # A business error comes as HTTP 200 with status "error", so that a client that looks at the
        # HTTP status alone is caught. INFERRED: which errors do is not documented, both kinds exist.
        for field, code in (
            ("firstName", "NO_CLIENT_FIRST_NAME_ERROR"),
            ("mobilePhone", "NO_MOBILE_PHONE_ERROR"),
        ):
            if not body.get(field):
                raise Refused(self._coded(200, code, f"{field} is required"))
        self._refuse(LEAD(body))

    def _refuse(self, problems: object) -> None:
        said = [f"{name}: {problem}" for name, problem in flatten(problems)]
        if said:
            raise Refused(self.error(400, "; ".join(said)))

    def _authorise(self, request: Request) -> None:
        token = request.headers.get("bsauth", "")
        good_until = self._tokens.get(token, 0.0)
        if time.monotonic() >= good_until and not same(token, self.secrets["token"]):
            # INFERRED: the vendor says "an error code", not which HTTP status.
            raise Refused(self.error(401, "The bsauth token is missing, wrong or expired."))

    def _new_token(self) -> str:
        token = secrets.token_hex(16)
        self._tokens[token] = time.monotonic() + self.options.token_life
        return token

    def _coded(self, status: int, code: str, message: str) -> Answer:
        data = {"code": code, "message": message, "type": "BUSINESS" if status < 400 else "SYSTEM"}
        return Answer(status, {**_envelope(data), "status": "error"}, reason_header(message))


def _envelope(data: object) -> dict[str, Any]:
    return {"status": "ok", "timestamp": int(time.time() * 1000), "data": data}


def _lead(entry: Entry) -> dict[str, Any]:
    """The lead as read: what was written, and what the core adds."""
    return {
        **entry["body"],
        "id": entry["id"],
        "creationDate": int(entry["at"] * 1000),
        "currentStatus": "WAITING",
        "currentBusinessStatus": "",
        "clientId": None,
        "loanApplicationId": None,
        "contractId": None,
        "denialReasonId": None,
        "scoringTask": None,
    }


def _has(lead: dict[str, Any], wanted: dict[str, str]) -> bool:
    return all(str(lead.get(name, "")) == value for name, value in wanted.items())
