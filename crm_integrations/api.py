"""What became of a partner's leads at the vendors, over REST."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_integrations import partner_words, why
from crm_integrations.connector import Kind
from crm_integrations.models import Delivery, Exchange, State
from crm_integrations.readiness import Readiness, of_lead
from leadops.api.authentication import caller
from leadops.api.schema import LISTING, READING, answers
from leadops.api.shapes import Moment
from leadops.models import Lead, Scope


class DeliveryAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    connection = serializers.CharField(help_text="The connection's name.")
    vendor = serializers.CharField()
    kind = serializers.CharField(help_text="lead, loan_account, or bank for the verifying of a bank account")
    state = serializers.ChoiceField(choices=State.choices)
    reference = serializers.CharField(allow_null=True, help_text="The vendor's id.")
    attempts = serializers.IntegerField(help_text="Times it was sent.")
    last_answer = serializers.CharField(
        allow_null=True, help_text="What the vendor's system last said, in words."
    )
    reason = serializers.CharField(
        help_text="Why it stands where it stands; empty when there is nothing to say."
    )
    next_try = Moment(allow_null=True, help_text="Seconds since 1970.")
    created_at = Moment()
    updated_at = Moment()


class MissingAnswer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Its path, as applicants[0].primary_email.")
    message = serializers.CharField()


class ReadinessAnswer(serializers.Serializer[Any]):
    connection = serializers.CharField(help_text="The connection's name.")
    vendor = serializers.CharField()
    ready = serializers.BooleanField()
    missing = MissingAnswer(many=True, help_text="What this vendor still needs.")
    not_carried = serializers.ListField(
        child=serializers.CharField(), help_text="Fields that this vendor has no place for."
    )


class ReadinessListAnswer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    current_page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    results = ReadinessAnswer(many=True)


class LeadDeliveriesView(GenericAPIView[Delivery]):
    """The deliveries of one lead and of its loan accounts."""

    serializer_class = DeliveryAnswer
    is_list = True
    scopes = {"GET": Scope.STATUS_READ}

    def get_queryset(self) -> QuerySet[Delivery]:
        last = Exchange.objects.filter(delivery=OuterRef("pk"), finished_at__isnull=False).order_by("-id")
        # What officers add to a lead is the lender's own, and so is where its documents go.
        told = Delivery.objects.exclude(kind=Kind.DOCUMENT)
        return told.select_related("connection__health").annotate(
            last_status=Subquery(last.values("status")[:1]), last_error=Subquery(last.values("error")[:1])
        )

    @extend_schema(
        operation_id="lead_deliveries_list", summary="Follow a lead", tags=["Leads"],
        description="Where the lead and its loan accounts stand at each vendor, newest first.",
        responses=answers((*LISTING, 404), {200: DeliveryAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request, lead_id: UUID) -> Response:
        if not Lead.objects.of_partner(caller(request)).filter(pk=lead_id).exists():
            raise Http404
        found = (
            self.paginate_queryset(self.filter_queryset(self.get_queryset().filter(lead_id=lead_id))) or []
        )
        return self.get_paginated_response([_answer(delivery) for delivery in found])


def _answer(delivery: Any) -> dict[str, Any]:
    now = timezone.now()
    next_try = why.next_turn(delivery, now)
    return {
        "id": str(delivery.pk),
        "connection": delivery.connection.name,
        "vendor": delivery.connection.vendor,
        "kind": delivery.kind,
        "state": delivery.state,
        "reference": delivery.reference or None,
        "attempts": delivery.attempts,
        "last_answer": last_answer(delivery.last_status, delivery.last_error, delivery.vendor_status),
        "reason": partner_words.why(delivery, now),
        "next_try": next_try and next_try.timestamp(),
        "created_at": delivery.created_at.timestamp(),
        "updated_at": delivery.updated_at.timestamp(),
    }


def last_answer(status: int | None, failure: str | None, word: str) -> str | None:
    """The last call's end in words: `201 Created: activation`, `no answer`; None before the first call."""
    if status is not None:
        name = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
        said = f"{status} {name}".strip()
        return f"{said}: {word}" if word else said
    return "no answer" if failure else None


class LeadReadinessView(APIView):
    """Whether each connection could take one lead as it is now."""

    scopes = {"GET": Scope.STATUS_READ}

    @extend_schema(
        operation_id="lead_readiness", summary="What do the vendors still need?", tags=["Leads"],
        description="Asked of the same rules that sending goes by; always one page.",
        responses=answers(READING, {200: ReadinessListAnswer}),
    )  # fmt: skip
    def get(self, request: Request, lead_id: UUID) -> Response:
        leads = Lead.objects.of_partner(caller(request)).select_related("partner", "program")
        lead = get_object_or_404(leads, pk=lead_id)
        rows = [_readiness_answer(each) for each in of_lead(lead)]
        return Response({"count": len(rows), "current_page": 1, "page_size": len(rows), "results": rows})


def _readiness_answer(readiness: Readiness) -> dict[str, Any]:
    return {
        "connection": readiness.connection.name,
        "vendor": readiness.connection.vendor,
        "ready": readiness.ready,
        "missing": [{"field": each.field, "message": each.message} for each in readiness.missing],
        "not_carried": list(readiness.not_carried),
    }
