"""Crego CRM: a lead with its applicants, addresses and banks.

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
from crm_integrations.records import AddressRecord, ApplicantRecord, BankRecord, LeadRecord, Phone, Record

INDIA = "91"
MOBILE_DIGITS = 10
PAGE_ROWS = 100
COMPARED = ("program_id", "primary_mobile", "applicants")


class CregoCrm(Connector):
    """Leads for Crego's CRM, v1."""

    slug = "crego_crm"
    label = "Crego CRM"
    docs_url = "https://api-docs.crego.io/api-10694292"
    settings = (
        Setting("program_ids", "Program ids", dict, {}, help="Our program code to Crego's program id."),
        Setting("paths", "Paths", dict, {}, help="Overrides of the inferred paths: list_leads, health."),
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
    inferred_paths = {"list_leads": "/v1/crm/leads/", "health": "/v1/crm/health/"}

    @property
    def auth(self) -> Auth:
        return Bearer(self.config.secrets.get("token", ""))

    def missing_lead(self, record: LeadRecord) -> list[Missing]:
        missing = []
        if not self._program_id(record):
            missing.append(Missing("program_id", "Crego files every lead under one of its programs."))
        missing += _odd_phone("primary_mobile", record.primary_mobile)
        if not record.applicants:
            missing.append(Missing("applicants", "Crego takes a lead only with at least one applicant."))
        for position, applicant in enumerate(record.applicants):
            missing += _missing_applicant(f"applicants[{position}]", applicant)
        return missing

    def build_lead(self, record: LeadRecord) -> Request:
        payload = {
            "program_id": self._program_id(record),
            "primary_mobile": record.primary_mobile.national,
            "partner_ref_id": record.ref,
            "applicants": [_applicant(applicant) for applicant in record.applicants],
        }
        return Request.json("create_lead", "/v1/crm/leads/", payload)

    def parse(self, response: Response) -> Outcome:
        # Documented as 200 with an empty object, so the id may have to be asked for; 201 is the LOS habit.
        if response.status not in (200, 201):
            raise errors.OutcomeUnknown(f"Crego answered HTTP {response.status}, not 200 or 201.")
        body = response.object()
        reference = _reference(body)
        return Outcome(reference, text(body.get("status")), look_up=not reference)

    def find(self, record: Record) -> Request:
        assert isinstance(record, LeadRecord)
        return Request.get("list_leads", self.path("list_leads"), partner_ref_id=record.ref)

    def parse_find(self, response: Response, record: Record) -> Outcome | None:
        """The lead that carries our reference; absent only when no lead does.

        One that carries it with another mobile or program is not certain: ours may have been edited since it was sent.
        """
        assert isinstance(record, LeadRecord)
        body = response.json()
        rows = results_of(body, "Crego's")
        wanted = {
            "partner_ref_id": record.ref,
            "program_id": self._program_id(record),
            "primary_mobile": record.primary_mobile.national,
        }
        ours = [row for row in rows if _said(row, "partner_ref_id") in ("", record.ref)]
        whole = is_whole(body, rows, "partner_ref_id", record.ref)
        if whole and not ours:
            return None
        certain = (
            whole and len(ours) == 1 and all(_said(ours[0], name) == value for name, value in wanted.items())
        )
        if not certain or not _reference(ours[0]):
            said = f"{len(ours)} carry our reference"
            raise errors.OutcomeUnknown(f"Crego's list does not tell which lead is ours ({said}).")
        return Outcome(_reference(ours[0]), text(ours[0].get("status")))

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


def _missing_applicant(path: str, applicant: ApplicantRecord) -> list[Missing]:
    missing = []
    if not applicant.applicant_type:
        missing.append(Missing(f"{path}.applicant_type", "Crego has to be told: a business or a person."))
    if not applicant.name:
        missing.append(Missing(f"{path}.name", "Crego takes no applicant without a full name."))
    mobile = applicant.primary_mobile
    return missing + (_odd_phone(f"{path}.primary_mobile", mobile) if mobile else [])


def _odd_phone(path: str, phone: Phone) -> list[Missing]:
    # Crego has no place for a country code: a foreign number would turn into somebody's Indian one.
    if phone.country_code == INDIA and len(phone.national) == MOBILE_DIGITS:
        return []
    return [Missing(path, "Crego takes ten-digit Indian numbers only: it has no place for a country code.")]


def _applicant(applicant: ApplicantRecord) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "applicant_type": applicant.applicant_type,
        "is_primary": applicant.is_primary,
        "is_authorized_signatory": applicant.is_authorized_signatory,
        "business_type": applicant.business_type,
        "tags": list(applicant.tags),
        "name": applicant.name,
        "pan_no": applicant.pan_no,
        "primary_mobile": applicant.primary_mobile.national if applicant.primary_mobile else "",
        "primary_email": applicant.primary_email,
        "addresses": [_address(address) for address in applicant.addresses],
        "banks": [_bank(bank) for bank in applicant.banks],
    }
    # The page's example leaves optional fields out where they are empty, but keeps empty lists.
    return {name: value for name, value in payload.items() if value != ""}


def _address(address: AddressRecord) -> dict[str, Any]:
    return {
        "tags": list(address.tags),
        "address_line": address.address_line,
        "pincode": address.pincode,
        "locality": address.locality,
        "city": address.city,
        "state": address.state,
    }


def _bank(bank: BankRecord) -> dict[str, Any]:
    return {
        "account_type": bank.account_type,
        "account_no": bank.account_no,  # sent even when empty, as on the page
        "account_holder_name": bank.account_holder_name,
        "ifsc": bank.ifsc,
        "is_verified": bank.is_verified,
        "tags": list(bank.tags),
    }


def _listed(row: dict[str, Any]) -> ListedRow:
    if not _reference(row):
        raise errors.OutcomeUnknown("Crego's list holds a lead without an id.")
    shown = flat({name: row.get(name) for name in COMPARED})
    fields = {
        path: said[-MOBILE_DIGITS:] if path.endswith("primary_mobile") else said
        for path, said in shown.items()
    }
    made_at = moment(row.get("created_at"))
    return ListedRow(
        _reference(row), text(row.get("partner_ref_id")), text(row.get("status")), fields, made_at
    )


def _said(row: dict[str, Any], name: str) -> str:
    # Whether Crego gives a number back as it was sent is unknown: the last ten digits are what we sent.
    return text(row.get(name))[-MOBILE_DIGITS:] if name == "primary_mobile" else text(row.get(name))


def _reference(row: dict[str, Any]) -> str:
    # Parts of v1 are MongoDB-backed and say _id.
    return text(row.get("id")).strip() or text(row.get("_id")).strip()
