"""Broctagon CRM Open API: a lead of a name, an e-mail address or phone, and a comment.

Sources: https://open-api-docs.broctagon.com/api/leads/create-lead.html, and authentication.html,
authentication-v2.html and introduction.html one level up; https://open-api-docs.broctagon.com/webhooks/security.html.
There is no way to read a lead back, and no webhook tells of one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from crm_integrations import errors
from crm_integrations.answers import text
from crm_integrations.auth import SignedBody
from crm_integrations.connector import (
    Auth,
    Connector,
    Event,
    Missing,
    Outcome,
    Request,
    Response,
    Secret,
    Setting,
)
from crm_integrations.records import ApplicantRecord, LeadRecord

OWNER_ID_LENGTH = 8
SIGNATURE = "x-crm-signature"


class Broctagon(Connector):
    """Leads for Broctagon's CRM."""

    slug = "broctagon"
    label = "Broctagon CRM"
    docs_url = "https://open-api-docs.broctagon.com/api/leads/create-lead.html"
    settings = (
        Setting("auth_version", "Signature version", int, 2, (2, 1), "2 is HMAC-SHA256, 1 the older SHA-1."),
        Setting("owner_id", "Owner", help="Eight characters: who gets the leads at Broctagon."),
        Setting("country_code_plus", "Country code with +", bool, False, help="Send +65 instead of 65."),
    )
    secrets = (
        Secret("api_key", "API key", "Made under Settings > Dev Space > Open API Keys, shown once."),
        Secret(
            "webhook_secret",
            "Webhook secret",
            "Of Settings > Dev Space > Webhooks, for /v1/webhooks/<id of this connection>/. Empty: none is taken.",
            in_header=False,
        ),
    )
    extra_fields = (
        Setting("owner_id", "Owner", help="Eight characters: who gets this lead at Broctagon."),
        Setting("gender", "Gender in other words", help="Sent where ours is not known."),
        Setting("nationality", "Nationality in other words", help="Sent where ours is not known."),
    )
    not_carried = (
        "program_id",
        "program_code",
        "partner_code",
        "partner_ref_id",
        "source",
        "channel",
        "loan_amount",
        "loan_tenure",
        "loan_tenure_unit",
        "loan_purpose",
        "tags",
        "co_applicants",
        "applicants[].applicant_type",
        "applicants[].is_authorized_signatory",
        "applicants[].business_type",
        "applicants[].tags",
        "applicants[].first_name",
        "applicants[].middle_name",
        "applicants[].last_name",
        "applicants[].date_of_birth",
        "applicants[].place_of_birth",
        "applicants[].father_name",
        "applicants[].monthly_income",
        "applicants[].monthly_expenses",
        "applicants[].employer_name",
        "applicants[].pan_no",
        "applicants[].primary_mobile",
        "applicants[].identity_document",
        "applicants[].tax_id",
        "applicants[].insurance_no",
        "applicants[].gstin",
        "applicants[].addresses",
        "applicants[].banks",
    )

    takes_webhooks = True

    @property
    def auth(self) -> Auth:
        return SignedBody(self.config.secrets.get("api_key", ""), self.config.settings["auth_version"])

    def missing_lead(self, record: LeadRecord) -> list[Missing]:
        primary = record.primary
        if primary is None:
            return [Missing("applicants", "Broctagon needs the name of a person.")]
        missing = []
        if not primary.name:
            path = f"applicants[{record.applicants.index(primary)}].name"
            missing.append(Missing(path, "Broctagon takes no lead without a name."))
        if not primary.primary_email and not record.primary_mobile.national:
            missing.append(Missing("primary_mobile", "Broctagon needs an e-mail address or a phone number."))
        if _is_odd_owner(record.extra.get("owner_id")):
            missing.append(Missing("extra.owner_id", "An owner id at Broctagon has eight characters."))
        return missing

    def build_lead(self, record: LeadRecord) -> Request:
        primary = record.primary
        assert primary is not None
        payload = {
            "email": primary.primary_email,
            "phone": self._phone(record, primary),
            "name": primary.name,
            "gender": primary.gender or record.extra.get("gender"),
            "owner_id": self._owner_id(record),
            # No look-up exists: our reference in the comment is how a person finds the lead.
            "comment": " | ".join(part for part in (record.remarks, f"Ref {record.ref}") if part),
            # Lower case, as the vendor's payment pages write the CRM's nationalities (INFERRED).
            "nationality": primary.nationality.lower() or record.extra.get("nationality"),
        }
        # authentication.html contradicts itself on whether empty values are signed: none is ever sent.
        filled = {name: value for name, value in payload.items() if value}
        return Request.json("create_lead", "/public/v1/leads/create", filled)

    def parse(self, response: Response) -> Outcome:
        # The page promises 201 and describes no body: empty is fine, an id is taken when it is there.
        if response.status != 201:
            raise errors.OutcomeUnknown(f"Broctagon answered HTTP {response.status}, not HTTP 201.")
        body = response.object() if response.body.strip() else {}
        if body.get("error"):
            raise errors.OutcomeUnknown(f"Broctagon answered 201 and an error: {self.words(response)}")
        lead_id = body.get("id")
        known = isinstance(lead_id, str) or type(lead_id) is int
        return Outcome(str(lead_id) if known else "")

    def is_refusal(self, response: Response) -> bool:
        """Its refusals name an `error`, whichever status they come with."""
        try:
            return bool(response.object().get("error"))
        except errors.OutcomeUnknown:
            return False

    def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """HMAC-SHA256 of the raw body in hex. One version of the page has it bare, the other after `sha256=`."""
        secret = self.config.secrets.get("webhook_secret", "")
        given = headers.get(SIGNATURE, "").removeprefix("sha256=")
        signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(given.encode(), signed.encode()) and bool(secret)

    def read_event(self, body: bytes) -> Event:
        """The event's slug alone: all that are documented are about requests of clients, none about a lead of ours."""
        try:
            source = json.loads(body)["source"]
            name = text(source["event"])
        except (ValueError, RecursionError, TypeError, KeyError):
            name = ""
        if not name:
            raise errors.OutcomeUnknown("The webhook does not tell which event it is.")
        return Event(name)

    def words(self, response: Response) -> str:
        # Errors are told apart by `type`; a message is not documented but read where there is one.
        try:
            body = response.object()
        except errors.OutcomeUnknown:
            return super().words(response)
        said = [body[name] for name in ("type", "message") if isinstance(body.get(name), str)]
        return ": ".join(said)[:500] or super().words(response)

    def _phone(self, record: LeadRecord, primary: ApplicantRecord) -> dict[str, Any]:
        # How version 1 signs a nested value is undocumented: no risk is taken when an e-mail address will do.
        if self.config.settings["auth_version"] == 1 and primary.primary_email:
            return {}
        plus = "+" if self.config.settings["country_code_plus"] else ""
        phone = record.primary_mobile
        return {"country_code": plus + phone.country_code, "number": phone.national} if phone.national else {}

    def _owner_id(self, record: LeadRecord) -> str:
        owner_id = self.config.settings["owner_id"]
        if _is_odd_owner(owner_id):
            raise errors.Misconfigured(f"The setting owner_id must have eight characters, not {owner_id!r}.")
        return str(record.extra.get("owner_id") or owner_id or "")


def _is_odd_owner(owner_id: Any) -> bool:
    return bool(owner_id) and not (isinstance(owner_id, str) and len(owner_id) == OWNER_ID_LENGTH)
