"""A partner's client, and the program of Crego's example."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from leadops.models import Program
from tests import people
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller


@pytest.fixture
def api(key) -> Caller:
    return Caller(key)


@pytest.fixture
def lead(api, program) -> dict[str, Any]:
    """A stored lead of a business and its signatory, who has a bank account and an address, as it was answered."""
    owner = bodies.applicant(
        applicant_type="business",
        name="Verma Traders",
        pan_no="ABCCV1234L",
        primary_mobile="9000000003",
        addresses=[bodies.address()],
        banks=[bodies.bank()],
    )
    signatory = bodies.person(is_primary=False, is_authorized_signatory=True)
    body = bodies.lead(program, partner_ref_id="P-1", applicants=[owner, signatory])
    answer = api.post("/v1/crm/leads/", body)
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
def other_api(other_key) -> Caller:
    return Caller(other_key)


@pytest.fixture
def nobody(db) -> Caller:
    """Calls without a key."""
    return Caller(None)


@pytest.fixture
def example_program(db) -> Program:
    """The program that Crego's example names."""
    return people.program("example", "The example's", id=UUID("4b67c764-afb3-4570-ac21-025ea3255b6e"))
