"""The thin view behind every dialect: whose key, whose signature, which lead, and the answer as the vendor gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import Http404
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_integrations.dialects.dialect import Dialect, Taken, name_at
from crm_integrations.models import Connection
from leadops.api.authentication import NO_KEY, Caller, api_key, caller
from leadops.api.parsers import CappedRawParser, body_of, read_json
from leadops.api.problems import FieldError, Problem, Type, invalid, problem_of
from leadops.api.programs import active_program
from leadops.api.shapes import once, read
from leadops.errors import DuplicateLead, DuplicateReference, Invalid
from leadops.models import Lead, Partner, Program, Scope
from leadops.services import leads, resending
from leadops.validation import Finding, check_lead, errors_in, refuse_cards

LEAD_ID = "X-Lead-Id"
"""The header with the lead's id under /v1/, which no vendor's answer has a place for."""
NO_PROGRAM = "The program that leads of this key are filed under takes no new leads; ask the lender."


class KeyOfTheDialect(BaseAuthentication):
    """A key shown as the vendor's clients show theirs, and made for that vendor's dialect."""

    def authenticate(self, request: Request) -> tuple[Partner, Caller] | None:
        dialect = _dialect(request)
        credential = dialect.credential(request.headers)
        if not credential:
            return None
        found = dialect.caller(request._request, credential)
        if found.key.dialect != dialect.slug:
            raise AuthenticationFailed(NO_KEY)
        return found.space, found

    def authenticate_header(self, request: Request) -> str:
        return _dialect(request).challenge


class JsonWhateverIsAsked(DefaultContentNegotiation):
    """Vendors answer JSON, whatever a client says it accepts."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        json, *_ = renderers
        return json, json.media_type or ""


class DialectView(APIView):
    """What the views of dialects share; none of them is part of the schema under /v1/."""

    dialect = Dialect()
    schema = None
    content_negotiation_class = JsonWhateverIsAsked
    parser_classes = [CappedRawParser]

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response]:
        return self._refused

    def _refused(self, error: Exception, context: dict[str, Any]) -> Response:
        problem = problem_of(error)
        answer = self.dialect.refused(problem)
        for name, value in problem.headers.items():
            if name != "WWW-Authenticate" or answer.status_code == 401:
                answer.headers[name] = value
        return answer


class UnknownAddressView(DialectView):
    """What the vendor has and we don't serve."""

    authentication_classes = []
    permission_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404


class CreateLeadView(DialectView):
    """A lead in the vendor's words."""

    authentication_classes = [KeyOfTheDialect]
    scopes = {"POST": Scope.LEAD_WRITE}

    def post(self, request: Request) -> Response:
        raw = raw_body(request)
        self.dialect.verify(request.headers, raw)
        program = active_program(api_key(request).program_id)
        if program is None:
            raise Problem(Type.FORBIDDEN, NO_PROGRAM)
        taken = self._read(read_json(raw), program)
        with transaction.atomic():
            lead = _received(taken, caller(request), program)
            answer = self.dialect.accepted(lead)
        answer.headers[LEAD_ID] = str(lead.pk)
        return answer

    def _read(self, body: Any, program: Program) -> Taken:
        """The lead in `body`; Problem with every error of form and content, by the vendor's names."""
        cards = [*map(FieldError.of, refuse_cards(body, long_numbers=self.dialect.long_numbers))]
        values, errors = read(self.dialect.table, body)
        if not isinstance(values, dict):
            raise invalid(once(cards, errors))
        connections = Connection.objects.filter(vendor=self.dialect.slug, enabled=True)
        taken = self.dialect.read(values, list(connections.values_list("settings", flat=True)))
        if cards or errors or taken.errors:
            found = errors_in(check_lead(taken.draft, country=program.country))
            content = [*map(FieldError.of, _in_their_words(found, taken))]
            raise invalid(once(cards, errors, taken.errors, content))
        return taken


def raw_body(request: Request) -> bytes:
    """The request's bytes as they came, empty where there are none."""
    raw = body_of(request)
    return raw if isinstance(raw, bytes) else b""


def _dialect(request: Request) -> Dialect:
    dialect: Dialect = request.parser_context["view"].dialect
    return dialect


def _received(taken: Taken, partner: Partner, program: Program) -> Lead:
    """The lead that came of it; the same one again for the same request with a reference of the partner's own."""
    try:
        return leads.receive(taken.draft, partner=partner, program=program, intake=Lead.Intake.DIALECT).lead
    except DuplicateReference as taken_already:
        existing = taken_already.existing_id  # None where the partner has deleted it
        if existing is None or (kept := resending.same_again(existing, taken.draft)) is None:
            raise
        return kept
    except Invalid as refusal:
        raise Invalid(_in_their_words(refusal.findings, taken)) from None
    except DuplicateLead as refusal:
        found = _in_their_words(refusal.findings, taken)
        raise DuplicateLead(refusal.message, found, refusal.existing_id) from None


def _in_their_words(findings: Sequence[Finding], taken: Taken) -> list[Finding]:
    """The findings by the vendor's names of the fields, each once: we keep some values in two places."""
    named = [replace(each, field=name_at(each.field, taken.names)) for each in findings]
    return list(dict.fromkeys(named))
