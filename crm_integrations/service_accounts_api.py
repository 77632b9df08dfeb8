"""Service accounts over REST: Crego's words for what other services hold of a lead, and for sending it to one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_integrations import service_accounts
from crm_integrations.models import State
from crm_integrations.service_accounts import (
    Asked,
    NoLeadsThere,
    NotTheLeads,
    ServiceAccount,
    SeveralServices,
    UnknownService,
)
from leadops.api.authentication import caller
from leadops.api.parsers import body_of
from leadops.api.problems import invalid
from leadops.api.schema import CREATING, READING, answers
from leadops.api.shapes import Id, Shape, Text, error, read
from leadops.models import Lead, Scope

WORDS = (
    "Each service that the lender's routes connect the lead with, and what it holds. A plain array, by name."
)
SENDING = """\
Sends the lead to one service, by its name, or as `crm` where only one of its services takes leads. `program_id` and
`ref_id` may come along, and have to be the lead's. A service of loan accounts is sent nothing by this. One that has the
lead, or is being sent it, is left as it is and told as it stands. 409: the lead was dropped or declined, the service
did not take it before, or only officers send there.
"""


class ServiceShape(Shape):
    """Where to send a lead."""

    draft = Asked

    service = Text(
        max_length=50,
        help_text="Its name, as service_accounts tells it; or crm or los where the lead has one such service.",
    )
    program_id = Id(required=False, help_text="The lead's.")
    ref_id = Text(
        required=False, max_length=100, help_text="Your reference of the lead, or what the service is told."
    )


SERVICE = ServiceShape()
EXAMPLE = OpenApiExample("To one service", {"service": "crego"}, request_only=True)


class ServiceAccountAnswer(serializers.Serializer[Any]):
    """What a service holds, or is to hold, of a lead."""

    service = serializers.CharField(help_text="The connection's name.")
    vendor = serializers.CharField()
    kind = serializers.CharField(help_text="lead or loan_account")
    account_id = serializers.CharField(allow_null=True, help_text="The service's id of it.")
    program_id = serializers.UUIDField()
    ref_id = serializers.CharField(allow_null=True, help_text="What the service is told as our reference.")
    status = serializers.CharField(allow_null=True, help_text="The service's own word.")
    state = serializers.ChoiceField(
        choices=State.choices, allow_null=True, help_text="Of its delivery; null where nothing was sent."
    )
    delivery_id = serializers.UUIDField(allow_null=True)


class ServiceAccountsView(APIView):
    """The service accounts of one lead."""

    scopes = {"GET": Scope.STATUS_READ}

    @extend_schema(
        operation_id="lead_service_accounts_list", summary="List the service accounts of a lead", tags=["Leads"],
        description=WORDS, responses=answers(READING, {200: ServiceAccountAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request, lead_id: UUID) -> Response:
        lead = _own_lead(request, lead_id)
        return Response([_answer(each, lead) for each in service_accounts.of_lead(lead)])


class SendToServiceView(APIView):
    """Sending one lead to one service."""

    scopes = {"POST": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="lead_send_to_service", summary="Send a lead to a service", tags=["Leads"],
        description=SENDING, request=ServiceShape, examples=[EXAMPLE],
        responses=answers((*CREATING, 404), {200: ServiceAccountAnswer}),
    )  # fmt: skip
    def post(self, request: Request, lead_id: UUID) -> Response:
        lead = _own_lead(request, lead_id)
        taken, errors = read(SERVICE, body_of(request))
        if errors:
            raise invalid(errors)
        try:
            return Response(_answer(service_accounts.send(lead, taken), lead))
        except UnknownService:
            raise invalid([error("service", "unknown_service")]) from None
        except SeveralServices:
            raise invalid([error("service", "several_services")]) from None
        except NotTheLeads as refusal:
            raise invalid([error(refusal.field, "not_the_leads")]) from None
        except NoLeadsThere:
            raise invalid([error("service", "takes_no_leads")]) from None


def _own_lead(request: Request, lead_id: UUID) -> Lead:
    return get_object_or_404(Lead.objects.of_partner(caller(request)).select_related("partner"), pk=lead_id)


def _answer(account: ServiceAccount, lead: Lead) -> dict[str, Any]:
    delivery = account.delivery
    opened = delivery.loan_account if delivery else None
    return {
        "service": account.connection.name,
        "vendor": account.connection.vendor,
        "kind": account.kind,
        "account_id": (delivery.reference or None) if delivery else None,
        "program_id": str(opened.program_id if opened else lead.program_id),
        "ref_id": opened.ref_id if opened else delivery.ref if delivery else None,
        "status": (delivery.vendor_status or None) if delivery else None,
        "state": delivery.state if delivery else None,
        "delivery_id": str(delivery.pk) if delivery else None,
    }
