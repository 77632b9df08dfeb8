"""What a pincode and an IFSC stand for, over REST."""

from __future__ import annotations

import pytest

from leadops.models import ApiKey

PINCODES, IFSCS = "/v1/crm/addresses/pincode/", "/v1/crm/banks/ifsc/"


def test_a_pincode_tells_city_and_state_in_cregos_shape(api, django_assert_num_queries):
    api.get(f"{PINCODES}110003/")  # from now on the session knows the statements
    ApiKey.objects.update(last_used_at=None)
    with django_assert_num_queries(3):  # the key, its count, and the note that it was used
        answer = api.get(f"{PINCODES}151203/")
    assert (answer.status_code, answer.json()) == (
        200, {"pincode": "151203", "city": "Faridkot", "district": "Faridkot", "state": "Punjab"},
    )  # fmt: skip


def test_a_pincode_in_several_districts_tells_the_one_that_addresses_are_filled_with(api):
    assert api.get(f"{PINCODES}110003/").json()["district"] == "South East"


@pytest.mark.parametrize("text", ["CBIN0281814", "cbin0281814"])
def test_an_ifsc_tells_its_bank_in_cregos_shape(api, text):
    assert api.get(f"{IFSCS}{text}/").json() == {
        "ifsc": "CBIN0281814",
        "bank": "Central Bank of India",
        "branch": None,
        "city": None,
        "state": None,
        "micr": None,
    }


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"{PINCODES}999999/", "India Post has no such pincode; please check it."),
        (f"{IFSCS}ZZZZ0000001/", "No bank has an IFSC that begins with ZZZZ; please check the first four letters."),
        (f"{IFSCS}CBIN0ZZZZZZ/",
         "Central Bank of India has no such branch; check the last six characters of the IFSC."),
    ],
)  # fmt: skip
def test_what_there_is_none_of_is_not_found(api, path, words):
    answer = api.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:leadops:problem:not-found")
    assert answer.json()["detail"] == words


@pytest.mark.parametrize(
    ("path", "field", "code"),
    [
        (f"{PINCODES}15120/", "pincode", "invalid_pincode"),
        (f"{PINCODES}051203/", "pincode", "invalid_pincode"),
        (f"{PINCODES}1.5E5/", "pincode", "excel_damage"),
        (f"{PINCODES}%20/", "pincode", "required"),
        (f"{IFSCS}CBIN/", "ifsc", "ifsc_length"),
        (f"{IFSCS}CBIN1281814/", "ifsc", "ifsc_fifth_character"),
        (f"{IFSCS}%20/", "ifsc", "required"),
    ],
)
def test_what_could_not_be_one_is_an_error(api, path, field, code):
    answer = api.get(path)
    assert answer.status_code == 400
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]
