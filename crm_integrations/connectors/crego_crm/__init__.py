"""Crego CRM: a lead with its applicants, addresses and banks, and its documents.

Source: https://api-docs.crego.io/api-10694292 (create). The list, which is also the look-up, and the health check are
only named on the site: their paths are INFERRED and can be overridden by the setting `paths`. The list's envelope and
date filters are those of Crego's other lists; the page's name is INFERRED.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from crm_integrations import errors
from crm_integrations.answers import flat, is_whole, moment, more_follow, results_of, text
from crm_integrations.auth import Bearer
from crm_integrations.connector import (
    Auth,
    Connector,
    Listed,
    ListedRow,
    Missing,
    Outcome,
    Request,
    Response,
    Secret,
    Setting,
)
from crm_integrations.connectors.crego_crm import documents
from crm_integrations.connectors.crego_crm.parts import MOBILE_DIGITS, applicant_body, missing_in, odd_phone
from crm_integrations.connectors.crego_crm.reading import reference_in
from crm_integrations.records import DocumentRecord, LeadRecord, Record

PAGE_ROWS = 100
COMPARED = ("program_id", "primary_mobile", "applicants")


class CregoCrm(Connector):
    """Leads for Crego's CRM, v1."""

    slug = "crego_crm"
    label = "Crego CRM"
    docs_url = "https://api-docs.crego.io/api-10694292"
    settings = (
        Setting("program_ids", "Program ids", dict, {}, help="Our program code to Crego's program id."),
        Setting(
            "document_types",
            "Document types",
            dict,
            {},
            help="Our document type to Crego's; only types that are named here are sent, once Crego has the lead.",
        ),
        Setting(
            "paths", "Paths", dict, {}, help="Overrides of the inferred paths: list_leads, documents, health."
        ),
    )
    secrets = (Secret("token", "Bearer token", "The staff token that Crego gave you."),)
    not_carried = (
        "partner_code",
        "source",
        "channel",
        "loan_amount",
        "loan_tenure",
        "loan_tenure_unit",
        "loan_purpose",
        "remarks",
        "tags",
        "applicants[].first_name",
        "applicants[].middle_name",
        "applicants[].last_name",
        "applicants[].gender",
        "applicants[].date_of_birth",
        "applicants[].place_of_birth",
        "applicants[].nationality",
        "applicants[].father_name",
        "applicants[].monthly_income",
        "applicants[].monthly_expenses",
        "applicants[].employer_name",
        "applicants[].identity_document",
        "applicants[].tax_id",
        "applicants[].insurance_no",
        "applicants[].gstin",
        "applicants[].addresses[].country",
        "applicants[].addresses[].house_no",
        "applicants[].addresses[].street",
        "applicants[].addresses[].apartment_no",
        "applicants[].addresses[].fias_id",
    )
    can_find = True
    can_list = True
    partner_references = re.compile(r".+", re.DOTALL)
    inferred_paths = {
        "list_leads": "/v1/crm/leads/",
        "documents": "/v1/crm/documents/",
        "health": "/v1/crm/health/",
    }

    @property
    def auth(self) -> Auth:
        return Bearer(self.config.secrets.get("token", ""))

    def missing_lead(self, record: LeadRecord) -> list[Missing]:
        missing = []
        if not self._program_id(record):
            missing.append(Missing("program_id", "Crego files every lead under one of its programs."))
        missing += odd_phone("primary_mobile", record.primary_mobile)
        if not record.applicants:
            missing.append(Missing("applicants", "Crego takes a lead only with at least one applicant."))
        for position, applicant in enumerate(record.applicants):
            missing += missing_in(f"applicants[{position}]", applicant)
        return missing

    def build_lead(self, record: LeadRecord) -> Request:
        payload = {
            "program_id": self._program_id(record),
            "primary_mobile": record.primary_mobile.national,
            "partner_ref_id": record.ref,
            "applicants": [applicant_body(applicant) for applicant in record.applicants],
        }
        return Request.json("create_lead", "/v1/crm/leads/", payload)

    @property
    def document_types(self) -> frozenset[str]:
        return frozenset(filter(self._document_type, self.config.settings["document_types"]))

    def missing_document(self, record: DocumentRecord) -> list[Missing]:
        return documents.missing(record, self._document_type(record.document_type))

    def build_document(self, record: DocumentRecord) -> Request:
        return documents.build(self.path("documents"), record, self._document_type(record.document_type))

    def parse(self, response: Response) -> Outcome:
        # Documented as 200 with an empty object, so the id may have to be asked for; 201 is the LOS habit.
        if response.status not in (200, 201):
            raise errors.OutcomeUnknown(f"Crego answered HTTP {response.status}, not 200 or 201.")
        body = response.object()
        reference = reference_in(body)
        return Outcome(reference, text(body.get("status")), look_up=not reference)

    def find(self, record: Record) -> Request:
        if isinstance(record, DocumentRecord):
            return documents.find(self.path("documents"), record)
        assert isinstance(record, LeadRecord)
        return Request.get("list_leads", self.path("list_leads"), partner_ref_id=record.ref)

    def parse_find(self, response: Response, record: Record) -> Outcome | None:
        """The lead that carries our reference; absent only when no lead does.

        One that carries it with another mobile or program is not certain: ours may have been edited since it was sent.
        """
        if isinstance(record, DocumentRecord):
            return documents.parse_find(response, record)
        assert isinstance(record, LeadRecord)
        body = response.json()
        rows = results_of(body, "Crego's")
        wanted = {
            "partner_ref_id": record.ref,
            "program_id": self._program_id(record),
        }
        if record.primary_mobile.national:  # else it was erased, and our reference has to do
            wanted["primary_mobile"] = record.primary_mobile.national
        ours = [row for row in rows if _said(row, "partner_ref_id") in ("", record.ref)]
        whole = is_whole(body, rows, "partner_ref_id", record.ref)
        if whole and not ours:
            return None
        certain = (
            whole and len(ours) == 1 and all(_said(ours[0], name) == value for name, value in wanted.items())
        )
        if not certain or not reference_in(ours[0]):
            said = f"{len(ours)} carry our reference"
            raise errors.OutcomeUnknown(f"Crego's list does not tell which lead is ours ({said}).")
        return Outcome(reference_in(ours[0]), text(ours[0].get("status")))

    def list_page(self, first: date, last: date, page: int) -> Request:
        days = {"created_at_after": first.isoformat(), "created_at_before": last.isoformat()}
        return Request.get(
            "list_leads", self.path("list_leads"), **days, page=str(page), page_size=str(PAGE_ROWS)
        )

    def parse_list(self, response: Response) -> Listed:
        body = response.json()
        return Listed(
            tuple(_listed(row) for row in results_of(body, "Crego's")), more_follow(body, "Crego's")
        )

    def check(self) -> Request:
        """Crego's health check: it proves the address, not the token."""
        return Request.get("health", self.path("health"))

    def _program_id(self, record: LeadRecord) -> str:
        return str(self.config.settings["program_ids"].get(record.program_code) or record.program_id)

    def _document_type(self, ours: str) -> str:
        return text(self.config.settings["document_types"].get(ours)).strip()


def _listed(row: dict[str, Any]) -> ListedRow:
    if not reference_in(row):
        raise errors.OutcomeUnknown("Crego's list holds a lead without an id.")
    shown = flat({name: row.get(name) for name in COMPARED})
    fields = {
        path: said[-MOBILE_DIGITS:] if path.endswith("primary_mobile") else said
        for path, said in shown.items()
    }
    made_at = moment(row.get("created_at"))
    return ListedRow(
        reference_in(row), text(row.get("partner_ref_id")), text(row.get("status")), fields, made_at
    )


def _said(row: dict[str, Any], name: str) -> str:
    # Whether Crego gives a number back as it was sent is unknown: the last ten digits are what we sent.
    return text(row.get(name))[-MOBILE_DIGITS:] if name == "primary_mobile" else text(row.get(name))
