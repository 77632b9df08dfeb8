"""Crego LOS: a loan account for a lead that Crego CRM already has.

Source: https://api-docs.crego.io/api-10694174 (create). The list, which is also the look-up, and the account's detail
are only named on the site: their paths are INFERRED and can be overridden by the setting `paths`, as can what the
status words mean by `meanings`. The list's envelope and date filters are those of Crego's other lists.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

from crm_integrations import errors
from crm_integrations.answers import flat, is_whole, moment, more_follow, results_of, text
from crm_integrations.auth import Bearer
from crm_integrations.connector import (
    Auth,
    Connector,
    Listed,
    ListedRow,
    Meaning,
    Missing,
    Outcome,
    Request,
    Response,
    Secret,
    Setting,
)
from crm_integrations.records import LoanAccountRecord, Record

PAGE_ROWS = 100
COMPARED = ("crm_lead_id", "ref_id", "program_id")
IDENTIFYING = ("crm_lead_id", "ref_id")


class CregoLos(Connector):
    """Loan accounts for Crego's LOS, v1."""

    slug = "crego_los"
    label = "Crego LOS"
    docs_url = "https://api-docs.crego.io/api-10694174"
    settings = (
        Setting("program_ids", "Program ids", dict, {}, help="Our program code to Crego's program id."),
        Setting(
            "paths", "Paths", dict, {}, help="Overrides of the inferred paths: list_accounts, get_account."
        ),
        Setting(
            "meanings", "Meanings", dict, {}, help="Crego's status word to ours, where we know it otherwise."
        ),
    )
    secrets = (Secret("token", "Bearer token", "The staff token that Crego gave you."),)
    # Crego tells the product type, it is not told: it follows from the program.
    not_carried = ("product_type",)
    depends_on = "crego_crm"
    can_find = True
    can_follow = True
    # Only "activation" is documented; the others are INFERRED from the names of the site's actions.
    meanings = {
        "initiated": Meaning.NEW,
        "assessment": Meaning.IN_REVIEW,
        "approval": Meaning.IN_REVIEW,
        "agreement": Meaning.APPROVED,
        "activation": Meaning.APPROVED,
        "active": Meaning.ACTIVE,
        "dropped": Meaning.STOPPED,
    }
    can_list = True
    inferred_paths = {
        "list_accounts": "/v1/los/accounts/",
        "get_account": "/v1/los/accounts/{id}/",
    }

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
            raise errors.OutcomeUnknown(f"Crego answered HTTP {response.status}, not HTTP 201.")
        return _outcome(response.object())

    def find(self, record: Record) -> Request:
        assert isinstance(record, LoanAccountRecord)
        if not _leads_of(record):
            raise errors.OutcomeUnknown("Crego's accounts can't be told apart without its id of the lead.")
        return Request.get("list_accounts", self.path("list_accounts"), ref_id=record.ref_id)

    def parse_find(self, response: Response, record: Record) -> Outcome | None:
        """The one account with our reference for the lead, under whichever of its ids.

        One of our program for a lead that we don't know may be ours all the same: it is not said to be absent.
        """
        assert isinstance(record, LoanAccountRecord)
        body = response.json()
        rows = results_of(body, "Crego's")
        named = [row for row in rows if text(row.get("ref_id")) in ("", record.ref_id)]
        fitting = [row for row in named if text(row.get("crm_lead_id")) in ("", *_leads_of(record))]
        whole = is_whole(body, rows, "ref_id", record.ref_id)
        if whole and not fitting and not any(self._is_of_program(row, record) for row in named):
            return None
        if not whole or len(fitting) != 1 or not all(text(fitting[0].get(name)) for name in IDENTIFYING):
            raise errors.OutcomeUnknown(
                f"Crego's list does not tell which account is ours ({len(fitting)} fit)."
            )
        return _outcome(fitting[0])

    def check(self) -> Request:
        """The first row of the account list: it proves address and token; Crego LOS names no health check."""
        return Request.get("list_accounts", self.path("list_accounts"), page_size="1")

    def ask_status(self, reference: str) -> Request:
        path = self.path("get_account").replace("{id}", quote(reference, safe=""))
        return Request.get("get_account", path)

    def parse_status(self, response: Response) -> Outcome:
        account = response.object()
        outcome = _outcome(account)
        if not outcome.status:
            raise errors.OutcomeUnknown("Crego's answer holds no status.")
        return Outcome(outcome.reference, outcome.status, text(account.get("drop_reason")))

    def list_page(self, first: date, last: date, page: int) -> Request:
        days = {"created_at_after": first.isoformat(), "created_at_before": last.isoformat()}
        path = self.path("list_accounts")
        return Request.get("list_accounts", path, **days, page=str(page), page_size=str(PAGE_ROWS))

    def parse_list(self, response: Response) -> Listed:
        body = response.json()
        return Listed(
            tuple(_listed(row) for row in results_of(body, "Crego's")), more_follow(body, "Crego's")
        )

    def _is_of_program(self, row: dict[str, Any], record: LoanAccountRecord) -> bool:
        return text(row.get("program_id")) in ("", self._program_id(record))

    def _program_id(self, record: LoanAccountRecord) -> str:
        return str(self.config.settings["program_ids"].get(record.program_code) or record.program_id)


def _leads_of(record: LoanAccountRecord) -> set[str]:
    """Crego's ids of the lead, under any of which the account may have been sent."""
    return {record.lead_reference, *record.lead_references} - {""}


def _outcome(account: dict[str, Any]) -> Outcome:
    # Parts of v1 are MongoDB-backed and say _id. "activation" is the only documented status, and the account
    # of the page's sample had moved on before the call answered: the word is kept as it comes.
    reference = text(account.get("id")).strip() or text(account.get("_id")).strip()
    if not reference:
        raise errors.OutcomeUnknown("Crego's answer holds no account id.")
    return Outcome(reference, text(account.get("status")))


def _listed(account: dict[str, Any]) -> ListedRow:
    outcome = _outcome(account)
    fields = flat({name: account.get(name) for name in COMPARED})
    made_at = moment(account.get("created_at"))
    return ListedRow(outcome.reference, text(account.get("ref_id")), outcome.status, fields, made_at)
