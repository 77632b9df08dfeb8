"""Many leads in one request over REST: each gets an answer of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadops.api import examples
from leadops.api.authentication import caller
from leadops.api.duplicates import duplicates_answer
from leadops.api.lead_answers import DuplicateAnswer, WarningAnswer, warnings_answer
from leadops.api.lead_shapes import LeadShape
from leadops.api.leads import readable
from leadops.api.parsers import CappedJSONParser, body_of
from leadops.api.problems import Problem, Type, invalid, problem_of
from leadops.api.programs import active_program
from leadops.api.schema import CREATING, ProblemAnswer, answers
from leadops.api.shapes import Lean, Shape, Unreadable, error, read
from leadops.models import Lead, Partner, Scope
from leadops.services import bulk_leads
from leadops.services.bulk_leads import Sent
from leadops.services.duplicates import words
from leadops.services.leads import Received
from leadops.validation import Finding

MOST = 500
WORDS = f"""\
Stores up to {MOST} leads, each as if it had been sent alone, in their order. What is wrong with one costs no other:
every lead has its row in `results`, with the `status` and the `problem` it would have been answered with alone. More
than {MOST}, or more than 2 MB, are refused whole with 413.
"""


class LargeJSONParser(CappedJSONParser):
    """The body of many leads may be longer."""

    @property
    def most_bytes(self) -> int:
        return settings.API_BULK_MAX_BYTES


class Unread(Lean, serializers.ListField):
    """A list whose items are read one by one later, because each is answered by itself."""

    def read(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise Unreadable([error("", "not_a_list")])
        if len(data) > MOST:
            raise Problem(Type.TOO_LARGE, f"One request takes at most {MOST} leads; this has {len(data)}.")
        return data


@dataclass(slots=True)
class ReadBulk:
    leads: list[Any] = field(default_factory=list)


class BulkShape(Shape):
    """Many leads."""

    draft = ReadBulk

    leads = Unread(child=LeadShape(), max_length=MOST)


BULK = BulkShape()


class BulkRowAnswer(serializers.Serializer[Any]):
    """What became of one lead: `id` where it is stored, `problem` where it is not."""

    index = serializers.IntegerField(help_text="Its place in `leads`, from 0.")
    status = serializers.IntegerField(help_text="The status it would have been answered with alone.")
    id = serializers.UUIDField(required=False)
    partner_ref_id = serializers.CharField(required=False, allow_null=True)
    warnings = WarningAnswer(many=True, required=False)
    duplicate_of = serializers.UUIDField(required=False)
    duplicates = DuplicateAnswer(many=True, required=False)
    filled = serializers.ListField(child=serializers.CharField(), required=False)
    problem = ProblemAnswer(required=False)


class BulkAnswer(serializers.Serializer[Any]):
    """What became of each, in their order."""

    count = serializers.IntegerField()
    stored = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = BulkRowAnswer(many=True)


class BulkLeadsView(APIView):
    """Where many leads are sent to at once."""

    scopes = {"POST": Scope.LEAD_WRITE}
    parser_classes = [LargeJSONParser]

    @extend_schema(
        operation_id="leads_bulk_create", summary="Send many leads", description=WORDS, tags=["Leads"],
        request=BulkShape, responses=answers(CREATING, {200: BulkAnswer}), examples=[examples.BULK],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        taken, errors = read(BULK, body_of(request))
        if errors:
            raise invalid(errors)
        partner = caller(request)
        became = _received(taken.leads, partner)
        results = [{"index": at, **_answer(*each, partner)} for at, each in enumerate(became)]
        stored = sum("id" in each for each in results)
        counts = {"count": len(results), "stored": stored, "refused": len(results) - stored}
        return Response({**counts, "results": results})


def _received(
    bodies: list[Any], partner: Partner
) -> list[tuple[Received | Exception | None, Sequence[Finding]]]:
    """What became of each body and what of it was left out, in their order."""
    read_ones = list(_readable(bodies))
    sent = [each for each in read_ones if isinstance(each, Sent)]
    bulk_leads.receive(sent, partner=partner, intake=Lead.Intake.API)
    return [(each.became, each.left_out) if isinstance(each, Sent) else (each, ()) for each in read_ones]


def _readable(bodies: list[Any]) -> Iterator[Sent | Problem]:
    program_of = lru_cache(active_program)  # most are of one program
    for body in bodies:
        try:
            taken, program = readable(body, program_of)
            yield Sent(taken.draft, program, taken.left_out)
        except Problem as problem:
            yield problem


def _answer(
    became: Received | Exception | None, left_out: Sequence[Finding], partner: Partner
) -> dict[str, Any]:
    assert became is not None, "A lead of the request was forgotten."
    if isinstance(became, Exception):
        problem = problem_of(became)
        return {"status": problem.type.status, "problem": problem.body()}
    told = {"status": 200, "id": str(became.lead.pk), "partner_ref_id": became.lead.partner_ref_id or None}
    warnings = [*left_out, *became.warnings, *words.warnings_for_partner(became.repeats, partner.pk)]
    told |= duplicates_answer(became, partner)
    return told | ({"warnings": warnings_answer(warnings)} if warnings else {})
