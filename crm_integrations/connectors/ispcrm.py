"""ISPCRM by netgroot: a lead of five flat fields.

Source: https://docs.ispcrm.online/create_lead. There is no way to read a lead back.
"""

from __future__ import annotations

from crm_integrations import errors
from crm_integrations.answers import number_as_text, text
from crm_integrations.auth import Bearer
from crm_integrations.connector import Auth, Connector, Missing, Outcome, Request, Response, Secret
from crm_integrations.records import AddressRecord, ApplicantRecord, LeadRecord


class Ispcrm(Connector):
    """Leads for ISPCRM."""

    slug = "ispcrm"
    label = "ISPCRM"
    docs_url = "https://docs.ispcrm.online/create_lead"
    secrets = (Secret("token", "API token", "Made in ISPCRM under /Admin/getToken."),)
    not_carried = (
        "program_id",
        "program_code",
        "primary_mobile.country_code",
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
        "other_addresses",
        "applicants[].applicant_type",
        "applicants[].is_authorized_signatory",
        "applicants[].business_type",
        "applicants[].tags",
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
        "applicants[].pan_no",
        "applicants[].primary_mobile",
        "applicants[].identity_document",
        "applicants[].tax_id",
        "applicants[].insurance_no",
        "applicants[].gstin",
        "applicants[].addresses[].country",
        "applicants[].addresses[].fias_id",
        "applicants[].banks",
    )

    @property
    def auth(self) -> Auth:
        return Bearer(self.config.secrets.get("token", ""))

    def missing_lead(self, record: LeadRecord) -> list[Missing]:
        primary = record.primary
        if primary is None:
            return [Missing("applicants", "ISPCRM needs the name and e-mail address of a person.")]
        path = f"applicants[{record.applicants.index(primary)}]"
        needed = {
            f"{path}.name": (primary.name, "ISPCRM takes no lead without a full name."),
            f"{path}.primary_email": (
                primary.primary_email,
                "ISPCRM takes no lead without an e-mail address.",
            ),
            "primary_mobile": (
                record.primary_mobile.national,
                "ISPCRM takes no lead without a phone number.",
            ),
        }
        return [Missing(field, why) for field, (value, why) in needed.items() if not value]

    def build_lead(self, record: LeadRecord) -> Request:
        primary = record.primary
        assert primary is not None
        payload = {
            "name": primary.name,
            "email": primary.primary_email,
            # The page shows bare digits without a country code and gives no rule.
            "phone": record.primary_mobile.national,
            "address": _address(primary),
            # No look-up exists: our reference in the remarks is how a person finds the lead.
            "remarks": " | ".join(part for part in (record.remarks, f"Ref {record.ref}") if part),
        }
        filled = {name: value for name, value in payload.items() if value}
        return Request.json("create_lead", "/api/v1/subscriber/CreateLead", filled)

    def parse(self, response: Response) -> Outcome:
        body = response.object()
        message = text(body.get("message"))
        if body.get("success") is False:
            raise errors.Rejected(message or "ISPCRM refused without a reason.")
        data = body["data"] if isinstance(body.get("data"), dict) else {}
        reference = number_as_text(data.get("lead_id"))
        # Success is 200 here, not 201, and the page shows an integer id.
        if response.status != 200 or body.get("success") is not True or not reference:
            raise errors.OutcomeUnknown(f"ISPCRM does not say that it has the lead. {message}".rstrip())
        return Outcome(reference, text(data.get("status")), message)


def _address(primary: ApplicantRecord) -> str:
    tagged = primary.address("current", "residence", "registered", "permanent")
    address = tagged or next(iter(primary.addresses), None)
    return _one_line(address) if address else ""


def _one_line(address: AddressRecord) -> str:
    # The address line mostly holds street and number; a lead from another system may have only the parts.
    known = set(address.address_line.replace(",", " ").split())
    parts = (address.street, address.house_no, address.apartment_no)
    unsaid = [part for part in parts if not set(part.split()) <= known]
    return ", ".join(filter(None, [*unsaid, address.one_line]))
