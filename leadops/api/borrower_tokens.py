"""Handing a borrower a token that opens its own lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadops.api.authentication import api_key, caller
from leadops.api.filters import mobile_indexes
from leadops.api.parsers import body_of
from leadops.api.problems import invalid
from leadops.api.schema import CREATING, answers
from leadops.api.shapes import Id, Moment, Shape, Text, error, read
from leadops.client_address import client_address
from leadops.models import Lead, Partner, Scope
from leadops.services import borrower_tokens


@dataclass(slots=True)
class ReadBorrowerToken:
    lead_id: UUID | None = None
    primary_mobile: str = ""


class BorrowerTokenShape(Shape):
    """Whose token it is to be."""

    draft = ReadBorrowerToken

    lead_id = Id(required=False, help_text="The lead that it opens.")
    primary_mobile = Text(
        required=False,
        max_length=30,
        help_text="The lead's; in place of lead_id where one lead of yours has it.",
    )


SHAPE = BorrowerTokenShape()


class BorrowerTokenAnswer(serializers.Serializer[Any]):
    """A borrower's token."""

    access = serializers.CharField(help_text="Sent as `Authorization: Bearer lo_borrower_…`.")
    lead_id = serializers.UUIDField()
    expires_at = Moment(help_text="Seconds since 1970.")


class BorrowerTokenView(APIView):
    """Where tokens are made."""

    scopes = {"POST": Scope.BORROWER_TOKEN}

    @extend_schema(
        operation_id="borrower_token_create", summary="Make a borrower's token", tags=["Leads"],
        description="The token opens this one lead for some minutes, its personal numbers masked, and nothing else."
        " It ends early with the key that made it. Who made it and each use of it are kept.",
        request=BorrowerTokenShape, responses=answers(CREATING, {200: BorrowerTokenAnswer}),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        taken, errors = read(SHAPE, body_of(request))
        if errors:
            raise invalid(errors)
        lead = _lead(taken, caller(request))
        token, text = borrower_tokens.make(lead, api_key(request), client_address(request._request))
        return Response(
            {"access": text, "lead_id": str(lead.pk), "expires_at": token.expires_at.timestamp()},
            headers={"Cache-Control": "no-store"},
        )


def _lead(taken: ReadBorrowerToken, partner: Partner) -> Lead:
    """The partner's lead that the body names, by its id, its mobile or both; Problem where that is not one lead."""
    mine = Lead.objects.of_partner(partner)
    if taken.lead_id is None:
        return _with_mobile(taken.primary_mobile, mine)
    lead = mine.filter(pk=taken.lead_id).first()
    if lead is None:
        raise invalid([error("lead_id", "unknown_lead")])
    if taken.primary_mobile and lead.primary_mobile_index not in mobile_indexes(taken.primary_mobile):
        raise invalid([error("primary_mobile", "not_the_leads")])
    return lead


def _with_mobile(mobile: str, mine: QuerySet[Lead]) -> Lead:
    if not mobile:
        raise invalid([error("lead_id", "required")])
    found = list(mine.filter(primary_mobile_index__in=mobile_indexes(mobile)).order_by("-id")[:2])
    if len(found) == 1:
        return found[0]
    raise invalid([error("primary_mobile", "several_leads" if found else "unknown_mobile")])
