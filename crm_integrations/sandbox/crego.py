"""What Crego's CRM and LOS have in common: Bearer auth, error bodies, the list envelope.

Crego shows no error body on any page; the stack is Django, so the shapes of Django REST framework
are served (INFERRED). The list envelope is the one of `GET /v1/lms/settlements/` on
https://api-docs.crego.io, assumed for CRM and LOS.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from .fields import Table
from .ledger import Entry
from .messages import Answer, Refused, Request
from .vendor import Vendor, bearer_is

CREGO_CREDENTIALS = {"token": "sandbox-crego-token"}
PAGE_SIZE = 15
LARGEST_PAGE = 100
DAYS = ("created_at_after", "created_at_before")
IST = timedelta(hours=5, minutes=30)  # INFERRED: whose midnight Crego counts from; both days are within


class CregoService(Vendor):
    """One of Crego's services."""

    credentials = CREGO_CREDENTIALS

    def error(self, status: int, reason: str) -> Answer:
        body = {"detail": reason}
        if status == 401:
            body["code"] = "token_not_valid"
        return Answer(status, body)

    def authorise(self, request: Request) -> None:
        # The LOS page flags the header as optional, an artefact of the docs tool.
        if "authorization" not in request.headers:
            raise Refused(self.error(401, "Authentication credentials were not provided."))
        if not bearer_is(request, self.secrets["token"]):
            raise Refused(self.error(401, "Given token not valid for any token type"))

    def checked(self, request: Request, table: Table) -> dict[str, Any]:
        """The body, when the token is good and the body satisfies the page's field table."""
        self.authorise(request)
        body = self.json_object(request)
        problems = table(body)
        if problems is not None:
            raise Refused(Answer(400, problems))
        return body

    def listed(
        self,
        request: Request,
        kind: str,
        reference_filter: str,
        filters: Mapping[str, Callable[[dict[str, Any]], object]],
        render: Callable[[Entry], dict[str, Any]],
    ) -> Answer:
        """One page of what is held of this kind, newest first (INFERRED), narrowed by the query's filters."""
        self.authorise(request)
        apart = ("page", "page_size", *DAYS)
        wanted = {name: value for name, value in request.query.items() if name not in apart}
        first, last = (self._day(request, name) for name in DAYS)
        unknown = wanted.keys() - filters.keys() - {reference_filter}
        if unknown:
            # INFERRED: Django would ignore it and list everything; a twin that is silent hides our typos.
            raise Refused(Answer(400, {name: ["Unknown filter."] for name in sorted(unknown)}))
        reference = wanted.pop(reference_filter, None)
        found = (
            self.ledger.held(self.slug)
            if reference is None
            else self.ledger.with_reference(self.slug, reference)
        )
        found = [entry for entry in found if entry["kind"] == kind]
        made = [entry for entry in reversed(found) if first <= _made_on(entry) <= last]
        rows = [{**render(entry), **self.moved.get(str(entry["id"]), {})} for entry in made]
        rows = [row for row in rows if all(filters[name](row) == value for name, value in wanted.items())]
        return Answer(200, self._page(request, rows))

    def one(self, request: Request, kind: str, render: Callable[[Entry], dict[str, Any]]) -> Answer:
        self.authorise(request)
        entry = self.ledger.get(self.slug, request.argument)
        if entry is None or entry["kind"] != kind:
            return self.error(404, "Not found.")
        return Answer(200, {**render(entry), **self.moved.get(request.argument, {})})

    def _day(self, request: Request, name: str) -> date:
        open_end = date.min if name == DAYS[0] else date.max
        try:
            return date.fromisoformat(request.query[name]) if name in request.query else open_end
        except ValueError:
            raise Refused(Answer(400, {name: ["Enter a valid date."]})) from None

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> dict[str, Any]:
        try:
            page = int(request.query.get("page", 1))
            size = min(int(request.query.get("page_size", PAGE_SIZE)), LARGEST_PAGE)
        except ValueError:
            page = size = 0
        if page < 1 or size < 1 or (page > 1 and (page - 1) * size >= len(rows)):
            raise Refused(self.error(404, "Invalid page."))
        results = rows[(page - 1) * size : page * size]
        return {"count": len(rows), "current_page": page, "page_size": size, "results": results}


def _made_on(entry: Entry) -> date:
    return (datetime.fromtimestamp(entry["at"], UTC) + IST).date()


def add_answer_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--crego-answer",
        choices=("empty", "lead", "_id"),
        default="empty",
        help="what Create Lead answers: {} as on Crego's page, the whole lead, or the lead with _id for id",
    )
