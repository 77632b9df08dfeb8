"""The pincode directory is complete and ordered."""

from __future__ import annotations

from leadops.reference import pincodes
from leadops.reference.pincodes import PostalArea, areas
from tests import effort


def test_a_pincode_names_its_district_state_and_post_office():
    assert areas("151203") == (PostalArea("Faridkot", "Punjab", "Faridkot HO"),)


def test_a_pincode_that_spans_districts_gives_the_one_with_most_post_offices_first():
    assert [area.district for area in areas("110003")] == ["South East", "New Delhi", "South"]


def test_an_unknown_pincode_has_no_areas():
    assert areas("999999") == areas("") == areas("pincode") == ()


def test_every_row_of_the_directory_is_found_again():
    rows = [row.split(",") for row in pincodes._FILE.read_text(encoding="utf-8").splitlines()[1:]]
    assert len(rows) > 20_000
    assert all(PostalArea(*row[1:]) in areas(row[0]) for row in rows)
    assert sum(len(areas(pincode)) for pincode in {row[0] for row in rows}) == len(rows)


def test_loading_the_directory_is_quick():
    pincodes._directory.cache_clear()
    assert effort.seconds(lambda: areas("151203")) < 0.5  # some 60 ms; the rest is for a slow machine
