"""Card data is refused wherever it comes in, and never repeated; other numbers pass."""

from __future__ import annotations

import json
import uuid
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn, verhoeff

from leadops.drafts import LeadDraft
from leadops.validation import LongNumber, check_lead, refuse_cards, refuse_cell, refuse_header
from leadops.validation.card_numbers import hidden_numbers, passes_luhn
from leadops.validation.cards import names_card_data
from leadops.validation.plain_text import plain
from tests import effort


def card(start: str, length: int) -> str:
    body = start + "0123456789012345678"[len(start) : length - 1]
    return body + luhn.calc_check_digit(body)


def aadhaar(start: str = "23412341234") -> str:
    return start + verhoeff.calc_check_digit(start)


@pytest.mark.parametrize(
    "name",
    [
        "cardNumber",
        "card_no",
        "card-number",
        "CARDNUMBER",
        "cardno",
        "Card No.",
        "Debit Card Number",
        "credit_card_no_1",
        "Kisan Credit Card No",
        "cvc",
        "CVV",
        "cvv2",
        "C.V.V.",
        "cardCvc",
        "CVVCode",
        "cardHolder",
        "card_holder_name",
        "Name on Card",
        "validThru",
        "validThruMonth",
        "valid thru",
        "cardExpiry",
        "expiryMonth",
        "ATM PIN",
        "card",
        "creditCard",
        "ｃａｒｄ no",
        "Номер карты",
        "please write your card number here, all sixteen digits of it, and nothing else",
        "CVC-код",
        "Срок действия карты",
    ],
)
def test_a_field_that_asks_for_card_data_is_recognised_in_any_spelling(name: str):
    assert names_card_data(name)
    [finding] = refuse_header(name)
    assert (finding.field, finding.code) == (name, "card_data")


@pytest.mark.parametrize("asked", ["cvv", "card number", "cardHolder", "valid thru"])
@pytest.mark.parametrize("length", [60, 64, 65, 200])
def test_a_long_name_is_read_to_its_end(asked: str, length: int):
    before = ("please tell us also " * 20)[: length - 1] + " "
    assert not names_card_data(before)
    assert names_card_data(before + asked)
    [finding] = refuse_cards({before + asked: "x"})
    assert finding.code == "card_data"


@pytest.mark.parametrize(
    "name",
    [
        "pan_no",
        "PAN Card No",
        "pancardno",
        "panCardNumber",
        "Aadhaar card number",
        "Ration Card No.",
        "Voter ID Card Number",
        "id_card_no",
        "name on PAN card",
        "account_no",
        "account_holder_name",
        "applicants",
        "is_verified",
        "expires_on",
        "work exp years",
        "Credit card limit",
        "discard",
        "recvCount",
        "service_code",
        "pincode",
        "",
    ],
)
def test_a_field_that_asks_for_something_else_is_let_through(name: str):
    assert not names_card_data(name)
    assert refuse_header(name) == []


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "４１１１１１１１１１１１１１１１",
        "४१११११११११११११११",
        "378282246310005",
        "5555 5555 5555 4444",
        card("2200", 16),  # Mir
        card("2720", 16),
        card("6521", 16),  # RuPay
        card("6011", 16),
        card("3530", 16),
        card("36", 14),
        card("62", 19),
        card("4", 13),
    ],
)
@pytest.mark.parametrize("text", ["{}", "his card is {} thanks", "a{}b", "12 {}", "{} 12/27"])
def test_a_card_number_is_found_in_free_text(text: str, number: str):
    written = text.format(number)
    [finding] = refuse_cards({"remarks": written})
    assert (finding.field, finding.code) == ("remarks", "card_data")
    assert not any(digit in finding.message for digit in "0123456789")


MARKS = ("_", "/", "|", ",", ":", "*", "+", " - ", " / ", ", ", "--", "\n", ")(", "] [", "…", " · ")


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    "number", ["4111 1111 1111 1111", "3782 822463 10005", "3056 930902 5904", "5555 5555 5555 4444"]
)
@pytest.mark.parametrize("text", ["{}", "his card is {} thanks", "({})", "12 {}", "{} 12/27", "x_{}_y"])
def test_a_card_number_is_found_whatever_stands_between_its_groups(text: str, number: str, mark: str):
    written = text.format(number.replace(" ", mark))
    assert [finding.code for finding in refuse_cards({"remarks": written})] == ["card_data"]


