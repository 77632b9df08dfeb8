"""Masks that come back are known for masks, whatever number they stand for."""

from __future__ import annotations

import pytest

from leadops import masking


@pytest.mark.parametrize(
    "mask",
    [
        masking.pan("ABCPK1234L"),
        masking.gstin("03ABCPK1234L1ZW"),
        masking.dotted("9876543210"),
        masking.email("asha@example.com"),
    ],
)
def test_a_mask_is_known_when_it_comes_back(mask):
    assert masking.is_masked(mask)


@pytest.mark.parametrize("value", ["ABCPK1234L", "03ABCPK1234L1ZW", "9876543210", "asha@example.com", ""])
def test_what_a_mask_stands_for_is_none(value):
    assert not masking.is_masked(value)
