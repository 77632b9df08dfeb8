"""Columns whose header tells nothing are known by what most of their cells look like."""

from __future__ import annotations

import pytest

from leadops.excel import content
from leadops.excel.columns import BY_KEY
from leadops.excel.reading.heading_keys import key
from leadops.excel.sheets import SHEETS
from leadops.models import Address, Applicant, Bank, Lead
from leadops.personal_data import mask_of


@pytest.mark.parametrize(
    ("cells", "header"),
    [
        (["HDFC0000001", "ICIC0001234", "sbin0000691"], "IFSC"),
        (["ABCPV1234L", "AAACR5055K", "abcpk9999z"], "PAN"),
        (["asha@example.com", "b.c@mail.example.in"], "E-mail"),
        (["9800000001", "+91 98000 00002", "098000-00003"], "Mobile"),
        (["110001", "560 001", "400001"], "Pincode"),
        (["12/03/1990", "1990-03-12", "1.2.85"], "Date of birth"),
        (["012345678901", "50100012345678", "123456789"], "Account number"),
    ],
)
def test_what_most_cells_look_like_names_the_column(cells, header):
    found = content.guess([*cells, "", "  "])
    assert found is not None
    assert found.kind.header == header
    assert (found.alike, found.filled) == (len(cells), len(cells))


@pytest.mark.parametrize(
    "cells",
    [
        [],
        ["", " "],
        ["Pune", "Delhi"],
        ["500000", "250000", "300000"],  # amounts, though they have six digits
        ["9800000001", "Asha", "Verma"],
        ["12", "24", "36"],
    ],
)
def test_what_looks_like_nothing_known_is_not_guessed(cells):
    assert content.guess(cells) is None


def test_a_few_odd_cells_do_not_hide_what_the_others_are():
    found = content.guess(["HDFC0000001"] * 8 + ["n/a", "HDFC1"])
    assert found is not None
    assert found.in_words() == "8 of 10 cells are IFSCs"


def test_only_the_first_filled_cells_are_looked_at():
    found = content.guess(["HDFC0000001"] * content.LOOKED_AT + ["x"] * 5000)
    assert found is not None
    assert found.filled == content.LOOKED_AT


@pytest.mark.parametrize(
    ("header", "text", "shown"),
    [
        ("Mobile", "9800000001", "••••0001"),
        ("PAN", "ABCPV1234L", "ABXXXXX34L"),
        ("Account number", "50100012345678", "••••5678"),
        ("Remarks", "call 98000 00001 about ABCPV1234L", "call ••••0001 about ABXXXXX34L"),
        ("", "50100012345678", "••••5678"),
        ("IFSC", "HDFC0000001", "HDFC0000001"),
        ("Remarks", "A/c50100012345678 at HDFC0000001", "A/c••••5678 at HDFC0000001"),
        ("Date of birth", "1990-03-12", "••/••/1990"),
        ("Date of birth", " 12.3.1990", "••/••/1990"),
        ("Date of birth", "12 March 90", "••••"),
        ("Date of birth", "••/••/1990", "••/••/1990"),
        ("Date of birth", "", ""),
        ("", "12/03/1990", "••/••/1990"),
        ("Document issued on", "2015-03-12", "2015-03-12"),
        ("E-mail", "asha@example.com", "a••••@example.com"),
        ("Address", "12 Hill Road", "••••"),
        ("House no", "12", "••••"),
        ("Locality", "Andheri East", "Andheri East"),
        ("City", "Pune", "Pune"),
        ("Pincode", "411001", "411001"),
    ],
)
def test_cells_are_shown_masked_whatever_their_column(header, text, shown):
    assert content.masked(text, BY_KEY.get(key(header))) == shown


MASKED = sorted(
    {
        field.name
        for model in (Lead, Applicant, Address, Bank)
        for field in model._meta.fields
        if mask_of(field) is not None
    }
)
"""What pages of records mask; an identity document's own columns are named without `identity_`."""


@pytest.mark.parametrize("name", MASKED)
def test_what_is_masked_of_a_record_is_masked_in_a_cell_too(name):
    """In workbooks of either layout."""
    columns = {column for sheet in SHEETS for column in sheet.columns}
    found = [each for each in columns if each.attribute in (name, name.removeprefix("identity_"))]
    assert found, f"{name} has no column"
    for column in found:
        for typed in ("Zuleikha Lane 12", "7391", "12 Mar 1990", "QN7391x4"):
            assert typed not in content.masked(typed, column), column


def test_samples_are_the_first_different_cells():
    column = BY_KEY[key("City")]
    assert content.samples(["", "Pune", "Pune", " Delhi ", "Agra", "Goa"], column) == [
        "Pune",
        "Delhi",
        "Agra",
    ]
