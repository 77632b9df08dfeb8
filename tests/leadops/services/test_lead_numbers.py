"""The whole numbers by which some systems know leads."""

from __future__ import annotations

import pytest

from leadops import search
from leadops.models import Lead, LeadNumber
from leadops.services import lead_numbers
from tests import people


@pytest.fixture
def two(partner, program) -> list[Lead]:
    return people.leads_of(partner, program, 2)


def test_a_lead_keeps_its_number(two):
    first, second = two
    number = lead_numbers.number_of(first.pk)
    assert 1 <= number <= LeadNumber.LARGEST
    assert lead_numbers.number_of(first.pk) == number
    assert lead_numbers.number_of(second.pk) != number


def test_a_number_that_another_lead_has_is_drawn_again(two, monkeypatch):
    first, second = two
    drawn = iter([6, 6, 6, 7])
    monkeypatch.setattr(lead_numbers.secrets, "randbelow", lambda below: next(drawn))
    assert [lead_numbers.number_of(first.pk), lead_numbers.number_of(second.pk)] == [7, 8]


def test_an_officer_finds_a_lead_by_its_number(two):
    number = lead_numbers.number_of(two[0].pk)
    assert search.lead_ids(str(number)) == [two[0].pk]
    assert search.lead_ids(str(LeadNumber.LARGEST + 1)) == []
