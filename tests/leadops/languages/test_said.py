"""What services say in English, shown in the reader's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from leadops.errors import Gone, LeadopsError
from leadops.languages.said import said

KANPUR = "Sheet Kanpur has 9 rows that look like leads, and is not read, as only those of sheet Pune are."


@pytest.mark.parametrize(
    ("english", "hindi"),
    [
        ("This was deleted meanwhile.", "इसे इस बीच हटा दिया गया।"),
        ("Send 61 leads to isp", "isp को 61 लीड भेजना"),
        ("Lead #4 is draft, so it is not sent. Change its status first.", "Lead #4 “ड्राफ़्ट” है"),
        ("Tried 9 times.", "9 बार कोशिश की गई।"),
        (
            f"{KANPUR} Sheet Agra has 1 row that looks like a lead, and is not read, as only those of sheet Pune are.",
            "Agra में 1",
        ),
    ],
)
def test_a_sentence_is_known_whole_or_by_its_pattern(english, hindi):
    with translation.override("hi"):
        assert hindi in said(english)


def test_sentences_are_said_one_by_one_and_no_place_takes_two_of_them():
    with translation.override("hi"):
        told = said("Sent, but no whole answer came: RemoteDisconnected. This vendor can't be asked.")
    assert told == "भेजा गया, पर पूरा उत्तर नहीं आया: RemoteDisconnected. इस वेंडर से पूछा नहीं जा सकता।"


def test_behind_a_colon_at_the_end_stand_as_many_sentences_as_there_are():
    with translation.override("hi"):
        told = said("Waiting for the lead at crego: HTTP 503. Tried 9 times. This vendor can't be asked.")
    waiting, *why = told.split(": ")
    assert (waiting, why) == (
        "crego में लीड की प्रतीक्षा",
        ["HTTP 503. 9 बार कोशिश की गई। इस वेंडर से पूछा नहीं जा सकता।"],
    )


@pytest.mark.parametrize("text", ["", " ", "Sharma said: call me at ten.", "{name}", "R" * 5000])
def test_what_is_not_ours_stays_as_it_is(text):
    with translation.override("hi"):
        assert said(text) == text


@pytest.mark.parametrize("language", [None, "en-gb"])
def test_the_api_and_what_is_kept_have_it_in_english(language):
    with translation.override(language):
        assert said("This was deleted meanwhile.") == "This was deleted meanwhile."


def test_a_refusal_is_kept_in_english_and_shown_in_hindi():
    with translation.override("hi"):
        refusal: LeadopsError = Gone()
        assert (str(refusal), refusal.message) == ("This was deleted meanwhile.",) * 2
        assert refusal.shown == "इसे इस बीच हटा दिया गया।"
