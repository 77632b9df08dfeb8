from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from crm_integrations import errors, outbox
from crm_integrations.auth import ClientCredentials, Login, StaticHeader
from crm_integrations.connector import Outcome, Response
from crm_integrations.connectors.brainysoft import Brainysoft
from crm_integrations.records import AddressRecord, ApplicantRecord, IdentityDocument, LeadRecord, Phone
from leadops.models import Lead
from tests.crm_integrations.connectors.contract import ConnectorContract
from tests.crm_integrations.connectors.examples import CURRENT, LEAD, PRIMARY, REGISTERED

# The smallest create of the vendor's scenario pages (basic script for creating a lead).
SMALLEST = LeadRecord(
    id="1",
    ref="r1",
    program_id="p",
    program_code="P",
    primary_mobile=Phone("+79886542301", "7", "9886542301"),
    applicants=(ApplicantRecord("person", "Фридрих"),),
)
FULL = {
    "addressData": {
        "countryId": 7,
        "postalCode": "151203",
        "regionName": "Punjab",
        "localityName": "Faridkot",
        "streetName": "Old Town, Mall Road, Shop 75",
        "houseNo": "22B",
        "apartmentNo": "4",
    },
    "amount": 10000,
    "averageMonthlyCost": 30000,
    "birthCountryId": 7,
    "birthDate": "1990-02-28",
    "birthPlace": "Sample city",
    "channel": "SITE",
    "creditProductId": 101339,
    "email": "asha@example.com",
    "employerTitle": "Example Mills",
    "firstName": "Asha",
    "gettingMoneyMethodId": 102395,
    "inn": "000000000000",
    "lastName": "Verma",
    "managerId": 1010812,
    "meanIncome": 85000.5,
    "mobilePhone": "919000000001",
    "naturalPerson": True,
    "orderCode": LEAD.ref,
    "passport": {
        "seria": "4008",
        "no": "000001",
        "issueDate": "2012-01-23",
        "closeDate": "2032-01-23",
        "manager": "Example office 1",
        "subdivisionCode": "451-451",
    },
    "patronymic": "Devi",
    "period": 12,
    "periodUnit": "MONTHS",
    "registrationAddressData": {
        "countryId": 101042,
        "fiasId": "0c5b2444-70a0-4932-980c-b4dc0d3f02b5",
        "fullAddressText": "Example oblast, Sample city, Test street 7, flat 12",
    },
    "sexId": 101252,
    "snils": "000-000-000 00",
    "storeCode": "acme",
    "subdivisionId": 101791,
}
IDS: dict[str, Any] = {
    "country_ids": {"IN": 7, "RU": 101042},
    "credit_product_id": 101339,
    "getting_money_method_id": 102395,
    "manager_id": 1010812,
    "subdivision_id": 101791,
}
CREATED = b'{"status":"ok","timestamp":1550653059521,"data":3692}'
REFUSED = (
    b'{"status":"error","timestamp":1550653059521,"data":{"code":"NO_MOBILE_PHONE_ERROR",'
    b'"message":"mobilePhone is required","type":"BUSINESS"}}'
)
ROW = {"id": 3692, "orderCode": LEAD.ref, "currentStatus": "WAITING"}


def person(**changes: Any) -> LeadRecord:
    return replace(LEAD, applicants=(replace(PRIMARY, **changes),))


def answer(data: Any, status: str = "ok") -> Response:
    body = {"status": status, "timestamp": 1550653059521, "data": data}
    return Response(200, json.dumps(body).encode())


