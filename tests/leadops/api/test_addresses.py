"""Addresses over REST: added, read, changed and deleted, in Crego's shapes."""

from __future__ import annotations

from typing import Any

import pytest

from leadops.drafts import MOST_ADDRESSES
from leadops.models import Address, Lead
from tests import people
from tests.leadops.api import bodies

PATH = "/v1/crm/addresses/"
UNKNOWN = "0198c0de-0000-7000-8000-00000000dead"


def _errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {each["field"]: each["code"] for each in answer.json()["errors"]}


def _version() -> int:
    return Lead.objects.get().version


@pytest.fixture
def applicant(lead) -> dict[str, Any]:
    """The primary applicant, who has one address."""
    return lead["applicants"][0]


@pytest.fixture
def address(applicant) -> dict[str, Any]:
    return applicant["addresses"][0]


def _new(applicant: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"applicant_id": applicant["id"], **bodies.address(), **fields}


def test_an_address_is_added_in_cregos_shape(api, applicant):
    sent = _new(applicant, locality="Kotkapura")
    answer = api.post(PATH, sent)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert {name: told[name] for name in sent} == sent
    kept = Address.objects.get(pk=told["id"])
    assert (told["created_at"], told["updated_at"]) == (
        kept.created_at.timestamp(),
        kept.updated_at.timestamp(),
    )
    assert kept.position == 1
    assert told == api.get(f"{PATH}{told['id']}/").json()
    assert _version() == 2


def test_city_and_state_are_filled_from_the_pincode(api, applicant):
    told = api.post(
        PATH, {"applicant_id": applicant["id"], "address_line": "Shop 1", "pincode": "151203"}
    ).json()
    assert (told["city"], told["district"], told["state"]) == ("Faridkot", "Faridkot", "Punjab")


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"applicant_id": None}, {"applicant_id": "required"}),
        ({"applicant_id": "x"}, {"applicant_id": "invalid_id"}),
        ({"applicant_id": UNKNOWN}, {"applicant_id": "unknown_applicant"}),
        ({"applicant_id": UNKNOWN, "pincode": "999999", "colour": "blue"},
         {"applicant_id": "unknown_applicant", "pincode": "unknown_pincode", "colour": "unknown_field"}),
        ({"address_line": "", "pincode": None, "city": "", "state": ""},
         {"address_line": "required", "pincode": "required", "city": "required", "state": "required"}),
        ({"address_line": " ", "pincode": "0"}, {"address_line": "required", "pincode": "invalid_pincode"}),
        ({"locality": 7}, {"locality": "not_a_text"}),
        ({"locality": "4111 1111 1111 1111"}, {"locality": "card_data"}),
    ],
)  # fmt: skip
def test_every_error_of_a_new_address_is_told(api, applicant, fields, errors):
    assert _errors(api.post(PATH, _new(applicant) | fields)) == errors
    assert Address.objects.filter(applicant_id=applicant["id"]).count() == 1
    assert _version() == 1


def test_an_address_abroad_needs_no_pincode(api, applicant):
    sent = {"applicant_id": applicant["id"], "country": "RU", "street": "Lesnaya"}
    assert api.post(PATH, sent).status_code == 201


def test_an_applicant_has_at_most_twenty_addresses(api, program):
    person = bodies.applicant(addresses=[bodies.address()] * MOST_ADDRESSES)
    full = api.post("/v1/crm/leads/", bodies.lead(program, applicants=[person])).json()["applicants"][0]
    answer = api.post(PATH, _new(full))
    assert (answer.status_code, answer.json()["detail"]) == (
        409, "There are 20 addresses already, and more are not kept.",
    )  # fmt: skip


def test_only_what_is_sent_is_changed(api, address):
    told = api.patch(f"{PATH}{address['id']}/", {"locality": "Kotkapura"}).json()
    assert told.pop("updated_at") > address.pop("updated_at")
    assert told == address | {"locality": "Kotkapura"}
    assert _version() == 2


