"""A lead whose pages somebody wants to open."""

from __future__ import annotations

import pytest

from leadops.models import Lead, Partner, Program
from tests import people


@pytest.fixture
def lead(partner: Partner, program: Program) -> Lead:
    return people.leads_of(partner, program)[0]
