"""Crego CRM: leads (https://api-docs.crego.io/api-10694292), and their documents as the menu names them."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import uuid4

from ..crego import CregoService, add_answer_flag
from ..fields import Table, boolean, filled, list_of, one_of, text
from ..forms import file, form_in
from ..ledger import Entry
from ..messages import Answer, Created, Refused, Request
from ..vendor import Route

# Flags of address and bank fields are not shown on the page: types only. Blank strings are let through
# where the page's own sample has one ("account_no": "") and in the optional fields beside it (INFERRED).
ADDRESS = Table(
    {
        "tags": list_of(text),
        "address_line": text,
        "pincode": text,
        "locality": text,
        "city": text,
        "state": text,
    }
)
BANK = Table(
    {
        "account_type": text,
        "account_no": text,
        "account_holder_name": text,
        "ifsc": text,
        "is_verified": boolean,
        "tags": list_of(text),
    }
)
APPLICANT = Table(
    {
        "applicant_type": filled,
        "is_primary": boolean,
        "is_authorized_signatory": boolean,
        "business_type": text,
        "tags": list_of(text),
        "name": filled,
        "pan_no": text,
        "primary_mobile": text,
        "addresses": list_of(ADDRESS),
        "banks": list_of(BANK),
        "primary_email": text,
    },
    required=(
        "applicant_type",
        "is_primary",
        "is_authorized_signatory",
        "tags",
        "name",
        "addresses",
        "banks",
    ),
)
# The page contradicts itself: a note calls program_id and "mobile" the minimum, the field table wants
# program_id, primary_mobile and applicants. The table is the stricter and is followed.
# partner_ref_id is in the page's sample only, not in the table.
LEAD = Table(
    {
        "program_id": filled,
        "primary_mobile": filled,
        "partner_ref_id": text,
        "applicants": list_of(APPLICANT),
    },
    required=("program_id", "primary_mobile", "applicants"),
)


DOCUMENT = Table(
    {
        "related_model": one_of("lead", "applicant", "bank"),
        "related_model_id": filled,
        "document_type": filled,
        "tags": list_of(text),
        "file": file,
    },
    required=("related_model", "related_model_id", "document_type", "file"),
)


class CregoCrm(CregoService):
    """Crego's CRM service."""

    slug = "crego_crm"
    label = "Crego CRM"
    prefixes = ("/v1/crm/",)
    reference_field = "partner_ref_id"

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        add_answer_flag(parser)

    def routes(self) -> list[Route]:
        # Every path ends in a slash, on all of Crego's pages. Django's redirect for a missing one would lose
        # the POST's body, so here it is plainly a 404 (INFERRED).
        return [
            Route("POST", r"/v1/crm/leads/", "lead", self.create_lead),
            Route("GET", r"/v1/crm/leads/", "find", self.list_leads),
            Route("GET", r"/v1/crm/leads/([^/]+)/", "read", self.get_lead),
            Route("POST", r"/v1/crm/documents/", "document", self.add_document),
            Route("GET", r"/v1/crm/documents/", "find", self.list_documents),
            Route("GET", r"/v1/crm/health/", "health", self.health),
        ]

    def create_lead(self, request: Request) -> Answer:
        body = self.checked(request, LEAD)
        lead_id = str(uuid4())
        # Documented as 200 (not 201) with an object without fields.
        answer: dict[str, Any] = {}
        if self.options.crego_answer != "empty":
            answer = self._lead(lead_id, request.at, body)
        return Answer(200, answer, created=Created(lead_id))

    def list_leads(self, request: Request) -> Answer:
        filters = {
            "program_id": lambda lead: lead["program_id"],
            "primary_mobile": lambda lead: lead["primary_mobile"],
        }
        return self.listed(request, "lead", "partner_ref_id", filters, self._stored)

    def get_lead(self, request: Request) -> Answer:
        return self.one(request, "lead", self._stored)

    def add_document(self, request: Request) -> Answer:
        """Method and multipart as the menu and its siblings say, fields and answer INFERRED."""
        self.authorise(request)
        request.body = form_in(request)
        if (problems := DOCUMENT(request.body)) is not None:
            raise Refused(Answer(400, problems))
        if not self._is_there(request.body):
            raise Refused(Answer(400, {"related_model_id": ["There is no such lead."]}))
        document_id = str(uuid4())
        return Answer(201, _document(document_id, request.at, request.body), created=Created(document_id))

    def list_documents(self, request: Request) -> Answer:
        if "related_model_id" not in request.query:
            raise Refused(Answer(400, {"related_model_id": ["This field is required."]}))
        filters = {"related_model_id": lambda document: document["related_model_id"]}
        return self.listed(request, "document", "", filters, _stored_document)

    def _is_there(self, document: dict[str, Any]) -> bool:
        """Whether it is about a lead that is held: what else there is has no id here."""
        entry = self.ledger.get(self.slug, document["related_model_id"])
        return document["related_model"] == "lead" and entry is not None and entry["kind"] == "lead"

    def health(self, request: Request) -> Answer:
        return Answer(200, {"status": "ok"})

    def name_of(self, body: dict[str, Any]) -> str:
        if "document_type" in body:
            return f"Document {body['document_type']}"
        applicants = body.get("applicants") or [{}]
        primary = next((one for one in applicants if one.get("is_primary")), applicants[0])
        return str(primary.get("name", ""))

    def _stored(self, entry: Entry) -> dict[str, Any]:
        return self._lead(str(entry["id"]), entry["at"], entry["body"])

    def _lead(self, lead_id: str, at: float, body: dict[str, Any]) -> dict[str, Any]:
        """The lead as read (INFERRED): what was written, and what Crego adds."""
        # Parts of v1 are MongoDB-backed and say _id on their pages.
        id_name = "_id" if self.options.crego_answer == "_id" else "id"
        return {
            id_name: lead_id,
            "created_at": at,
            "updated_at": at,
            "program_id": body["program_id"],
            "primary_mobile": body["primary_mobile"],
            "partner_ref_id": body.get("partner_ref_id"),
            "status": "new",
            "tags": [],
            "applicants": body["applicants"],
        }


def _stored_document(entry: Entry) -> dict[str, Any]:
    return _document(str(entry["id"]), entry["at"], entry["body"])


def _document(document_id: str, at: float, body: dict[str, Any]) -> dict[str, Any]:
    """The document as read (INFERRED)."""
    return {
        "id": document_id,
        "created_at": at,
        "updated_at": at,
        "related_model": body["related_model"],
        "related_model_id": body["related_model_id"],
        "document_type": body["document_type"],
        "file": f"https://files.crego.example/{document_id}",
        "tags": body.get("tags", []),
    }
