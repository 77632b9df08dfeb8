"""Broctagon CRM Open API: a name, a phone and a comment, signed with the key.

Sources: https://open-api-docs.broctagon.com/api/leads/create-lead.html, and authentication.html, authentication-v2.html
and introduction.html one level up. The pages give no body for the 201, and of an error the three members below.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.response import Response

from crm_integrations.dialects.dialect import Dialect, Filled, Headers, Taken, optional
from leadops.api.parsers import read_json
from leadops.api.problems import FieldError, Problem, Type
from leadops.api.shapes import Shape
from leadops.drafts import ApplicantDraft, LeadDraft
from leadops.models import Lead
from leadops.validation import LongNumber
from leadops.validation.words import country_code, gender

OWNER_ID_LENGTH = 8
PREFIX = "sha256="
UNSIGNED = "The signature is missing or wrong."
NAMES = {
    "primary_mobile": "phone",
    "remarks": "comment",
    "applicants[0].name": "name",
    "applicants[0].primary_email": "email",
    "applicants[0].primary_mobile": "phone",
    "extra.broctagon": "",
}


class PhoneTable(Shape):
    """The page's phone object."""

    draft = dict

    country_code = optional()
    number = optional()


class LeadTable(Shape):
    """The page's request body."""

    draft = dict

    email = optional()
    phone = PhoneTable(required=False, allow_null=True)
    name = Filled()
    gender = optional()
    owner_id = optional()
    comment = optional()
    nationality = optional()


class Broctagon(Dialect):
    """Broctagon's create lead."""

    slug = "broctagon"
    label = "Broctagon CRM"
    path = "public/v1/leads/create"
    prefix = "public/v1/"
    how = "It is both the value of the header key and the secret that the header signature is made with."
    table = LeadTable()
    long_numbers: ClassVar[Mapping[str, LongNumber]] = {"phone.number": LongNumber.PHONE}
    # The introduction lists 400, 403 and 404 for errors, and no 401: a bad key is "access denied".
    statuses: ClassVar[Mapping[Type, int]] = {
        Type.UNAUTHENTICATED: 403,
        Type.CONFLICT: 400,
        Type.DUPLICATE_LEAD: 400,
    }

    def credential(self, headers: Headers) -> str:
        return headers.get("key", "").strip()

    def verify(self, headers: Headers, raw: bytes) -> None:
        if not is_signed(raw, self.credential(headers), headers.get("signature", "").strip()):
            raise AuthenticationFailed(UNSIGNED)

    def read(self, values: dict[str, Any], settings: Sequence[Mapping[str, Any]]) -> Taken:
        number, errors = _number(values.get("phone") or {})
        person = ApplicantDraft(
            is_primary=True,
            name=values.get("name", ""),
            primary_email=values.get("email", ""),
            primary_mobile=number,
            gender=values.get("gender", ""),
            nationality=values.get("nationality", ""),
        )
        # The page has no list of words for these two: what we don't know goes on to the vendor as it came.
        extra = {"owner_id": values.get("owner_id", "")}
        for field, check in (("gender", gender), ("nationality", country_code)):
            if check(given := getattr(person, field)).is_refused:
                extra[field] = given
                setattr(person, field, "")
        told = {name: value for name, value in extra.items() if value}
        if told.get("owner_id") and len(told["owner_id"]) != OWNER_ID_LENGTH:
            errors.append(FieldError("owner_id", "invalid_owner_id", "An owner id has eight characters."))
        draft = LeadDraft(
            primary_mobile=number,
            remarks=values.get("comment", ""),
            extra={self.slug: told} if told else {},
            applicants=[person],
        )
        return Taken(draft, NAMES, errors)

    def accepted(self, lead: Lead) -> Response:
        return Response({"id": str(lead.pk)}, 201)

    def refused(self, problem: Problem) -> Response:
        status = self.status(problem)
        type_ = problem.type.value.slug.replace("-", "_")
        body = {"error": True, "code": status, "type": type_, "message": problem.detail, **problem.members}
        return Response(body, status)


def _number(phone: Mapping[str, str]) -> tuple[str, list[FieldError]]:
    """The whole number; the country code comes with or without a plus, since the page does not say."""
    code, number = phone.get("country_code", "").strip().removeprefix("+"), phone.get("number", "").strip()
    if not code or not number or number.startswith("+"):
        return number, []
    if not (code.isascii() and code.isdigit() and len(code) <= 4):
        words = "A country code is the digits that are dialled, such as 65."
        return number, [FieldError("phone.country_code", "invalid_country_code", words)]
    return f"+{code} {number}", []


def is_signed(raw: bytes, key: str, signature: str) -> bool:
    """Whether `signature` is that of version 2 or 1 for this body; the prefix tells which (INFERRED)."""
    if signature.startswith(PREFIX):
        return _same(signature, PREFIX + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest())
    body = read_json(raw) if signature else None
    return isinstance(body, dict) and any(_same(signature, each) for each in signatures_v1(body, key))


def signatures_v1(body: Mapping[str, Any], key: str) -> list[str]:
    """All that version 1 may come to: SHA-1 over the sorted pairs and the key, in upper-case hex.

    The page says both that empty values are left out and that they are part of it, and nothing of nested ones: its
    samples coerce them as their language does. Each reading is somebody's correct client.
    """
    bodies = [body, {name: value for name, value in body.items() if value not in ("", None)}]
    return [_signature_v1(each, key, nested) for each in bodies for nested in (_compact, _in_javascript, str)]


def _signature_v1(body: Mapping[str, Any], key: str, nested: Callable[[Any], str]) -> str:
    values = {name: value if isinstance(value, str) else nested(value) for name, value in body.items()}
    pairs = "&".join(f"{name}={values[name]}" for name in sorted(values))
    return hashlib.sha1((pairs + key).encode()).hexdigest().upper()


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _in_javascript(value: Any) -> str:
    return "[object Object]" if isinstance(value, dict) else _compact(value)


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
