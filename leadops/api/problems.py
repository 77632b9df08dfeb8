"""Errors as every caller sees them: RFC 9457 problem details, from one closed list of types."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from leadops import request_ids
from leadops.errors import Away, DuplicateLead, DuplicateReference, Gone, Invalid, NotInThisState
from leadops.faults import trace_of
from leadops.validation import Finding

A = TypeVar("A", bound=HttpResponse)

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
AWAY_SECONDS = 30


class _Kind(NamedTuple):
    slug: str
    status: int
    title: str


class Type(Enum):
    """Every kind of problem there is; docs/api.md explains each."""

    MALFORMED = _Kind("malformed", 400, "The request can't be read")
    VALIDATION = _Kind("validation", 400, "Some values are not valid")
    UNAUTHENTICATED = _Kind("unauthenticated", 401, "A valid key is needed")
    FORBIDDEN = _Kind("forbidden", 403, "This key may not do that")
    WRONG_ADDRESS = _Kind("wrong-address", 403, "This key may not be used from here")
    NOT_FOUND = _Kind("not-found", 404, "There is no such thing here")
    METHOD_NOT_ALLOWED = _Kind("method-not-allowed", 405, "This address does not take that method")
    NOT_ACCEPTABLE = _Kind("not-acceptable", 406, "Answers are JSON only")
    CONFLICT = _Kind("conflict", 409, "A record with this reference exists already")
    DUPLICATE_LEAD = _Kind("duplicate-lead", 409, "The lender knows this borrower already")
    NOT_NOW = _Kind("not-now", 409, "That can't be done in its present state")
    STILL_RUNNING = _Kind(
        "still-running", 409, "The first call with this Idempotency-Key is not answered yet"
    )
    SHOWN_ONCE = _Kind("shown-once", 409, "This was done before, and its answer is shown once")
    TOO_LARGE = _Kind("too-large", 413, "The request is too large")
    UNSUPPORTED_MEDIA_TYPE = _Kind("unsupported-media-type", 415, "Bodies are JSON only")
    KEY_REUSED = _Kind("idempotency-key-reused", 422, "This Idempotency-Key was sent with another request")
    TOO_MANY_CALLS = _Kind("too-many-calls", 429, "Too many calls in this minute")
    INTERNAL = _Kind("internal", 500, "Something went wrong on our side")
    UNAVAILABLE = _Kind("unavailable", 503, "The service is away for a moment")

    @property
    def uri(self) -> str:
        return f"urn:leadops:problem:{self.value.slug}"

    @property
    def status(self) -> int:
        return self.value.status


class FieldError(NamedTuple):
    """One thing wrong with the body, at a path such as `applicants[0].addresses[0].pincode`."""

    field: str
    code: str
    message: str

    @classmethod
    def of(cls, finding: Finding) -> FieldError:
        """The same as a check of the content has found it."""
        return cls(finding.field, finding.code, finding.message)


@dataclass(slots=True)
class Problem(Exception):
    """An answer other than success. `members` stand beside the standard ones."""

    type: Type
    detail: str
    members: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        standard = {
            "type": self.type.uri,
            "title": self.type.value.title,
            "status": self.type.status,
            "detail": self.detail,
            "request_id": request_ids.current.get(),
        }
        return standard | self.members


def invalid(errors: Iterable[FieldError]) -> Problem:
    """The problem that lists every error of a body or a query."""
    listed = [error._asdict() for error in errors]
    count = "One value is" if len(listed) == 1 else f"{len(listed)} values are"
    return Problem(Type.VALIDATION, f"{count} not valid; see errors.", {"errors": listed})


def not_found() -> Problem:
    """One wording for an unknown id and for another partner's, so that nobody can tell them apart."""
    return Problem(Type.NOT_FOUND, "Nothing of yours has this address.")


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """Turn whatever a view raised into a problem; REST framework's EXCEPTION_HANDLER."""
    problem = problem_of(error)
    answer = Response(problem.body(), problem.type.status, headers=problem.headers, content_type=CONTENT_TYPE)
    return _told(answer, problem)