@pytest.mark.parametrize("mark", ["-", "/", " | ", "_", ", "])
@pytest.mark.parametrize("size", [1, 2, 8])
def test_a_card_number_that_is_spelled_out_is_found(mark: str, size: int):
    number = "4111111111111111"
    written = mark.join(number[at : at + size] for at in range(0, 16, size))
    assert [finding.code for finding in refuse_cards({"remarks": written})] == ["card_data"]


def test_a_card_number_with_mixed_marks_is_found():
    assert len(refuse_cards({"remarks": "4111 1111_1111 1111 and more"})) == 1
    assert len(refuse_cards({"remarks": "4111(1111)1111[1111]"})) == 1


@pytest.mark.parametrize(
    "text",
    [
        "cvv 123",
        "CVC: 456",
        "cvv2=789",
        "cvv123",
        "Cvc - 1234",
        "my_cvv_123",
        "cvc2 (987)",
        "ｃｖｖ １２३",
        "cvv: १२३",
        "cvv is 123",
        "C V V 123",
        "c.v.c. no 1234",
        "security code: 123",
    ],
)
def test_a_check_number_behind_its_name_is_found(text: str):
    for written in (text, f"card of {text}, exp 12/27"):
        [finding] = refuse_cards({"remarks": written})
        assert finding.code == "card_data"
        assert not any(digit in finding.message for digit in "0123456789")
    draft = LeadDraft(primary_mobile="9800000001", loan_purpose=text)
    assert [finding.code for finding in check_lead(draft)] == ["card_data"]


@pytest.mark.parametrize("text", ["4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005"])
def test_a_card_in_its_printed_groups_is_no_account_number(text: str):
    for field in ("account_no", "primary_mobile"):
        assert [finding.code for finding in refuse_cards({field: text})] == ["card_data"]
    assert refuse_cards({"account_no": text.replace(text[4], "")}) == []


@pytest.mark.parametrize(
    "text",
    ["cv 123", "cvv 12", "cvv 12345", "the cvv was asked for", "recvc 123", "cvv", "cvvx 123", "CV of 2012"],
)
def test_words_like_a_check_numbers_name_are_let_through(text: str):
    assert refuse_cards({"remarks": text}) == []


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # Luhn fails
        card("1", 16),  # no scheme's cards begin so
        card("9", 16),
        card("4", 20),
        "411111111111",
        "2021-22 and 2022-23",
        "9800000001 9800000002",
        "2024-12-31 10:20:30",
        "Plot 12, Sector 34, 151203",
        "",
    ],
)
def test_other_numbers_are_let_through(text: str):
    assert refuse_cards({"remarks": text}) == []


def test_the_path_leads_to_the_value_at_any_depth():
    body = {
        "applicants": [
            {"name": "Asha"},
            {"banks": [{"cardNumber": "x", "notes": ["ok", "4111111111111111"]}]},
        ]
    }
    assert [finding.field for finding in refuse_cards(body)] == [
        "applicants[1].banks[0].cardNumber",
        "applicants[1].banks[0].notes[1]",
    ]


def test_a_card_field_is_refused_even_when_it_is_empty():
    assert [finding.field for finding in refuse_cards({"cvc": None, "card": {}})] == ["cvc", "card"]


def test_a_number_without_quotes_is_a_value_too():
    assert len(refuse_cards({"note": 4111111111111111})) == 1
    assert len(refuse_cards({"note": 4111111111111111.0})) == 1
    assert refuse_cards({"flag": True, "big": 10**5000, "float": float("inf"), "nan": float("nan")}) == []


def test_a_card_number_in_place_of_a_key_is_not_repeated_in_the_path():
    [finding] = refuse_cards({"extra": {"4111111111111111": 1}})
    assert finding.field == "extra.(number)"
    [finding] = refuse_cards(
        {"extra": {"written behind a long name, where nobody would look for it at all: 4111111111111111": 1}}
    )
    assert finding.field == "extra.(number)"


