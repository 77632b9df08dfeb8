"""What every call of the partner API goes through besides its view: it is counted, and safe to send again."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException, PermissionDenied

from leadops.api.authentication import (
    ApiKeyAuthentication,
    ApiRequest,
    Caller,
    identified,
    scope_of,
    sees_pii,
)
from leadops.api.parsers import FORM, OTHER_PARTS
from leadops.api.problems import (
    Problem,
    Type,
    invalid,
    page,
    problem_in,
    problem_of,
)
from leadops.api.shapes import error
from leadops.faults import place_of
from leadops.models import KeptAnswer, Scope
from leadops.prepared import Along, is_outermost
from leadops.services import call_counts, kept_answers
from leadops.services.kept_answers import Call

log = logging.getLogger(__name__)

HEADER = "Idempotency-Key"
LONGEST = 255
SOON = "1"
"""Seconds after which a call is worth sending again that came while its first one was running."""
PIECE = 1024 * 1024
NOT_KEPT = "not kept"
"""In place of an answer that holds a secret: that it was given is kept, so that the call is not carried out again."""
SHOWN = (
    "The call was carried out, and its answer held a secret that is not kept. Ask for another one with another"
    " Idempotency-Key: a subscription's by rotate_secret, a borrower's token as before."
)


class Gate:
    """Counts the calls of keys and tells their limits; carries out a POST with an Idempotency-Key once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        call = getattr(request, "leadops_call", None)
        if call is not None:
            if call.counts:
                _, tightest = min(call.counts, key=lambda each: each[1].left)
                for name, value in tightest.headers.items():
                    response[name] = value
            if not getattr(request, "leadops_counted", False):
                # When the answer is sent: nobody waits for it then.
                cast(Any, response)._resource_closers.append(partial(_count, call.key.pk, response))
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if request.method != "POST" or HEADER not in request.headers or not _is_of_v1(view):
            return None
        caller = _entitled(request, view.cls)
        if caller is None:  # the view says why
            return None
        try:
            call = _call_of(request, caller)
            if call is None:
                return None
            request = cast(ApiRequest, request)
            request.leadops_along = _asked_along(view.cls, request)
            return _once(request, call, lambda: view(request, *args, **kwargs))
        except Exception as failure:
            return page(problem_of(failure))


def _is_of_v1(view: Any) -> bool:
    """Whether callers show a key there as under /v1/: the clients of other vendors know nothing of ours."""
    return ApiKeyAuthentication in getattr(getattr(view, "cls", None), "authentication_classes", ())


def _entitled(request: HttpRequest, view: Any) -> Caller | None:
    """The caller, if the view will let it in."""
    try:
        caller = identified(request)
    except (APIException, Problem, DatabaseError, InterfaceError):
        return None
    if caller is None:
        return None
    if caller.only_lead is not None and "POST" not in getattr(view, "for_borrowers", ()):
        return None
    return caller if scope_of(view, "POST") in caller.key.scopes else None


def _call_of(request: HttpRequest, caller: Caller) -> Call | None:
    """The call as it is kept; None for one that its view refuses as too large."""
    key = request.headers[HEADER]
    if not 1 <= len(key) <= LONGEST:
        raise invalid([error(HEADER, "invalid_idempotency_key")])
    is_form = request.content_type == FORM
    if is_form and int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_MAX_BYTES + OTHER_PARTS:
        return None
    try:
        body = b"" if is_form else request.body
    except RequestDataTooBig:
        return None
    sent = _form_parts(request) if is_form else [body]
    who = f"{caller.space.pk}{caller.only_lead or ''}"
    return Call.of(who, key, request.get_full_path().encode(), *sent, whole_pii=sees_pii(caller))


def _asked_along(view: Any, request: HttpRequest) -> Along | None:
    """What the view would ask next, by the look of the body."""
    asked_along: Callable[[bytes], Along | None] | None = getattr(view, "asked_along", None)
    return asked_along(request.body) if asked_along and request.content_type != FORM else None


def _form_parts(request: HttpRequest) -> list[bytes]:
    """What a form says, without the marks between its parts: they are others each time it is sent."""
    fields = [(name, *values) for name, values in sorted(request.POST.lists())]
    parts = [text.encode() for field in fields for text in field]
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest = hashlib.sha256()
            for piece in file.chunks(PIECE):
                digest.update(piece)
            file.seek(0)
            parts += [name.encode(), str(file.name).encode(), digest.digest()]
    return parts


def _once(request: ApiRequest, call: Call, carry_out: Callable[[], Any]) -> HttpResponse:
    """The first answer to `call` if there is one, else what `carry_out` answers, which is kept if it is a success."""
    with transaction.atomic():
        found = kept_answers.begin(call, request.leadops_along)
        if not found.alone:
            words = "The first call with this key is still being worked on; ask again in a moment."
            raise Problem(Type.STILL_RUNNING, words, headers={"Retry-After": SOON})
        if not found.same_request:
            raise Problem(
                Type.KEY_REUSED, "Send another request with another key, or this one as it was first sent."
            )
        if found.shows_more:
            words = "This was carried out. Its answer shows personal data whole, and this key lacks the scope"
            raise PermissionDenied(f"{words} {Scope.PII_READ}.")
        if found.answer is not None:
            return _again(found.answer)
        response: HttpResponse = carry_out()
        if hasattr(response, "render"):
            response.render()
        if 200 <= response.status_code < 300:
            _keep(request, call, response)
        elif response.status_code >= 500:
            transaction.set_rollback(True)
    return response


def _again(answer: KeptAnswer) -> HttpResponse:
    """The first answer; Problem for one that is shown once."""
    if answer.body == NOT_KEPT:
        raise Problem(Type.SHOWN_ONCE, SHOWN)
    replayed = HttpResponse(answer.body, "application/json", answer.status)
    replayed["Idempotent-Replayed"] = "true"
    return replayed


def _keep(request: ApiRequest, call: Call, response: HttpResponse) -> None:
    """Keep the answer; where the transaction is the call's own it ends with it, and the call is counted."""
    # Only the view has said so yet: every answer is marked so on its way out.
    shown_once = response.get("Cache-Control") == "no-store"
    answer = response.status_code, NOT_KEPT if shown_once else response.content.decode()
    if is_outermost():
        kept_answers.keep_and_end(call, *answer, request.leadops_call.key.pk)
        request.leadops_counted = True
    else:
        kept_answers.keep(call, *answer)


def _count(key_id: Any, response: HttpResponse) -> None:
    problem = problem_in(response)
    codes: Iterable[str] = (each["code"] for each in problem.members.get("errors", ())) if problem else ()
    try:
        call_counts.add(key_id, response.status_code, problem.type.value.slug if problem else "", codes)
    except (DatabaseError, InterfaceError) as failure:  # it was answered, and that stays so
        log.error("a call could not be counted: %s", place_of(failure))
