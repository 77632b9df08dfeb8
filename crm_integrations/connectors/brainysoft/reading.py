"""Reading what a Brainysoft core answers: its envelope, one record, the rows of a search."""

from __future__ import annotations

from typing import Any

from crm_integrations import errors
from crm_integrations.answers import flat, moment, number_as_text, objects, text
from crm_integrations.connector import ListedRow, Response

PAGE_ROWS = 100
COMPARED = (
    "firstName",
    "lastName",
    "patronymic",
    "mobilePhone",
    "email",
    "amount",
    "period",
    "periodUnit",
    "storeCode",
)


def rows(body: Any) -> list[dict[str, Any]]:
    """The rows of a search."""
    # A search answers in the envelope; one page of the vendor shows a bare array instead (page/701).
    enveloped = isinstance(body, dict) and body.get("status") == "ok"
    return objects(body.get("data") if enveloped else body, "Brainysoft's")


def data(response: Response) -> dict[str, Any]:
    """The one record in the envelope."""
    body = response.object()
    record = body.get("data")
    if body.get("status") != "ok" or not isinstance(record, dict):
        raise errors.OutcomeUnknown("Brainysoft's answer holds no record.")
    return record


def listed(row: dict[str, Any]) -> ListedRow:
    """One row of a search as a row of the list."""
    reference = number_as_text(row.get("id"))
    if not reference:
        raise errors.OutcomeUnknown("Brainysoft's list holds a lead without an id.")
    # Absent texts come back as "", and we send none.
    shown = flat({name: row.get(name) for name in COMPARED})
    fields = {name: said for name, said in shown.items() if said}
    made_at = moment(row.get("creationDate"), in_a_second=1000)
    return ListedRow(reference, text(row.get("orderCode")), text(row.get("currentStatus")), fields, made_at)