def test_account_numbers_and_mobiles_are_exempt():
    account, mobile = card("4", 16), card("4", 13)
    applicant = {"primary_mobile": mobile, "banks": [{}, {"account_no": account}]}
    lead = {"primary_mobile": mobile, "mobile": mobile, "applicants": [{}, applicant]}
    assert refuse_cards(lead) == refuse_cards(applicant) == refuse_cards({"account_no": account}) == []
    assert refuse_cell("C7", "account_no", account) == refuse_cell("C7", "primary_mobile", mobile) == []


@pytest.mark.parametrize("number", [card("4", 16), "378282246310005", card("4", 13), aadhaar()])
@pytest.mark.parametrize(
    "name", ["account_no", "mobile", "primary_mobile", "phone", "telephone", "inn", "tax_id"]
)
def test_a_name_says_nothing_where_names_are_free(name: str, number: str):
    rows = {"leadDebts": [{name: number}], "extraFields": {name: number}}
    body = {"extra": {"brainysoft": rows}, "applicants": [{"extra": {name: [number]}}]}
    assert [finding.field for finding in refuse_cards(body)] == [
        f"extra.brainysoft.leadDebts[0].{name}",
        f"extra.brainysoft.extraFields.{name}",
        f"applicants[0].extra.{name}[0]",
    ]
    draft = LeadDraft(primary_mobile="9800000001", extra=body["extra"])
    assert {finding.field for finding in check_lead(draft)} >= {f"extra.brainysoft.leadDebts[0].{name}"}


@pytest.mark.parametrize(
    "text",
    [
        card("4", 16),
        "378282246310005",
        "+37 8282246310005",
        card("36", 14),
        "cvv 123",
        "my card 4222222222222",
    ],
)
def test_what_no_telephone_number_is_like_is_refused_as_one(text: str):
    for fields in ({}, {"long_numbers": {"seller.phones": LongNumber.PHONE}}):
        body = {"seller": {"phones": [text]}} if fields else {"primary_mobile": text}
        assert [finding.code for finding in refuse_cards(body, **fields)] == ["card_data"]


@given(st.from_regex(r"[15][0-9]{12}|3[0-2][0-9]{13}", fullmatch=True))
def test_a_registration_number_is_no_card(number: str):
    fields = {"number": LongNumber.REGISTRATION}
    assert refuse_cards({"number": number}, long_numbers=fields) == []


@pytest.mark.parametrize(
    "number", [card("4", 13), card("51", 16), "378282246310005", "4111 1111 1111 1111", "cvv 123"]
)
def test_a_card_is_no_registration_number(number: str):
    fields = {"number": LongNumber.REGISTRATION}
    assert [finding.code for finding in refuse_cards({"number": number}, long_numbers=fields)] == [
        "card_data"
    ]


def test_a_cell_is_named_by_its_address():
    assert [finding.field for finding in refuse_cell("C7", "Remarks", 4111111111111111.0)] == ["C7"]
    assert refuse_cell("C7", "Remarks", None) == refuse_cell("C7", "Remarks", "fine") == []


@pytest.mark.parametrize("shape", ["{0}{1}{2}", "{0} {1} {2}", "{0}-{1}-{2}", "uid:{0} {1} {2}."])
def test_a_full_aadhaar_number_is_refused_and_the_last_four_digits_are_not(shape: str):
    number = aadhaar()
    text = shape.format(number[:4], number[4:8], number[8:])
    [finding] = refuse_cards({"number": text})
    assert finding.code == "aadhaar_number"
    assert "last four" in finding.message
    assert refuse_cards({"number": f"XXXX XXXX {number[8:]}"}) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("remarks", aadhaar("91980000000")),  # a mobile with its country code
        ("partner_ref_id", aadhaar()),
        ("tax_id", aadhaar()),
        ("ref_id", aadhaar()),
        ("remarks", aadhaar()[:-1] + str((int(aadhaar()[-1]) + 1) % 10)),
        ("remarks", "12-34 5678 9012"),
    ],
)
def test_other_twelve_digit_numbers_are_let_through(field: str, value: str):
    assert refuse_cards({field: value}) == []


