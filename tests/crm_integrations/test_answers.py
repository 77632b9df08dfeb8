"""JSON taken apart into its leaves, for comparing and for showing."""

from __future__ import annotations

import pytest

from crm_integrations.answers import fields_of_body, flat, leaves

NESTED = {"a": {"b": [1, {"c": None}]}, "d": True, "e": [], "f": {}, "g": "x"}


def test_leaves_are_told_by_their_paths():
    told = [("a.b[0]", 1), ("a.b[1].c", None), ("d", True), ("e", []), ("f", {}), ("g", "x")]
    assert list(leaves(NESTED)) == told


def test_flat_is_text_without_what_is_null_or_empty():
    assert flat(NESTED) == {"a.b[0]": "1", "d": "true", "g": "x"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"a": [1]}', {"a[0]": 1}),
        (b'{"a": null}', {"a": None}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ('{"a": 1', None),
        (b"[1", None),
        ("", None),
        ("[" * 100_000, None),
    ],
)
def test_fields_of_a_body_are_none_where_it_is_empty_or_cut(body, fields):
    assert fields_of_body(body) == fields
