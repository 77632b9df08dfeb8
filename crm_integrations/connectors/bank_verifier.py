"""A penny drop: a bank is asked in whose name an account is.

No vendor's interface: it is our own, as docs/vendors/bank_verifier.md describes it and the sandbox serves it. A
provider is met by a proxy in front of it, or by a connector of its own that takes the same kind of record.
"""

from __future__ import annotations

from typing import Any

from crm_integrations import errors
from crm_integrations.answers import is_whole, results_of, text
from crm_integrations.auth import Bearer
from crm_integrations.connector import Auth, Connector, Missing, Outcome, Request, Response, Secret
from crm_integrations.records import BankAccountRecord, Record

CHECKS = "/penny-drop/v1/checks/"


class BankVerifier(Connector):
    """Bank accounts for a service that verifies them."""

    slug = "bank_verifier"
    label = "Bank verification"
    docs_url = ""
    secrets = (Secret("token", "Bearer token", "The token that the service gave you."),)
    can_find = True

    @property
    def auth(self) -> Auth:
        return Bearer(self.config.secrets.get("token", ""))

    def missing_bank(self, record: BankAccountRecord) -> list[Missing]:
        needed = {
            "account_no": (record.account_no, "There is nothing to verify without an account number."),
            "ifsc": (record.ifsc, "There is nothing to verify without an IFSC."),
        }
        return [Missing(name, why) for name, (value, why) in needed.items() if not value]

    def build_bank(self, record: BankAccountRecord) -> Request:
        payload = {
            "reference": record.ref,
            "account_no": record.account_no,
            "ifsc": record.ifsc,
            "account_holder_name": record.account_holder_name,
        }
        return Request.json("check_account", CHECKS, payload)

    def parse(self, response: Response) -> Outcome:
        return _outcome(response.object())

    def find(self, record: Record) -> Request:
        return Request.get("list_checks", CHECKS, reference=record.ref)

    def parse_find(self, response: Response, record: Record) -> Outcome | None:
        """The one check with our reference."""
        body = response.json()
        rows = results_of(body, "The verifier's")
        if not is_whole(body, rows, "reference", record.ref) or len(rows) > 1:
            raise errors.OutcomeUnknown(
                f"The verifier's list does not tell which check is ours ({len(rows)} rows)."
            )
        return _outcome(rows[0]) if rows else None

    def check(self) -> Request:
        """The checks with a reference that nobody has: it proves address and token, and asks no bank."""
        return Request.get("list_checks", CHECKS, reference="none")


def _outcome(check: dict[str, Any]) -> Outcome:
    """What the bank said: that the account is in a name, or why there is none."""
    reference, status = text(check.get("id")).strip(), text(check.get("status"))
    name, reason = text(check.get("name_at_bank")).strip(), text(check.get("reason")).strip()
    if not reference or status not in ("found", "not_found") or (status == "found") != bool(name):
        raise errors.OutcomeUnknown("The verifier's answer does not tell in whose name the account is.")
    said = f"The account is in the name of {name}." if name else reason
    return Outcome(reference, status, said, facts={"name_at_bank": name, "reason": reason})
