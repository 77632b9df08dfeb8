"""Handing a borrower a token that opens its own lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadops.api.authentication import api_key, caller
from leadops.api.parsers import body_of
from leadops.api.problems import invalid
from leadops.api.schema import CREATING, answers
from leadops.api.shapes import Id, Moment, Shape, error, read
from leadops.client_address import client_address
from leadops.models import Lead, Scope
from leadops.services import borrower_tokens


@dataclass(slots=True)
class ReadBorrowerToken:
    lead_id: UUID | None = None


class BorrowerTokenShape(Shape):
    """Whose token it is to be."""

    draft = ReadBorrowerToken

    lead_id = Id(help_text="The lead that it opens.")


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
        lead_id = taken.lead_id if isinstance(taken, ReadBorrowerToken) else None
        lead = Lead.objects.of_partner(caller(request)).filter(pk=lead_id).first() if lead_id else None
        if lead_id and lead is None:
            errors.append(error("lead_id", "unknown_lead"))
        if errors or lead is None:
            raise invalid(errors)
        token, text = borrower_tokens.make(lead, api_key(request), client_address(request._request))
        return Response(
            {"access": text, "lead_id": str(lead.pk), "expires_at": token.expires_at.timestamp()},
            headers={"Cache-Control": "no-store"},
        )
