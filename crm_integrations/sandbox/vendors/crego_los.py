"""Crego LOS: loan accounts (https://api-docs.crego.io/api-10694174)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from ..crego import CregoService
from ..fields import Table, filled
from ..ledger import Entry
from ..messages import Answer, Created, Refused, Request
from ..vendor import Route

ACCOUNT = Table(
    {"crm_lead_id": filled, "ref_id": filled, "program_id": filled},
    required=("crm_lead_id", "ref_id", "program_id"),
)


class CregoLos(CregoService):
    """Crego's loan origination service."""

    slug = "crego_los"
    label = "Crego LOS"
    prefixes = ("/v1/los/",)
    reference_field = "ref_id"

    def routes(self) -> list[Route]:
        return [
            Route("POST", r"/v1/los/accounts/", "loan_account", self.create_account),
            Route("GET", r"/v1/los/accounts/", "find", self.list_accounts),
            Route("GET", r"/v1/los/accounts/([^/]+)/", "read", self.get_account),
        ]

    def create_account(self, request: Request) -> Answer:
        body = self.checked(request, ACCOUNT)
        # INFERRED: the page does not say what an unknown lead gets; a 400 on the field is Django's way.
        if self.ledger.get("crego_crm", body["crm_lead_id"]) is None:
            problem = f'Invalid pk "{body["crm_lead_id"]}" - object does not exist.'
            raise Refused(Answer(400, {"crm_lead_id": [problem]}))
        account_id = str(uuid4())
        return Answer(201, _account(account_id, request.at, body), created=Created(account_id))

    def list_accounts(self, request: Request) -> Answer:
        filters = {
            "crm_lead_id": lambda account: account["crm_lead_id"],
            "program_id": lambda account: account["program_id"],
            "status": lambda account: account["status"],
        }
        return self.listed(request, "loan_account", "ref_id", filters, _stored)

    def get_account(self, request: Request) -> Answer:
        return self.one(request, "loan_account", _stored)

    def name_of(self, body: dict[str, Any]) -> str:
        return f"lead {body.get('crm_lead_id', '')}"


def _stored(entry: Entry) -> dict[str, Any]:
    return _account(str(entry["id"]), entry["at"], entry["body"])


def _account(account_id: str, at: float, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": account_id,
        "created_at": at,
        # In the page's sample the account has moved on by the time the call answers.
        "updated_at": at + 0.18,
        "crm_lead_id": body["crm_lead_id"],
        "program_id": body["program_id"],
        "ref_id": body["ref_id"],
        "product_type": "scf",
        "tags": [],
        "status": "activation",
        "drop_reason": None,
    }
