"""Crego LOS: a loan account for a lead that Crego CRM already has.

Source: https://api-docs.crego.io/api-10694174 (create). The look-up is only named on the site: its path is
INFERRED and can be overridden by the setting `paths`.
"""

from __future__ import annotations

from typing import Any

from crm_integrations import errors
from crm_integrations.auth import Bearer
from crm_integrations.connector import Auth, Connector, Missing, Outcome, Request, Response, Secret, Setting
from crm_integrations.records import LoanAccountRecord, Record

INFERRED_LIST = "/v1/los/accounts/"


class CregoLos(Connector):
    """Loan accounts for Crego's LOS, v1."""

    slug = "crego_los"
    label = "Crego LOS"
    docs_url = "https://api-docs.crego.io/api-10694174"
    settings = (
        Setting("program_ids", "Program ids", dict, {}, help="Our program code to Crego's program id."),
        Setting("paths", "Paths", dict, {}, help="Overrides of the inferred paths: list_accounts."),
    )
    secrets = (Secret("token", "Bearer token", "The staff token that Crego gave you."),)
    # Crego tells the product type, it is not told: it follows from the program.
    not_carried = ("product_type",)
    depends_on = "crego_crm"
    can_find = True

    @property
    def auth(self) -> Auth:
        return Bearer(self.config.secrets.get("token", ""))

    def missing_loan_account(self, record: LoanAccountRecord) -> list[Missing]:
        needed = {
            "lead_reference": (
                record.lead_reference,
                "Crego's own id of the lead: Crego CRM has to take it first.",
            ),
            "ref_id": (record.ref_id, "Crego wants our reference of the account."),
            "program_id": (self._program_id(record), "Crego files every account under one of its programs."),
        }
        return [Missing(name, why) for name, (value, why) in needed.items() if not value]

    def build_loan_account(self, record: LoanAccountRecord) -> Request:
        payload = {
            "crm_lead_id": record.lead_reference,
            "ref_id": record.ref_id,
            "program_id": self._program_id(record),
        }
        return Request.json("create_account", "/v1/los/accounts/", payload)

    def parse(self, response: Response) -> Outcome:
        # Documented as 201; 200 is what Crego's other creates answer.
        if response.status not in (200, 201):
            raise errors.OutcomeUnknown(f"Crego answered HTTP {response.status}, not 201.")
        return _outcome(response.object())

    def find(self, record: Record) -> Request:
        assert isinstance(record, LoanAccountRecord)
        return Request.get("list_accounts", self._list_path, ref_id=record.ref_id)

    def parse_find(self, response: Response, record: Record) -> Outcome | None:
        """The one account with our reference for the lead."""
        assert isinstance(record, LoanAccountRecord)
        body = response.json()
        rows = _rows(body)
        wanted = {"ref_id": record.ref_id, "crm_lead_id": record.lead_reference}
        fitting = [
            row for row in rows if all(_text(row.get(n)) in ("", value) for n, value in wanted.items())
        ]
        whole = _is_whole(body, rows, record.ref_id)
        if whole and not fitting:
            return None
        if not whole or len(fitting) != 1 or not all(_text(fitting[0].get(name)) for name in wanted):
            raise errors.OutcomeUnknown(
                f"Crego's list does not tell which account is ours ({len(fitting)} fit)."
            )
        return _outcome(fitting[0])

    def check(self) -> Request:
        """The first row of the account list: it proves address and token; Crego LOS names no health check."""
        return Request.get("list_accounts", self._list_path, page_size="1")

    @property
    def _list_path(self) -> str:
        return str(self.config.settings["paths"].get("list_accounts") or INFERRED_LIST)

    def _program_id(self, record: LoanAccountRecord) -> str:
        return str(self.config.settings["program_ids"].get(record.program_code) or record.program_id)


def _outcome(account: dict[str, Any]) -> Outcome:
    # Parts of v1 are MongoDB-backed and say _id. "activation" is the only documented status, and the account
    # of the page's sample had moved on before the call answered: the word is kept as it comes.
    reference = _text(account.get("id")).strip() or _text(account.get("_id")).strip()
    if not reference:
        raise errors.OutcomeUnknown("Crego's answer holds no account id.")
    return Outcome(reference, _text(account.get("status")))


def _rows(body: Any) -> list[dict[str, Any]]:
    rows = body.get("results") if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise errors.OutcomeUnknown("Crego's answer is not a list of accounts.")
    return rows


def _is_whole(body: Any, rows: list[dict[str, Any]], ours: str) -> bool:
    # Were our filter ignored, the first page of all accounts would come, and absence would prove nothing.
    if isinstance(body, dict) and "count" in body:
        return bool(body["count"] == len(rows))
    return all(_text(row.get("ref_id")) == ours for row in rows)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
