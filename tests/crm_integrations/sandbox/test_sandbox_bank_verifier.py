"""The twin of a penny drop."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from crm_integrations.sandbox.credentials import CREDENTIALS
from tests import patience

HEADERS = {"Authorization": f"Bearer {CREDENTIALS['bank_verifier']['token']}"}
BODY = {
    "reference": "r-1",
    "account_no": "000111222333",
    "ifsc": "CBIN0281814",
    "account_holder_name": "Asha Verma",
}


def check(sandbox: Any, headers: Any = HEADERS, **fields: Any) -> Any:
    return requests.post(
        f"{sandbox.url}/penny-drop/v1/checks/",
        json={**BODY, **fields},
        headers=headers,
        timeout=patience.SECONDS,
    )


@pytest.mark.parametrize(
    ("account_no", "name"),
    [("000111222333", "ASHA VERMA"), ("000111222399", "MEENA IYER"), ("000111222300", None)],
)
def test_the_numbers_end_decides_in_whose_name_the_account_is(vendor_sandbox, account_no, name):
    answer = check(vendor_sandbox, account_no=account_no)
    told = answer.json()
    assert (answer.status_code, told.get("name_at_bank")) == (201, name)
    assert told["status"] == ("found" if name else "not_found")


def test_a_check_is_found_by_its_reference(vendor_sandbox):
    made = check(vendor_sandbox).json()
    url = f"{vendor_sandbox.url}/penny-drop/v1/checks/"
    for reference, rows in (("r-1", [made]), ("r-2", [])):
        found = requests.get(
            url, params={"reference": reference}, headers=HEADERS, timeout=patience.SECONDS
        ).json()
        assert found == {"count": len(rows), "results": rows}


@pytest.mark.parametrize("fields", [{"ifsc": "NO"}, {"account_no": "1"}, {"reference": ""}, {"more": 1}])
def test_a_wrong_account_is_refused_and_not_kept(vendor_sandbox, fields):
    assert check(vendor_sandbox, **fields).status_code == 400
    assert vendor_sandbox.held("bank_verifier") == []


def test_nobody_is_told_without_the_token(vendor_sandbox):
    assert check(vendor_sandbox, headers={}).status_code == 401
