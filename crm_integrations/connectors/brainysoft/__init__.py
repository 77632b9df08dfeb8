"""Brainysoft bs-core: a lead with passport, two addresses and the ids of the tenant's directories.

Sources: https://docs.brainysoft.ru/documentation/page/453 (create), page/735 (search), the scenario pages of
/en/developers/ and docs-beta.brainysoft.ru (field names). Card fields exist there and are never sent.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from crm_integrations import errors
from crm_integrations.answers import number_as_text, text
from crm_integrations.auth import ClientCredentials, Login, StaticHeader
from crm_integrations.connector import Auth, Connector, Listed, Missing, Outcome, Request, Response
from crm_integrations.connectors.brainysoft import declared, reading, required
from crm_integrations.connectors.brainysoft.parts import address_parts, day, filled, passport, with_extra
from crm_integrations.records import AddressRecord, ApplicantRecord, LeadRecord, Record

HEADER = "bsauth"
NAME_LENGTH = 50
NATURAL_PERSON = {"person": True, "business": False}


class Brainysoft(Connector):
    """Leads for a Brainysoft core."""

    slug = "brainysoft"
    label = "Brainysoft"
    docs_url = "https://docs.brainysoft.ru/documentation/page/453"
    channels: ClassVar[dict[str, str]] = {word.lower(): word for word in declared.CHANNELS}
    sex_ids: ClassVar[dict[str, int]] = {"male": 101251, "female": 101252}
    period_units: ClassVar[dict[str, str]] = {u: u for u in ("DAYS", "WEEKS", "MONTHS", "YEARS")}
    settings = declared.SETTINGS
    secrets = declared.SECRETS
    extra_fields = declared.EXTRA_FIELDS
    not_carried = declared.NOT_CARRIED
    can_find = True
    # A search takes <, >, = and % in a value as comparisons: by such a reference no lead could be asked for.
    partner_references = re.compile(r"[^<>=%!*]+")
    can_follow = True
    meanings = declared.MEANINGS
    can_list = True

    @property
    def auth(self) -> Auth:
        settings, secrets = self.config.settings, self.config.secrets
        if settings["auth_mode"] == "static":
            return StaticHeader(HEADER, secrets.get("token", ""))
        if settings["auth_mode"] == "login":
            names = settings["customer_key"], settings["user_name"]
            return Login(self._path("/main/login"), *names, secrets.get("password", ""), HEADER)
        client = secrets.get("client_id", ""), secrets.get("client_secret", "")
        return ClientCredentials(f"{settings['auth_url'].rstrip('/')}/oauth/token", *client, HEADER)

    def missing_lead(self, record: LeadRecord) -> list[Missing]:
        primary = record.primary
        if primary is None:
            return [Missing("applicants", "Brainysoft needs the first name of a person.")]
        path = f"applicants[{record.applicants.index(primary)}]"
        missing = []
        if not _first_name(primary):
            missing.append(Missing(f"{path}.first_name", "Brainysoft takes no lead without a first name."))
        for field, value in (("first_name", _first_name(primary)), ("last_name", primary.last_name)):
            if len(value) > NAME_LENGTH:
                missing.append(
                    Missing(f"{path}.{field}", f"Brainysoft takes at most {NAME_LENGTH} characters.")
                )
        if not record.primary_mobile.digits:
            missing.append(Missing("primary_mobile", "Brainysoft takes no lead without a mobile number."))
        return missing + required.lacking(primary, path, self.config.settings["also_required"])

    def build_lead(self, record: LeadRecord) -> Request:
        person, settings = record.primary, self.config.settings
        assert person is not None
        unit = self.period_units.get(record.loan_tenure_unit)
        payload = {
            "addressData": self._address(person.address("current", "residence") or _untagged(person)),
            "amount": _number(record.loan_amount),
            "averageMonthlyCost": _number(person.monthly_expenses),
            "birthCountryId": self._country_id(person.nationality),  # citizenship, says the create page
            "birthDate": day(person.date_of_birth),
            "birthPlace": person.place_of_birth,
            "channel": self.channels.get(record.channel.lower(), settings["channel"]),
            "creditProductId": settings["credit_product_id"],
            "email": person.primary_email,
            "employerTitle": person.employer_name,
            "firstName": _first_name(person),
            "gettingMoneyMethodId": settings["getting_money_method_id"],
            "inn": person.tax_id,
            "lastName": person.last_name,
            "managerId": settings["manager_id"],
            "meanIncome": _number(person.monthly_income),
            "mobilePhone": record.primary_mobile.digits,
            "naturalPerson": NATURAL_PERSON.get(person.applicant_type),
            "orderCode": record.ref,
            "passport": passport(person.identity_document),
            "patronymic": person.middle_name,
            "period": record.loan_tenure if unit else None,
            "periodUnit": unit if record.loan_tenure else None,
            "registrationAddressData": self._address(person.address("registered", "permanent")),
            "sexId": self.sex_ids.get(person.gender),
            "snils": person.insurance_no,
            "storeCode": settings["store_code"] or record.partner_code,
            "subdivisionId": settings["subdivision_id"],
            "title": person.name if person.applicant_type == "business" else "",
        }
        return Request.json("create_lead", self._path("/main/leads"), with_extra(payload, record.extra))

    def parse(self, response: Response) -> Outcome:
        # HTTP 200 may carry an error: the body's own flag decides.
        body = response.object()
        if body.get("status") == "error":
            raise errors.Rejected(self.words(response))
        lead_id = number_as_text(body.get("data"))
        if body.get("status") != "ok" or not lead_id:
            raise errors.OutcomeUnknown("Brainysoft does not say that it has the lead.")
        return Outcome(lead_id)

    def find(self, record: Record) -> Request:
        search = {
            "fields": ["id", "orderCode", "currentStatus", "mobilePhone"],
            "searchFields": [{"field": "orderCode", "value": record.ref}],
        }
        return Request.json("find_lead", self._path("/main/leads/partial-load"), search)

    def parse_find(self, response: Response, record: Record) -> Outcome | None:
        rows = reading.rows(response.json())
        if not rows:
            return None
        # A row with another order code means that the search did not do what we asked for; one with another mobile
        # may be an order that a partner sent there itself.
        assert isinstance(record, LeadRecord)
        is_ours = rows[0].get("orderCode") == record.ref and _is_for(record, rows[0])
        if len(rows) > 1 or not is_ours or not number_as_text(rows[0].get("id")):
            raise errors.OutcomeUnknown(
                f"Brainysoft's search does not tell which lead is ours ({len(rows)} rows)."
            )
        return Outcome(number_as_text(rows[0]["id"]), text(rows[0].get("currentStatus")))

    def ask_status(self, reference: str) -> Request:
        return Request.get("get_lead", self._path(f"/main/leads/{quote(reference, safe='')}"))

    def ask_further(self, response: Response) -> Request | None:
        """An approved lead has become an application: from then on its word is the one that counts."""
        application = number_as_text(reading.data(response).get("loanApplicationId"))
        return (
            Request.get("get_application", self._path(f"/main/loan-apps/{application}"))
            if application
            else None
        )

    def parse_status(self, response: Response) -> Outcome:
        data = reading.data(response)
        application_status = number_as_text(data.get("currentStatusId"))
        status = application_status or text(data.get("currentStatus"))
        if not status:
            raise errors.OutcomeUnknown("Brainysoft's answer holds no status.")
        # The id of an application is not that of the lead we sent.
        return Outcome("" if application_status else number_as_text(data.get("id")), status)

    def list_page(self, first: date, last: date, page: int) -> Request:
        # Page 735 has the comparison inside the value; that creationDate can be searched by is INFERRED.
        by = self.config.settings["list_by"]
        search = {
            "fields": ["id", "orderCode", "currentStatus", "creationDate", *reading.COMPARED],
            "orderBy": "id",
            "orderDirection": "ASC",
            "searchFields": [
                {"field": by, "value": f">={first.isoformat()} 00:00:00"},
                {"field": by, "value": f"<={last.isoformat()} 23:59:59"},
            ],
            "countFrom": (page - 1) * reading.PAGE_ROWS,
            "countTo": page * reading.PAGE_ROWS,
        }
        return Request.json("list_leads", self._path("/main/leads/partial-load"), search)

    def parse_list(self, response: Response) -> Listed:
        rows = reading.rows(response.json())
        return Listed(tuple(reading.listed(row) for row in rows), len(rows) >= reading.PAGE_ROWS)

    def check(self) -> Request:
        """Who the token belongs to: it proves address and credentials."""
        return Request.get("whoami", self._path("/utils/session/whoami"))

    def words(self, response: Response) -> str:
        # The envelope of errors: {"status": "error", "data": {"code", "message", "type"}}.
        try:
            data = response.object().get("data")
        except errors.OutcomeUnknown:
            data = None
        named = data if isinstance(data, dict) else {}
        said = [named[name] for name in ("code", "message") if isinstance(named.get(name), str)]
        return ": ".join(said)[:500] or super().words(response)

    def _path(self, path: str) -> str:
        return f"{self.config.settings['path_prefix'].rstrip('/')}{path}"

    def _address(self, address: AddressRecord | None) -> dict[str, Any]:
        if address is None:
            return {}
        return filled({"countryId": self._country_id(address.country), **address_parts(address)})

    def _country_id(self, country: str) -> Any:
        # Ids of countries are the tenant's: the few in the vendor's examples are no rule.
        return self.config.settings["country_ids"].get(country)


def _is_for(record: LeadRecord, row: dict[str, Any]) -> bool:
    known = record.primary_mobile.digits  # none of an erased lead: there the order code has to do
    return not known or text(row.get("mobilePhone")) in ("", known)


def _first_name(person: ApplicantRecord) -> str:
    """The first name, else what is left of the full name without the known last and middle name.

    Which word of a bare full name is the surname differs between peoples, and a wrong surname can attach the
    lead to another client: such a name goes whole into firstName, which the vendor accepts and can't enrich.
    """
    if person.first_name or person.applicant_type == "business":
        return person.first_name or person.name
    known = {*person.last_name.split(), *person.middle_name.split()}
    return " ".join(word for word in person.name.split() if word not in known) or person.name


def _untagged(person: ApplicantRecord) -> AddressRecord | None:
    return next((address for address in person.addresses if not address.tags), None)


def _number(money: Decimal | None) -> int | float | None:
    if money is None:
        return None
    return int(money) if money == money.to_integral_value() else float(money)
