"""Broctagon CRM: leads (https://open-api-docs.broctagon.com/api/leads/create-lead.html)."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from ..fields import Table, filled, flatten, matching, text
from ..messages import Answer, Created, Refused, Request
from ..vendor import Numbers, Route, Vendor, reason_header, same

LEAD = Table(
    {
        "email": matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "Rule: email."),
        "phone": Table({"country_code": text, "number": text}),
        "name": filled,
        "gender": text,
        "owner_id": matching(r".{8}", "Rule: length 8."),
        "comment": text,
        "nationality": text,
    },
    required=("name",),
)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# INFERRED: the create-lead page has no error table; `error`, `code`, `type` are from the PSP page.
TYPES = {400: "invalid_request", 401: "unauthorized", 403: "access_denied", 404: "not_found"}


class Broctagon(Vendor):
    """Broctagon's CRM Open API."""

    slug = "broctagon"
    label = "Broctagon CRM"
    prefixes = ("/public/v1/",)
    credentials: ClassVar[Mapping[str, str]] = {"api_key": "sandbox-broctagon-key"}

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--broctagon-answer",
            choices=("empty", "id"),
            default="empty",
            help="body of the 201, which no page describes: {} or an object with the lead's id",
        )

    def routes(self) -> list[Route]:
        taken = [int(str(entry["id"]), 36) for entry in self.ledger.held(self.slug)]
        self._lead_numbers = Numbers(int("1000000a", 36), taken)
        return [Route("POST", r"/public/v1/leads/create", "lead", self.create_lead)]

    def create_lead(self, request: Request) -> Answer:
        self._authorise(request)
        body = self.json_object(request)
        problems = [f"{name}: {problem}" for name, problem in flatten(LEAD(body))]
        # "email or phone must fill one": a phone object without a number fills nothing (INFERRED).
        if not problems and not body.get("email") and not body.get("phone", {}).get("number"):
            problems = ["email or phone must fill one"]
        if problems:
            raise Refused(self.error(400, "; ".join(problems)))
        lead_id = _eight_characters(self._lead_numbers.next())
        answer = {"id": lead_id} if self.options.broctagon_answer == "id" else {}
        return Answer(201, answer, created=Created(lead_id))

    def error(self, status: int, reason: str) -> Answer:
        body = {"error": True, "code": status, "type": TYPES.get(status, "error")}
        return Answer(status, body, reason_header(reason))

    def name_of(self, body: dict[str, Any]) -> str:
        return str(body.get("name", ""))

    def _authorise(self, request: Request) -> None:
        # No 401 in Broctagon's list of statuses: a bad key or signature is "access denied" (INFERRED).
        key = self.secrets["api_key"]
        if not same(request.headers.get("key", ""), key):
            raise Refused(self.error(403, "The key header is missing or wrong."))
        given = request.headers.get("signature", "")
        # INFERRED: nothing says how the server tells V1 from V2; the prefix does.
        if given.startswith("sha256="):
            good = same(given, signature_v2(request.raw, key))
        else:
            good = isinstance(request.body, dict) and any(
                same(given, signature) for signature in signatures_v1(request.body, key)
            )
        if not good:
            raise Refused(self.error(403, "The signature header is missing or wrong."))


def signature_v2(raw: bytes, key: str) -> str:
    """HMAC-SHA256 over the bytes on the wire, as in authentication-v2.html."""
    return "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()


def signatures_v1(body: dict[str, Any], key: str) -> set[str]:
    """SHA-1 over the sorted pairs and the key, as in authentication.html.

    That page says both that empty values are left out and that they are part of the set, so a body
    with empty values has two good signatures.
    """
    filled_only = {name: value for name, value in body.items() if value not in ("", None)}
    return {_signature_v1(body, key), _signature_v1(filled_only, key)}


def _signature_v1(body: dict[str, Any], key: str) -> str:
    pairs = "&".join(f"{name}={_raw(body[name])}" for name in sorted(body))
    return hashlib.sha1((pairs + key).encode("utf-8", "replace")).hexdigest().upper()


def _raw(value: object) -> str:
    # The V1 page says nothing of nested values (`phone`): compact JSON is the sandbox's choice.
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _eight_characters(number: int) -> str:
    """Ids of this vendor are eight lower-case letters and digits, as in its samples (7du6r2mg)."""
    text_id = ""
    while number:
        number, digit = divmod(number, 36)
        text_id = DIGITS[digit] + text_id
    return text_id
