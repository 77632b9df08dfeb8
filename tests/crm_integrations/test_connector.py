from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_integrations import errors
from crm_integrations.connector import (
    Auth,
    Config,
    Connector,
    Missing,
    Outcome,
    Request,
    Response,
    error_words,
)
from crm_integrations.records import AddressRecord, LeadRecord, LoanAccountRecord
from tests.crm_integrations.connectors.examples import ACCOUNT, LEAD, PARTNER_FIRM, PRIMARY


class Small(Connector):
    """A vendor that takes leads and says nothing more."""

    slug = "small"
    label = "Small"

    def build_lead(self, record: LeadRecord) -> Request:
        return Request.json("create_lead", "/leads", {"name": record.ref})

    def parse(self, response: Response) -> Outcome:
        return Outcome("7")


SMALL = Small(Config("https://vendor.example"))


def test_kinds_are_those_whose_build_is_overridden() -> None:
    assert Small.kinds() == ("lead",)
    assert Connector.kinds() == ()


def test_a_kind_the_vendor_does_not_take_is_unsupported() -> None:
    with pytest.raises(errors.Unsupported, match="Small takes no loan accounts"):
        SMALL.build("loan_account", ACCOUNT)
    with pytest.raises(errors.Unsupported, match="Small can't be asked"):
        SMALL.find(LEAD)


class Unsayable(Small):
    def missing_lead(self, record: LeadRecord) -> list[Missing]:
        raise errors.Rejected("Not by phone.")


def test_what_keeps_missing_from_being_told_is_missing_itself() -> None:
    unsayable = Unsayable(Config("https://vendor.example"))
    assert unsayable.missing("lead", LEAD) == [Missing("", "Not by phone.")]
    with pytest.raises(errors.Rejected, match="Not by phone"):
        unsayable.build("lead", LEAD)


def test_json_is_serialised_once_compactly_and_as_utf8() -> None:
    request = Request.json("op", "/p", {"name": "Фридрих", "n": [1, 2]})
    assert request.body == '{"name":"Фридрих","n":[1,2]}'.encode()
    assert request.headers == {"Content-Type": "application/json"}


def test_a_query_is_encoded_into_the_path() -> None:
    assert Request.get("op", "/p", ref="a/b c&d").path == "/p?ref=a%2Fb+c%26d"
    assert Request.get("op", "/p").path == "/p"


def test_headers_are_added_and_underscores_become_hyphens() -> None:
    request = Request.json("op", "/p", {}).with_headers(customer_key="k")
    assert request.headers == {"Content-Type": "application/json", "customer-key": "k"}


def test_a_success_goes_to_the_vendors_own_reading() -> None:
    assert SMALL.outcome(Response(200)) == Outcome("7")
    assert SMALL.outcome(Response(299)) == Outcome("7")


@pytest.mark.parametrize("status", [199, 300, 400, 599])
def test_anything_but_2xx_never_reaches_it(status: int) -> None:
    with pytest.raises(errors.DeliveryError):
        SMALL.outcome(Response(status))


def test_a_retry_after_that_is_a_date_counts_from_the_vendors_own_clock() -> None:
    later, now = "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:26:00 GMT"
    assert Response(429, headers={"retry-after": later, "date": now}).retry_after == 120
    assert Response(429, headers={"retry-after": now, "date": later}).retry_after == 0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17.0),
        ("99999999999", 99_999_999_999.0),
        ("-4", None),
        ("inf", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("Wed, 21 Oct 2026 07:28:00 +99999999999999999999", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_nothing(header: str, seconds: float | None) -> None:
    assert Response(429, headers={"retry-after": header}).retry_after == seconds


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"detail": "D", "message": "M"}', "D"),
        (b'{"message": "M", "error": "E"}', "M"),
        (b'{"error": "E"}', "E"),
        (b'{"error": true, "name": ["needed"]}', '{"error": true, "name": ["needed"]}'),
        (b'"plain"', "plain"),
        (b"<html>", ""),
        (b"", ""),
    ],
)
def test_the_vendors_words_are_found(body: bytes, words: str) -> None:
    assert error_words(Response(400, body)) == words


def test_the_vendors_words_are_capped() -> None:
    assert len(error_words(Response(400, json.dumps({"detail": "x" * 9000}).encode()))) == 500


@given(
    st.binary(max_size=300) | st.integers(900, 1100).map(lambda depth: b'{"a":' * depth + b"1" + b"}" * depth)
)
def test_no_error_body_breaks_the_reader(body: bytes) -> None:
    with pytest.raises(errors.Rejected):
        SMALL.outcome(Response(400, body))


def test_an_error_without_a_message_says_its_docstring() -> None:
    assert errors.Rejected().message == "The vendor understood the record and refused it."
    assert str(errors.Rejected("No.")) == "No."


def test_an_auth_without_a_token_call_reads_none() -> None:
    assert Auth().token_request() is None
    with pytest.raises(errors.Misconfigured):
        Auth().read_token(Response(200))


# Records --------------------------------------------------------------------------------------------------


def test_the_primary_applicant_is_the_marked_one_else_the_first() -> None:
    unmarked = replace(PRIMARY, is_primary=False)
    marked = replace(PARTNER_FIRM, is_primary=True)
    assert replace(LEAD, applicants=(unmarked, marked)).primary == marked
    assert replace(LEAD, applicants=(unmarked, PARTNER_FIRM)).primary == unmarked
    assert replace(LEAD, applicants=()).primary is None


def test_an_address_is_chosen_in_the_order_of_the_tags() -> None:
    current, registered = AddressRecord(tags=("current",)), AddressRecord(tags=("registered", "permanent"))
    person = replace(PRIMARY, addresses=(current, registered))
    assert person.address("permanent", "current") == registered
    assert person.address("current", "permanent") == current
    assert person.address("office") is None


def test_one_line_says_each_part_once() -> None:
    address = AddressRecord(address_line="Shop 7", locality="Faridkot", city="Faridkot", pincode="151203")
    assert address.one_line == "Shop 7, Faridkot, 151203"


@pytest.mark.parametrize("record", [LEAD, ACCOUNT])
def test_records_are_frozen(record: LeadRecord | LoanAccountRecord) -> None:
    frozen: Any = record
    with pytest.raises(AttributeError):
        frozen.ref = "other"