class TestBrainysoft(ConnectorContract):
    connector = Brainysoft
    record = LEAD
    configurations = (IDS,)
    stand_ins = (person(first_name=""),)

    def test_the_smallest_create_of_the_scenario_page(self) -> None:
        request = self.build(SMALLEST, country_ids={}, **dict.fromkeys(list(IDS)[1:]))
        assert (request.method, request.path) == ("POST", "/bs-core/main/leads")
        assert json.loads(request.body) == {
            "firstName": "Фридрих",
            "mobilePhone": "79886542301",
            "channel": "GENERATOR",
            "naturalPerson": True,
            "orderCode": "r1",
        }

    def test_a_full_lead_in_the_vendors_words_and_order(self) -> None:
        assert json.dumps(self.body()) == json.dumps(FULL)

    def test_the_page_answer_is_a_success(self) -> None:
        assert self.make().outcome(Response(200, CREATED)) == Outcome("3692")

    @pytest.mark.parametrize("status", [200, 400, 422])
    def test_an_error_is_a_refusal_in_the_vendors_words(self, status: int) -> None:
        with pytest.raises(errors.Rejected, match="NO_MOBILE_PHONE_ERROR: mobilePhone is required"):
            self.make().outcome(Response(status, REFUSED))

    @pytest.mark.parametrize(
        "data", [None, True, "3692", 3692.0, 0, -1, 2**63, [], {"id": 3692}, float("nan"), [3692]]
    )
    def test_ok_without_an_integer_is_unknown(self, data: Any) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().outcome(answer(data))

    @pytest.mark.parametrize("body", [b'{"data": 3692}', b'{"status": "OK", "data": 3692}', b"{}"])
    def test_a_flag_that_is_not_ok_is_unknown(self, body: bytes) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().outcome(Response(200, body))

    # Names ----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("names", "first"),
        [
            ({"first_name": "Asha"}, "Asha"),
            ({"first_name": ""}, "Asha"),
            ({"first_name": "", "middle_name": ""}, "Asha Devi"),
            ({"first_name": "", "middle_name": "", "last_name": ""}, "Asha Devi Verma"),
            ({"first_name": "", "name": "Verma"}, "Verma"),
        ],
    )
    def test_the_first_name_is_never_guessed(self, names: dict[str, str], first: str) -> None:
        assert self.body(person(**names))["firstName"] == first

    def test_a_business_is_no_natural_person(self) -> None:
        firm = ApplicantRecord("business", "Example Traders Pvt Ltd", is_primary=True)
        body = self.body(replace(LEAD, applicants=(firm,)))
        assert body["naturalPerson"] is False
        assert body["title"] == body["firstName"] == "Example Traders Pvt Ltd"

    def test_names_longer_than_the_vendors_field_are_missing(self) -> None:
        long = person(first_name="A" * 51, last_name="B" * 51)
        assert self.missing(long) == ["applicants[0].first_name", "applicants[0].last_name"]
        assert self.missing(person(first_name="A" * 50, last_name="B" * 50)) == []

    def test_what_the_tenant_requires_besides_is_missing_too(self) -> None:
        required = {"also_required": "identity_document.series, date_of_birth ,"}
        assert self.missing(LEAD, **required) == []
        assert self.missing(SMALLEST, **required) == [
            "applicants[0].identity_document.series",
            "applicants[0].date_of_birth",
        ]

    @pytest.mark.parametrize(
        "name", ["passport", "identity_document.seria", "name.upper", "address", "__class__"]
    )
    def test_a_required_field_that_there_is_not_is_refused_by_its_name(self, name: str) -> None:
        with pytest.raises(errors.Misconfigured, match=f"no field of an applicant: {name}"):
            self.build(SMALLEST, also_required=name)
        assert self.missing(SMALLEST, also_required=name) == [""]

    def test_first_name_and_mobile_are_needed(self) -> None:
        record = replace(person(name="", first_name=""), primary_mobile=Phone("", "", ""))
        assert self.missing(record) == ["applicants[0].first_name", "primary_mobile"]
        assert self.missing(replace(LEAD, applicants=())) == ["applicants"]

    # Addresses and papers -------------------------------------------------------------------------------

    def test_one_address_may_be_both(self) -> None:
        both = replace(CURRENT, tags=("residence", "permanent"))
        body = self.body(person(addresses=(both,)))
        assert body["addressData"] == body["registrationAddressData"] == FULL["addressData"]

    def test_an_untagged_address_is_the_residence_only(self) -> None:
        body = self.body(person(addresses=(replace(CURRENT, tags=()),)))
        assert body["addressData"] == FULL["addressData"]
        assert "registrationAddressData" not in body

    def test_a_registered_address_is_never_passed_off_as_the_residence(self) -> None:
        assert "addressData" not in self.body(person(addresses=(REGISTERED,)))

    def test_a_fias_id_without_its_text_is_not_sent(self) -> None:
        textless = replace(REGISTERED, address_line="")
        sent = self.body(person(addresses=(textless,)))["registrationAddressData"]
        assert "fiasId" not in sent
        assert sent["streetName"] == "North quarter, Test street"

    def test_country_ids_come_from_the_setting_only(self) -> None:
        body = self.body(country_ids={})
        assert "countryId" not in body["addressData"]
        assert "birthCountryId" not in body

    def test_nothing_is_said_of_an_empty_address(self) -> None:
        nowhere = person(addresses=(AddressRecord(tags=("current",)),))
        assert "addressData" not in self.body(nowhere, country_ids={})

    def test_another_paper_is_not_passed_off_as_a_passport(self) -> None:
        licence = IdentityDocument(type="driving_licence", number="1")
        assert "passport" not in self.body(person(identity_document=licence))

    def test_a_gender_without_an_id_is_left_out(self) -> None:
        assert self.body(person(gender="male"))["sexId"] == 101251
        assert "sexId" not in self.body(person(gender="other"))

    # The loan -------------------------------------------------------------------------------------------

    def test_money_keeps_its_paise(self) -> None:
        assert b'"amount":10000.05' in self.build(replace(LEAD, loan_amount=Decimal("10000.05"))).body

    @pytest.mark.parametrize("change", [{"loan_tenure": None}, {"loan_tenure_unit": ""}])
    def test_a_period_is_sent_with_its_unit_or_not_at_all(self, change: dict[str, Any]) -> None:
        body = self.body(replace(LEAD, **change))
        assert not {"period", "periodUnit"} & body.keys()

    @pytest.mark.parametrize(
        ("ours", "theirs"), [("", "ECOMM"), ("walk-in", "ECOMM"), ("GENERATOR", "GENERATOR")]
    )
    def test_a_channel_that_is_not_the_vendors_is_the_setting(self, ours: str, theirs: str) -> None:
        assert self.body(replace(LEAD, channel=ours), channel="ECOMM")["channel"] == theirs

    def test_the_store_code_setting_wins_over_the_partner(self) -> None:
        assert self.body(store_code="S1")["storeCode"] == "S1"

    def test_fields_that_only_this_vendor_has_come_from_extra(self) -> None:
        extra = {"managerId": 5, "childrenCount": 0, "mobilePhoneCheck": False, "undeclared": "x"}
        extra["extraFields"] = {"client.maritalStatus.id": 101151}
        body = self.body(replace(LEAD, extra=extra))
        assert (body["managerId"], body["childrenCount"], body["mobilePhoneCheck"]) == (5, 0, False)
        assert body["extraFields"] == [{"key": "client.maritalStatus.id", "value": "101151"}]
        assert "undeclared" not in body

    # Credentials ----------------------------------------------------------------------------------------

    def test_oauth_asks_the_authorisation_service(self) -> None:
        auth = self.make().auth
        assert isinstance(auth, ClientCredentials)
        assert auth.url == "/oauth/token"
        other = self.make(auth_url="https://key-auth.example/").auth
        assert isinstance(other, ClientCredentials)
        assert other.url == "https://key-auth.example/oauth/token"
        assert auth.apply(self.build(), "t1").headers["bsauth"] == "t1"

    def test_login_asks_the_core(self) -> None:
        auth = self.make(auth_mode="login", customer_key="k1", user_name="u1").auth
        assert isinstance(auth, Login)
        request = auth.token_request()
        assert request is not None
        assert (request.path, request.headers["customer-key"]) == ("/bs-core/main/login", "k1")
        assert auth.read_token(Response(200, headers={"bsauth": "t1"})).value == "t1"

    def test_a_static_token_goes_straight_into_the_header(self) -> None:
        auth = self.make(auth_mode="static").auth
        assert isinstance(auth, StaticHeader)
        assert auth.apply(self.build()).headers["bsauth"] == "canary-token-0001"

    # The look-up ----------------------------------------------------------------------------------------

    def test_the_search_is_by_order_code(self) -> None:
        request = self.make(path_prefix="/core/").find(LEAD)
        assert (request.method, request.path) == ("POST", "/core/main/leads/partial-load")
        assert json.loads(request.body) == {
            "fields": ["id", "orderCode", "currentStatus", "mobilePhone"],
            "searchFields": [{"field": "orderCode", "value": LEAD.ref}],
        }

    @pytest.mark.parametrize("reference", ["order 7/2", "заказ-7", "A_7#1"])
    def test_a_partners_order_code_is_told(self, reference: str) -> None:
        assert self.tells(reference)

    @pytest.mark.parametrize("reference", ["", ">7", "<=7", "7%", "a=b", "!7", "7*"])
    def test_an_order_code_that_a_search_would_compare_with_is_not(self, reference: str) -> None:
        assert not self.tells(reference)

    def tells(self, reference: str) -> bool:
        lead = Lead(partner_ref_id=reference)
        told = outbox.reference_of(lead, Brainysoft)
        assert told in (reference, lead.pk.hex)
        return told == reference

    def test_the_check_is_whoami(self) -> None:
        check = self.make().check()
        assert check is not None
        assert check.path == "/bs-core/utils/session/whoami"

    @pytest.mark.parametrize(
        "response",
        [
            answer([ROW]),
            answer([ROW | {"mobilePhone": LEAD.primary_mobile.digits}]),
            Response(200, json.dumps([ROW]).encode()),
        ],
    )
    def test_our_lead_is_found(self, response: Response) -> None:
        assert self.make().found(response, LEAD) == Outcome("3692", "WAITING")

    @pytest.mark.parametrize("response", [answer([]), Response(200, b"[]")])
    def test_no_row_means_absent(self, response: Response) -> None:
        assert self.make().found(response, LEAD) is None

    @pytest.mark.parametrize(
        "response",
        [
            answer([ROW, {**ROW, "id": 3693}]),
            answer([{**ROW, "orderCode": "other"}]),
            answer([{**ROW, "mobilePhone": "79990000000"}]),
            answer([{"id": 3692}]),
            answer([{**ROW, "id": "3692"}]),
            answer(None),
            answer(["text"]),
            answer([], status="error"),
            answer([], status="busy"),
        ],
    )
    def test_an_answer_that_does_not_tell_is_unknown(self, response: Response) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().found(response, LEAD)

    # Its status, and the list ---------------------------------------------------------------------------

    def test_the_lead_is_asked_for_by_its_id(self) -> None:
        request = self.make().ask_status("3692")
        assert (request.method, request.path) == ("GET", "/bs-core/main/leads/3692")

    def test_the_status_of_a_lead_is_the_cores_own_word(self) -> None:
        response = answer({"id": 3692, "currentStatus": "DENIED", "loanApplicationId": None})
        assert self.make().ask_further(response) is None
        assert self.make().parse_status(response) == Outcome("3692", "DENIED")
        assert self.make().meaning("DENIED") == "refused"

    def test_a_lead_that_became_an_application_is_asked_for_there(self) -> None:
        further = self.make().ask_further(
            answer({"id": 3692, "currentStatus": "APPROVED", "loanApplicationId": 7})
        )
        assert further is not None
        assert (further.method, further.path) == ("GET", "/bs-core/main/loan-apps/7")
        assert self.make().parse_status(answer({"id": 7, "currentStatusId": 101543})) == Outcome("", "101543")
        assert self.make().meaning("101543") == "active"

    @pytest.mark.parametrize(
        "data", [{"id": 3692}, {"id": 3692, "currentStatus": ""}, {"currentStatusId": -1}, [], 7]
    )
    def test_a_record_without_a_status_tells_nothing(self, data: Any) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().parse_status(answer(data))

    def test_an_error_is_no_status(self) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().parse_status(answer({"currentStatus": "DENIED"}, "error"))

    def test_leads_are_listed_by_their_day_of_creation_a_hundred_at_once(self) -> None:
        request = self.make(list_by="insertDate").list_page(date(2026, 3, 1), date(2026, 3, 2), 3)
        body = json.loads(request.body)
        assert (request.method, request.path) == ("POST", "/bs-core/main/leads/partial-load")
        assert body["searchFields"] == [
            {"field": "insertDate", "value": ">=2026-03-01 00:00:00"},
            {"field": "insertDate", "value": "<=2026-03-02 23:59:59"},
        ]
        assert (body["countFrom"], body["countTo"], body["orderBy"]) == (200, 300, "id")

    def test_a_listed_lead_is_compared_by_what_we_sent(self) -> None:
        row = {"id": 3692, "orderCode": "r1", "currentStatus": "WAITING", "creationDate": 1550653059521}
        listed = self.make().parse_list(answer([{**row, "firstName": "Asha", "amount": 10000, "email": ""}]))
        [lead] = listed.rows
        assert (lead.reference, lead.ref, lead.status, listed.more) == ("3692", "r1", "WAITING", False)
        assert lead.fields == {"firstName": "Asha", "amount": "10000"}
        assert str(lead.created_at) == "2019-02-20 08:57:39.521000+00:00"

    def test_a_full_page_is_followed_by_another(self) -> None:
        rows = [{"id": number, "orderCode": "r"} for number in range(1, 101)]
        assert self.make().parse_list(answer(rows)).more is True
        assert self.make().parse_list(answer(rows[1:])).more is False

    def test_a_row_without_an_id_spoils_the_list(self) -> None:
        with pytest.raises(errors.OutcomeUnknown, match="without an id"):
            self.make().parse_list(answer([{"orderCode": "r1"}]))
