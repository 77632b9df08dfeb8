"""ISPCRM by netgroot: a lead of five flat texts.

Source: https://docs.ispcrm.online/create_lead. It lists 200, 400 and 401, and one sentence for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.response import Response

from crm_integrations.dialects.dialect import Dialect, Filled, Headers, Taken, optional
from leadops.api.problems import Problem, Type
from leadops.api.shapes import Shape
from leadops.drafts import AddressDraft, ApplicantDraft, LeadDraft
from leadops.models import Lead
from leadops.services.lead_numbers import number_of
from leadops.validation import LongNumber

MESSAGES = {400: "Invalid request data", 401: "Unauthorized"}
NAMES = {
    "primary_mobile": "phone",
    "remarks": "remarks",
    "applicants[0].name": "name",
    "applicants[0].primary_email": "email",
    "applicants[0].primary_mobile": "phone",
    "applicants[0].addresses[0]": "address",
    "applicants[0].addresses[0].address_line": "address",
}


class LeadTable(Shape):
    """The page's parameters."""

    draft = dict

    name = Filled()
    email = Filled()
    phone = Filled()
    address = optional()
    remarks = optional()


class Ispcrm(Dialect):
    """ISPCRM's create lead."""

    slug = "ispcrm"
    label = "ISPCRM"
    path = "api/v1/subscriber/CreateLead"
    prefix = "api/v1/"
    how = "Send it as ISPCRM's token: Authorization: Bearer followed by the key."
    table = LeadTable()
    long_numbers: ClassVar[Mapping[str, LongNumber]] = {"phone": LongNumber.PHONE}
    challenge = "Bearer"
    # The page knows a bad request and a bad token, and nothing between or beside them.
    statuses: ClassVar[Mapping[Type, int]] = {
        Type.CONFLICT: 400,
        Type.DUPLICATE_LEAD: 400,
        Type.FORBIDDEN: 401,
        Type.WRONG_ADDRESS: 401,
    }

    def credential(self, headers: Headers) -> str:
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.casefold() == "bearer" else ""

    def read(self, values: dict[str, Any], settings: Sequence[Mapping[str, Any]]) -> Taken:
        phone, address = values.get("phone", ""), values.get("address", "")
        person = ApplicantDraft(
            is_primary=True,
            name=values.get("name", ""),
            primary_email=values.get("email", ""),
            primary_mobile=phone,
            addresses=[AddressDraft(tags=["current"], address_line=address)] if address.strip() else [],
        )
        remarks = values.get("remarks", "")
        return Taken(LeadDraft(primary_mobile=phone, remarks=remarks, applicants=[person]), NAMES)

    def accepted(self, lead: Lead) -> Response:
        data = {"lead_id": number_of(lead.pk), "status": "New"}
        return Response({"success": True, "message": "Lead created successfully", "data": data})

    def refused(self, problem: Problem) -> Response:
        status = self.status(problem)
        message = MESSAGES.get(status, problem.type.value.title)
        # The page's two members as it has them; what is wrong stands beside them.
        body = {"success": False, "message": message, "detail": problem.detail, **problem.members}
        return Response(body, status)
