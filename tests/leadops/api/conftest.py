"""A partner's client, and the program of Crego's example."""

from __future__ import annotations

from uuid import UUID

import pytest

from leadops.models import Program
from tests import people
from tests.leadops.api.callers import Caller


@pytest.fixture
def api(key) -> Caller:
    return Caller(key)


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
