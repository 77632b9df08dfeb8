"""IFSC look-ups agree with the rules of the data they come from."""

from __future__ import annotations

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadops.reference import ifsc
from tests import effort

DATA = Path(ifsc.__file__).with_name("data")


@cache
def published(name: str) -> dict[str, Any]:
    return json.loads((DATA / name).read_text())


def known_by_the_datas_own_rule(code: str) -> bool:
    """The rule of razorpay/ifsc's readers, over the file as it is published."""
    if len(code) != 11 or code[4] != "0" or code[:4] not in published("ifsc_branches.json"):
        return False
    branch = code[5:]
    return (int(branch) if branch.isascii() and branch.isdigit() else branch) in published(
        "ifsc_branches.json"
    )[code[:4]]


def every_branch() -> list[str]:
    return [
        f"{bank}0{branch:06d}" if isinstance(branch, int) else f"{bank}0{branch}"
        for bank, branches in published("ifsc_branches.json").items()
        for branch in branches
    ]


def test_every_published_branch_is_known():
    assert [code for code in every_branch() if not ifsc.is_known_branch(code)] == []


@pytest.mark.parametrize(
    "code",
    [
        "CBIN0999999",  # no such numeric branch
        "CBIN0ZZZZZZ",  # no such lettered branch
        "QQQQ0281814",  # no such bank
        "CBIN1281814",  # fifth character
        "CBINO281814",  # the letter O for the digit 0
        "CBIN028181",
        "CBIN02818145",
        "cbin0281814",
        "CBIN0२८१८१४",
        "",
    ],
)
def test_an_ifsc_that_breaks_a_rule_is_unknown(code: str):
    assert not ifsc.is_known_branch(code)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_changed_ifsc_is_known_exactly_when_the_datas_own_rule_knows_it(data: st.DataObject):
    banks = sorted(published("ifsc_branches.json"))
    code = (
        data.draw(st.sampled_from(banks)) + "0" + data.draw(st.text("0123456789AB", min_size=6, max_size=6))
    )
    changed = list(code)
    changed[data.draw(st.integers(0, 10))] = data.draw(st.sampled_from("0123456789ABCXYZ०٣²"))
    for each in (code, "".join(changed)):
        assert ifsc.is_known_branch(each) == known_by_the_datas_own_rule(each)


@pytest.mark.parametrize(
    ("code", "bank"),
    [
        ("CBIN0281814", ("CBIN", "Central Bank of India")),
        ("KSCB0006001", ("KTTX", "Tumkur District Central Bank")),  # a prefix lent to another bank
        ("WBSC0KPCB01", ("", "Kolkata Police Co-operative Bank")),  # to a bank without a code of its own
        ("IBKL0116SBK", ("SKUX", published("ifsc_banks.json")["SKUX"])),  # one code lent
        ("AANB0000001", ("AANB", "AANB")),  # a bank the data does not name
    ],
)
def test_the_bank_that_answers_for_an_ifsc_is_named(code: str, bank: tuple[str, str]):
    assert ifsc.bank_of(code) == bank


def test_every_lent_ifsc_names_the_borrowing_bank():
    names = published("ifsc_banks.json")
    lent = {code: bank for code, bank in published("ifsc_sublet.json").items() if ifsc.is_known_bank(code)}
    assert len(lent) > 1000
    assert {code: ifsc.bank_of(code) for code in lent} == {
        code: (bank, names[bank]) for code, bank in lent.items()
    }


@pytest.mark.parametrize("code", ["QQQQ0281814", "CBIN1281814", "CBIN", ""])
def test_no_bank_is_named_for_what_is_not_an_ifsc(code: str):
    assert ifsc.bank_of(code) is None


def test_loading_and_looking_up_are_quick():
    ifsc._branches.cache_clear()
    look_up = partial(ifsc.is_known_branch, "CBIN0281814")
    assert effort.seconds(look_up) < 0.5  # some 40 ms; the rest is for a slow machine
    assert effort.seconds(lambda: [look_up() for _ in range(10_000)]) / 10_000 < 10e-6