def problem_of(error: Exception) -> Problem:
    """What the caller is told of `error`; what is not expected is logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Invalid):
        return invalid(map(FieldError.of, error.findings))
    if isinstance(error, DuplicateReference):
        members = {"existing_id": error.existing_id} if error.existing_id else {}
        return Problem(Type.CONFLICT, error.message, members)
    if isinstance(error, DuplicateLead):
        return _known_borrower(error)
    if isinstance(error, NotInThisState):
        return Problem(Type.NOT_NOW, error.message)
    if isinstance(error, Http404 | exceptions.NotFound | Gone):
        return not_found()
    if isinstance(error, exceptions.APIException):
        return _problem_of_framework(error)
    if isinstance(error, RequestDataTooBig):  # a body past Django's own limit, which is the higher one
        return Problem(Type.TOO_LARGE, f"A body has at most {settings.API_MAX_BYTES} bytes.")
    if isinstance(error, UnreadablePostError | MultiPartParserError):  # the caller hung up, or it is no form
        return Problem(Type.MALFORMED, "The body did not arrive whole.")
    if isinstance(error, SuspiciousOperation):  # a form of more parts than any has
        return Problem(Type.MALFORMED, "The request has too many parts, or such as can't be read.")
    if isinstance(error, Away):
        return Problem(Type.UNAVAILABLE, error.message, headers={"Retry-After": str(AWAY_SECONDS)})
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable(error)
    _log_unexpected(error)
    return Problem(Type.INTERNAL, "We have logged it; please quote the request_id when you ask us about it.")


def _known_borrower(error: DuplicateLead) -> Problem:
    members: dict[str, Any] = {"errors": [FieldError.of(each)._asdict() for each in error.findings]}
    if error.existing_id:
        members["existing_id"] = error.existing_id
    return Problem(Type.DUPLICATE_LEAD, error.message, members)


_FRAMEWORK_TYPES: Sequence[tuple[type[exceptions.APIException], Type]] = (
    (exceptions.NotAuthenticated, Type.UNAUTHENTICATED),
    (exceptions.AuthenticationFailed, Type.UNAUTHENTICATED),
    (exceptions.PermissionDenied, Type.FORBIDDEN),
    (exceptions.MethodNotAllowed, Type.METHOD_NOT_ALLOWED),
    (exceptions.NotAcceptable, Type.NOT_ACCEPTABLE),
    (exceptions.UnsupportedMediaType, Type.UNSUPPORTED_MEDIA_TYPE),
    (exceptions.ParseError, Type.MALFORMED),
)


def _problem_of_framework(error: exceptions.APIException) -> Problem:
    """The framework's own errors; their words are about the request's form and hold nothing of its content."""
    for kind, type_ in _FRAMEWORK_TYPES:
        if isinstance(error, kind):
            header = getattr(error, "auth_header", None)
            return Problem(
                type_, _words(error, type_), headers={"WWW-Authenticate": header} if header else {}
            )
    _log_unexpected(error)
    return Problem(Type.INTERNAL, "We have logged it; please quote the request_id when you ask us about it.")


def _words(error: exceptions.APIException, type_: Type) -> str:
    if type_ is Type.UNSUPPORTED_MEDIA_TYPE:
        return "Send the body as JSON, with Content-Type: application/json."
    if type_ is Type.METHOD_NOT_ALLOWED:
        return "See /v1/docs/ for the methods of each address."
    return str(error.detail)


def _unavailable(error: Exception) -> Problem:
    log.error("database away: %s", type(error).__name__)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return Problem(Type.UNAVAILABLE, "Please send the same request again in a few seconds.", headers=headers)


def _log_unexpected(error: Exception) -> None:
    """Log where it happened. The message is left out, because a database's holds the row it is about."""
    log.error("unexpected %s", trace_of(error))


def page(problem: Problem) -> HttpResponse:
    """A problem outside of the framework's views."""
    answer = JsonResponse(
        problem.body(), status=problem.type.status, headers=problem.headers, content_type=CONTENT_TYPE
    )
    return _told(answer, problem)


def _told(answer: A, problem: Problem) -> A:
    answer.leadops_problem = problem  # type: ignore[attr-defined]
    return answer


def problem_in(answer: HttpResponse) -> Problem | None:
    """The problem that an answer tells, if it does."""
    return getattr(answer, "leadops_problem", None)


@csrf_exempt  # else a POST to nowhere is answered with a page about forms
def unknown_address(request: HttpRequest, **captured: str) -> HttpResponse:
    """What an address under /v1/ answers that leads nowhere."""
    if not request.path.endswith("/"):
        return page(Problem(Type.NOT_FOUND, "Every address of this API ends in a slash."))
    return page(not_found())
