"""Brainysoft bs-core: a lead with passport, addresses and the ids of the tenant's directories.

Sources: https://docs.brainysoft.ru/documentation/page/453 (create) and the developers' pages on authentication. Which
HTTP status goes with which error is not published: an error never comes with a 2xx here, so that no client takes it for
a success.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework.response import Response

from crm_integrations.dialects.brainysoft import reading, sessions
from crm_integrations.dialects.brainysoft.tables import LEAD, LONG_NUMBERS
from crm_integrations.dialects.dialect import Dialect, Headers, Taken
from leadops.api.authentication import Caller, caller_of
from leadops.api.problems import Problem, Type
from leadops.models import Lead
from leadops.services.lead_numbers import number_of

MISSING = {"firstName": "NO_CLIENT_FIRST_NAME_ERROR", "mobilePhone": "NO_MOBILE_PHONE_ERROR"}
"""The two codes of a create that the vendor names; all others are ours, in its style."""


class Brainysoft(Dialect):
    """Brainysoft's create lead."""

    slug = "brainysoft"
    label = "Brainysoft"
    path = "bs-core/main/leads"
    prefix = "bs-core/"
    how = "Log in with it as the password, {code} as customer-key and userName; or send it as bsauth without that."
    table = LEAD
    long_numbers = LONG_NUMBERS
    statuses: ClassVar[Mapping[Type, int]] = {Type.CONFLICT: 400, Type.DUPLICATE_LEAD: 400}

    def credential(self, headers: Headers) -> str:
        return headers.get(sessions.HEADER, "").strip()

    def caller(self, request: HttpRequest, credential: str) -> Caller:
        # A key itself is what the vendor calls a service token: it is sent as bsauth without logging in.
        of = caller_of if credential.startswith("lo_") else sessions.caller_of_token
        return of(request, credential)

    def read(self, values: dict[str, Any], settings: Sequence[Mapping[str, Any]]) -> Taken:
        return reading.read_lead(values, settings)

    def accepted(self, lead: Lead) -> Response:
        return Response(envelope("ok", number_of(lead.pk)))

    def refused(self, problem: Problem) -> Response:
        errors = problem.members.get("errors", [])
        codes = [
            MISSING[each["field"]]
            for each in errors
            if each["code"] == "required" and each["field"] in MISSING
        ]
        code = next(iter(codes), problem.type.value.slug.replace("-", "_").upper() + "_ERROR")
        said = "; ".join(f"{each['field']}: {each['message']}" for each in errors)
        data = {"code": code, "message": said or problem.detail, "type": problem.type.uri, **problem.members}
        return Response(envelope("error", data), self.status(problem))


def envelope(status: str, data: Any) -> dict[str, Any]:
    """The shape of every answer; the core's clock is in milliseconds."""
    return {"status": status, "timestamp": int(time.time() * 1000), "data": data}