def test_a_change_that_says_nothing_new_is_no_new_version(api, address):
    assert api.patch(f"{PATH}{address['id']}/", {"locality": "Faridkot "}).json() == address
    assert _version() == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"address_line": None, "colour": "blue"}, {"colour": "unknown_field"}),
        ({"address_line": None}, {"address_line": "required"}),
        ({"country": "Nowhere"}, {"country": "unknown_country"}),
        ({"pincode": "999999", "locality": 7}, {"pincode": "unknown_pincode", "locality": "not_a_text"}),
        ({"applicant_id": UNKNOWN}, {"applicant_id": "unknown_field"}),
        ({"tags": "current"}, {"tags": "not_a_list"}),
        ("text", {"": "not_an_object"}),
    ],
)
def test_every_error_of_a_change_is_told(api, address, body, errors):
    answer = api.patch(f"{PATH}{address['id']}/", f'"{body}"' if isinstance(body, str) else body)
    assert _errors(answer) == errors
    assert _version() == 1


def test_a_state_that_contradicts_the_pincode_is_told_and_stored(api, address):
    told = api.patch(f"{PATH}{address['id']}/", {"state": "Kerala"}).json()
    assert [(each["field"], each["code"]) for each in told["warnings"]] == [
        ("state", "state_contradicts_pincode")
    ]
    assert told["state"] == "Kerala"


def test_an_address_that_lacked_something_before_can_still_be_changed(api, program):
    person = bodies.applicant(addresses=[{"pincode": "151203"}])
    lead = api.post("/v1/crm/leads/", bodies.lead(program, applicants=[person])).json()
    place = lead["applicants"][0]["addresses"][0]["id"]
    assert api.patch(f"{PATH}{place}/", {"tags": ["current"]}).json()["tags"] == ["current"]


def test_an_address_is_deleted_and_the_places_close_up(api, applicant, address):
    second, third = (api.post(PATH, _new(applicant)).json()["id"] for _ in range(2))
    assert api.delete(f"{PATH}{address['id']}/").status_code == 204
    assert api.get(f"{PATH}{address['id']}/").status_code == 404
    left = Address.objects.filter(applicant_id=applicant["id"]).values_list("id", "position")
    assert [(str(key), at) for key, at in left] == [(second, 0), (third, 1)]
    assert _version() == 4


def test_the_last_address_may_go(api, applicant, address):
    assert api.delete(f"{PATH}{address['id']}/").status_code == 204
    assert api.get(f"/v1/crm/applicants/{applicant['id']}/addresses/").json() == []


def test_an_applicants_addresses_are_a_plain_array(api, applicant, address, django_assert_num_queries):
    second = api.post(PATH, _new(applicant)).json()
    with django_assert_num_queries(4):  # the key, its count, the applicant, its addresses
        told = api.get(f"/v1/crm/applicants/{applicant['id']}/addresses/").json()
    assert told == [address, second]


def test_a_decided_lead_keeps_its_addresses(api, applicant, address):
    Lead.objects.update(status=Lead.Status.APPROVED)
    answers = [
        api.post(PATH, _new(applicant)),
        api.patch(f"{PATH}{address['id']}/", {"locality": "Kotkapura"}),
        api.delete(f"{PATH}{address['id']}/"),
    ]
    assert [each.status_code for each in answers] == [409, 409, 409]
    assert _version() == 1


def test_a_program_abroad_reads_addresses_as_its_own(api):
    russian = people.program("ru", "Russian loans", country="RU")
    body = bodies.lead(russian, primary_mobile="+79161234567", applicants=[bodies.applicant()])
    person = api.post("/v1/crm/leads/", body).json()["applicants"][0]
    told = api.post(PATH, {"applicant_id": person["id"], "street": "Lesnaya"}).json()
    assert told["country"] == "RU"