def test_identifiers_are_let_through():
    digits_only = uuid.UUID(int=0x41111111111111114111111111111111)
    assert refuse_cards({"lead_id": str(digits_only)}) == []


MOBILES = st.from_regex(r"(\+91[ -]?)?[6-9][0-9]{4}[ -]?[0-9]{5}", fullmatch=True)
LANDLINES = st.from_regex(r"\(?0[1-9][0-9]\)? ?[2-6][0-9]{3}[- ]?[0-9]{4}", fullmatch=True)
MOMENTS = st.datetimes().filter(lambda moment: 1900 <= moment.year < 2100)
DATES = st.builds(
    lambda moment, form: moment.strftime(form),
    MOMENTS,
    st.sampled_from(
        ["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"]
    ),
)
IDS = st.uuids().map(str) | st.from_regex(r"(SUN|LN|CIBIL)[-/][0-9]{6,12}", fullmatch=True)
PINCODES = st.from_regex(r"[1-8][0-9]{5}", fullmatch=True)
MASKED = st.from_regex(r"XXXX XXXX [0-9]{4}|X{6,12}[0-9]{4}", fullmatch=True)


@given(
    several=st.sampled_from([MOBILES, LANDLINES, DATES, IDS, PINCODES, MASKED]).flatmap(
        lambda kind: st.lists(kind, min_size=1, max_size=5)
    ),
    mark=st.sampled_from([", ", " / ", "; ", " and ", "\n", " | "]),
)
@settings(max_examples=300, deadline=None)
def test_lists_of_other_numbers_are_let_through(several: list[str], mark: str):
    text = f"Call {mark.join(several)}."
    assert "card_data" not in {each.code for each in hidden_numbers(text)}


@given(
    number=st.sampled_from(["4", "51", "2221", "6521", "2200", "62"]).flatmap(
        lambda start: st.from_regex(f"{start}[0-9]{{{15 - len(start)}}}", fullmatch=True)
    ),
    mark=st.text(st.characters(exclude_categories=["L", "N", "M", "C"]), min_size=1, max_size=3),
    before=st.sampled_from(["", "card ", "no. 7: ", "98000 00001, "]),
)
@settings(max_examples=500, deadline=None)
def test_any_card_number_in_groups_of_four_is_found(number: str, mark: str, before: str):
    digits = number + luhn.calc_check_digit(number)
    written = before + mark.join(digits[at : at + 4] for at in range(0, 16, 4))
    between = plain(f"x{mark}x")[1:-1]
    if 1 <= len(between) <= 3 and not any(each.isalnum() for each in between):
        assert "card_data" in {each.code for each in hidden_numbers(plain(written))}


@given(st.text(alphabet="0123456789 -.", max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_card_number_between_words_is_always_found(noise: str):
    text = f"{noise} x 4111 1111-1111 1111 y {noise}"
    assert "card_data" in {problem.code for problem in hidden_numbers(text)}


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_json_is_walked_without_an_exception(tree: object):
    assert all(finding.message for finding in refuse_cards(tree))


def test_deep_and_long_input_costs_no_more_than_its_size():
    assert refuse_cards(json.loads("[" * 900 + "]" * 900)) == []
    for hostile in (
        "1-" * 100_000,
        "4-" * 100_000,
        "4" * 200_000,
        "4  " * 70_000,
        "card " * 40_000,
        "4444/" * 40_000,
        "4, " * 70_000,
        "cvv " * 50_000,
    ):
        long, short = hostile[: len(hostile) // 2], hostile[: len(hostile) // 32]
        costs = [effort.seconds(partial(refuse_cards, {each: each})) for each in (short, long)]
        assert costs[1] < 4 * 16 * max(costs[0], 0.002), hostile[:10]


@given(st.from_regex(r"[0-9]{13,19}", fullmatch=True))
def test_the_check_digit_is_compared_as_stdnum_compares_it(digits: str):
    assert passes_luhn(digits) == luhn.is_valid(digits)
