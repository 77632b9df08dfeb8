"""Texts are tidied without losing a letter."""

from __future__ import annotations

import pytest

from leadops.validation import free_text, tidied
from leadops.validation.plain_text import name, paragraphs, plain, tags


@pytest.mark.parametrize(
    ("written", "tidy"),
    [
        ("Asha Verma", "Asha Verma"),
        ("  Asha   Verma ", "Asha Verma"),
        ("Asha\u00a0Verma", "Asha Verma"),
        ("Asha\nVerma\t", "Asha Verma"),
        ("Asha\u200bVerma\ufeff", "AshaVerma"),
        ("आशा वर्मा", "आशा वर्मा"),
        ("क्\u200dष", "क्\u200dष"),  # the joiner is spelling, not dirt
        ("Jose\u0301", "José"),
        ("#12, MG Road", "#12, MG Road"),
        ("   ", ""),
    ],
)
def test_a_name_keeps_its_letters_and_loses_stray_space(written: str, tidy: str):
    assert free_text(written, 100) == (tidy, ())


@pytest.mark.parametrize("dirty", ["As\x00ha", "As\x07ha", "As\ud800ha", "As\x7fha"])
def test_control_characters_are_taken_out_with_a_warning(dirty: str):
    checked = name(dirty)
    assert checked.value == "Asha"
    assert [problem.code for problem in checked.problems] == ["control_characters"]


def test_a_text_may_be_as_long_as_its_limit_and_no_longer():
    assert free_text("x" * 100, 100).problems == ()
    assert free_text("x" * 101, 100).is_refused
    assert free_text(" " + "x" * 100, 100).value == "x" * 100


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#NAME?", "#DIV/0!", "#VALUE!", "####"])
def test_a_formulas_error_is_no_text(error: str):
    assert free_text(error, 100).value == error
    assert [problem.code for problem in free_text(error, 100).problems] == ["excel_damage"]


def test_a_name_needs_a_letter():
    assert [problem.code for problem in name("24 7").problems] == ["name_without_letters"]
    assert name("D K KRISHI SEWA KENDRA CHAND 2021-22").problems == ()


def test_tags_are_tidied_once_each_in_their_order():
    assert tags([" current", "registered", "current", "", "  "]) == (["current", "registered"], ())
    assert tags(["x" * 51]).is_refused


def test_remarks_keep_their_lines():
    assert paragraphs(" Called  twice \r\n\nwill  send papers\n", 100) == (
        "Called twice\n\nwill send papers",
        (),
    )
    assert paragraphs("one line", 100) == ("one line", ())


def test_a_card_number_broken_over_lines_of_remarks_is_found():
    broken = "4111 1111\n1111 1111"
    assert paragraphs(broken, 100).value == broken
    assert [problem.code for problem in paragraphs(broken, 100).problems] == ["card_data"]


@pytest.mark.parametrize(
    ("written", "ascii_text"),
    [
        ("９８０", "980"),
        ("९८०", "980"),
        ("98\u00a000", "98 00"),
        ("98‑00", "98-00"),
        ("−5", "-5"),
        ("\u200e98", "98"),
    ],
)
def test_numbers_are_written_in_ascii(written: str, ascii_text: str):
    assert plain(written) == ascii_text


@pytest.mark.parametrize("written", ["R 1", " R  1 ", "R\u00a01", "R\u200b 1", "R\t1", "R\x00 1"])
def test_what_is_tidied_is_what_the_check_of_a_text_makes_of_it(written: str):
    assert tidied(written) == free_text(written, 100).value == "R 1"


def test_a_text_that_the_check_refuses_is_tidied_all_the_same():
    assert tidied("4111\u00a01111  1111 1111") == "4111 1111 1111 1111"
