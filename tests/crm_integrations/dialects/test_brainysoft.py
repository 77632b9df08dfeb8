"""Brainysoft's clients against us."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given

from crm_integrations import outbox, snapshots
from crm_integrations.connector import Config
from crm_integrations.connectors.brainysoft import Brainysoft
from crm_integrations.dialects.brainysoft import sessions
from crm_integrations.messages import Request, Response
from crm_integrations.models import Connection
from crm_integrations.sandbox.brainysoft_fields import LEAD as THE_VENDORS_FIELDS
from leadops.models import ApiKey, Lead, LeadNumber
from leadops.validation import refuse_cards
from tests import people
from tests.crm_integrations.dialects.brainysoft_bodies import (
    INN,
    KNOWN,
    LEADS,
    SNILS,
    UNKNOWN,
    WHOLE_LEADS,
    lost,
)
from tests.crm_integrations.dialects.callers import VendorClient, key_for
from tests.crm_integrations.dialects.rules import DialectRules, shared

PATH = "/bs-core/main/leads"
LOGIN = "/bs-core/main/login"
# The smallest create of the vendor's scenario pages.
SMALLEST = '{"firstName": "Фридрих", "mobilePhone": "79886542301"}'.encode()
SETTINGS = {"country_ids": {"RU": KNOWN}}
FULL = {
    "firstName": "Фридрих",
    "lastName": "Эберт",
    "patronymic": "Карлович",
    "mobilePhone": "79886542301",
    "birthDate": "1982-12-20",
    "sexId": 101251,
    "email": "-",
    "channel": "SITE",
    "amount": 10000.5,
    "period": 30,
    "periodUnit": "DAYS",
    "birthCountryId": KNOWN,
    "inn": INN,
    "snils": SNILS,
    "orderCode": "order-1",
    "creditProductId": 101339,
    "passport": {"seria": "0782", "no": "078257", "issueDate": "2012-01-23", "extraNumber": None},
    "addressData": {
        "countryId": KNOWN,
        "postalCode": "101000",
        "regionName": "Moscow",
        "localityName": "Moscow",
        "streetName": "Tverskaya",
        "houseNo": "7",
        "apartmentNo": "12",
        "metroStation": "Okhotny Ryad",
    },
    "extraFields": [{"key": "client.maritalStatus.id", "value": "101151"}],
}


def connector(**settings: Any) -> Brainysoft:
    defaults = {each.name: each.default for each in Brainysoft.settings}
    return Brainysoft(Config("https://vendor.example", defaults | SETTINGS | settings))


def sent_on(lead: Lead, **settings: Any) -> dict[str, Any]:
    """What the vendor's own connector makes of the lead."""
    record = snapshots.of_leads([lead], ["brainysoft"])[lead.pk]["brainysoft"]
    record = replace(record, ref=outbox.reference_of(lead, Brainysoft))
    return dict(json.loads(connector(**settings).build("lead", record).body))


@pytest.fixture
def tenant(db) -> Connection:
    """A connection that says which country the id stands for."""
    return Connection.objects.create(
        vendor="brainysoft", name="core", base_url="https://vendor.example", settings=SETTINGS
    )


class TestBrainysoft(DialectRules):
    slug = "brainysoft"
    body = FULL
    no_key = 401
    no_scope = 403

    @pytest.fixture
    def program(self, db):
        """Kazakhstan: neither its post codes nor its tax numbers have a rule of ours."""
        return people.program("kz", "Payday", country="KZ")

    def caller(self, key: str) -> VendorClient:
        return VendorClient(PATH, bsauth=key)

    def is_refusal(self, answer: Any, status: int) -> dict[str, Any]:
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
        body = answer.json()
        assert {*body} == {"status", "timestamp", "data"}
        assert (body["status"], type(body["timestamp"])) == ("error", int)
        assert all(isinstance(body["data"][name], str) for name in ("code", "message", "type"))
        return body["data"]

    # Creating -------------------------------------------------------------------------------------------

    def test_the_smallest_create_of_the_scenario_pages_works(self, vendor):
        answer = vendor.post(SMALLEST)
        told = answer.json()
        lead = Lead.objects.get()
        assert (answer.status_code, told["status"], told["data"]) == (200, "ok", lead.number.number)
        assert {*told} == {"status", "timestamp", "data"}
        assert lead.primary_mobile == "+79886542301"
        assert connector().outcome(Response(200, answer.content)).reference == str(lead.number.number)

    def test_a_full_lead_stands_where_our_fields_are(self, vendor, tenant):
        assert vendor.post(FULL).status_code == 200
        lead = Lead.objects.get()
        [person] = lead.applicants.all()
        [address] = person.addresses.all()
        assert (lead.partner_ref_id, lead.loan_amount, lead.loan_tenure) == (
            "order-1",
            Decimal("10000.50"),
            30,
        )
        assert (lead.loan_tenure_unit, lead.channel) == ("DAYS", "SITE")
        assert person.name == "Фридрих Карлович Эберт"
        assert (person.gender, person.date_of_birth, person.nationality) == ("male", date(1982, 12, 20), "RU")
        assert (person.primary_email, person.tax_id, person.insurance_no) == ("", INN, SNILS)
        assert (person.identity_type, person.identity_number) == ("passport", "078257")
        assert (address.country, address.pincode, address.address_line) == ("RU", "101000", "Tverskaya")
        assert (address.house_no, address.apartment_no, address.tags) == ("7", "12", ["current"])
        assert lead.extra["brainysoft"] == {
            "addressData": {"metroStation": "Okhotny Ryad"},
            "creditProductId": 101339,
            "extraFields": {"client.maritalStatus.id": "101151"},
        }
        assert THE_VENDORS_FIELDS(sent_on(lead)) is None

    def test_a_country_that_no_connection_names_is_kept_by_its_id(self, vendor, tenant):
        vendor.post(FULL | {"birthCountryId": UNKNOWN, "addressData": {"countryId": UNKNOWN, "houseNo": "7"}})
        lead = Lead.objects.get()
        assert lead.applicants.get().nationality == ""
        assert lead.extra["brainysoft"]["birthCountryId"] == UNKNOWN
        assert lead.extra["brainysoft"]["addressData"] == {"countryId": UNKNOWN}

    def test_a_list_whose_rows_the_page_does_not_describe_is_kept_as_it_came(self, vendor, tenant):
        chain = {"level": 2, "parents": [{"name": "Moscow", "parents": [{"name": "Russia"}]}, "Moscow"]}
        vendor.post(FULL | {"registrationAddressData": {"fiasChain": chain}})
        assert sent_on(Lead.objects.get())["registrationAddressData"] == {"fiasChain": chain}

    def test_a_business_is_no_natural_person(self, vendor):
        vendor.post(
            {
                "naturalPerson": False,
                "title": "Example Traders",
                "firstName": "Ivan",
                "mobilePhone": "79886542301",
            }
        )
        lead = Lead.objects.get()
        assert (lead.applicants.get().applicant_type, lead.applicants.get().name) == (
            "business",
            "Example Traders",
        )
        assert (
            lost({"naturalPerson": False, "title": "Example Traders", "firstName": "Ivan"}, sent_on(lead))
            == []
        )

    def test_numbers_in_quotes_are_taken_as_the_core_takes_them(self, vendor):
        vendor.post(FULL | {"sexId": "101252", "amount": "2500.50", "period": "", "periodUnit": ""})
        lead = Lead.objects.get()
        assert (lead.applicants.get().gender, lead.loan_amount) == ("female", Decimal("2500.50"))

    @pytest.mark.parametrize(
        ("field", "code"),
        [("firstName", "NO_CLIENT_FIRST_NAME_ERROR"), ("mobilePhone", "NO_MOBILE_PHONE_ERROR")],
    )
    @pytest.mark.parametrize("how", ["missing", "null", "empty"])
    def test_the_two_required_fields_have_the_vendors_codes(self, vendor, field, code, how):
        body = {name: value for name, value in FULL.items() if name != field}
        body |= {"missing": {}, "null": {field: None}, "empty": {field: ""}}[how]
        refused = self.is_refusal(vendor.post(body), 400)
        assert refused["code"] == code
        assert field in refused["message"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"mobilePhone": "797762007777"}, "mobilePhone"),
            ({"birthDate": "20.12.1982"}, "birthDate"),
            ({"birthDate": "1982-02-30"}, "birthDate"),
            ({"channel": "RADIO"}, "channel"),
            ({"periodUnit": "FORTNIGHTS"}, "periodUnit"),
            ({"period": 0}, "period"),
            ({"period": 2**31}, "period"),
            ({"amount": -1}, "amount"),
            ({"amount": "a lot"}, "amount"),
            ({"firstName": "x" * 51}, "firstName"),
            ({"referralLink": "x" * 256}, "referralLink"),
            ({"email": "nobody"}, "email"),
            ({"id": 7}, "id"),
            ({"ufmsCheck": "yes"}, "ufmsCheck"),
            ({"passport": {"seria": "0782", "issueDate": "2999-01-01"}}, "passport.issueDate"),
            ({"passport": {"kind": "red"}}, "passport.kind"),
            ({"addressData": {"houseNo": "x" * 51}}, "addressData.houseNo"),
            ({"addressData": {"streetName": "x" * 301}}, "addressData.streetName"),
            ({"addressData": {"floor": "2"}}, "addressData.floor"),
            ({"addressData": {"fiasChain": {"level": "low"}}}, "addressData.fiasChain.level"),
            ({"extraFields": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}, "extraFields[1].key"),
            ({"goods": [{"name": "Mitten"}, {"quantity": 1.5}]}, "goods[1].quantity"),
            ({"relatives": [{"passport": {"no": "1"}}]}, "relatives[0].passport"),
            ({"relatives": [{"rnn": "1"}]}, "relatives[0].rnn"),
            ({"passport": {"extraNumber": "1"}}, "passport.extraNumber"),
            ({"addressData": {"telephone": "4111111111111111"}}, "addressData.telephone"),
            ({"addresses": [{"telephone": "4111 1111 1111 1111"}]}, "addresses[0].telephone"),
            ({"relatives": [{"telephone": "x" + "1" * 16}]}, "relatives[0].telephone"),
            ({"addressData": {"fiasChain": {"parents": {}}}}, "addressData.fiasChain.parents"),
            ({"leadDebts": [{"anything": {"deep": 1}}]}, "leadDebts[0]"),
        ],
    )
    def test_what_is_wrong_is_told_by_the_vendors_name(self, vendor, changes, field):
        refused = self.is_refusal(vendor.post(FULL | changes), 400)
        assert field in [each["field"] for each in refused["errors"]]
        assert refused["code"] == "VALIDATION_ERROR"
        assert f"{field}: " in refused["message"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"leadDebts": [{"mobile": "4111111111111111"}]}, "leadDebts[0].mobile"),
            ({"leadDebts": [{"inn": "234123412346"}]}, "leadDebts[0].inn"),
            ({"addressData": {"attributes": {"phone": "4111111111111111"}}}, "addressData.attributes.phone"),
            (
                {"addressData": {"fiasChain": {"parents": [{"mobile": "4111111111111111"}]}}},
                "addressData.fiasChain.parents[0].mobile",
            ),
            ({"addressData": {"telephone": "378282246310005"}}, "addressData.telephone"),
            ({"relatives": [{}, {"telephone": "378282246310005"}]}, "relatives[1].telephone"),
        ],
    )
    def test_a_card_is_refused_whatever_its_field_is_called(self, vendor, changes, field):
        refused = self.is_refusal(vendor.post(FULL | changes), 400)
        assert [each["field"] for each in refused["errors"]] == [field]
        assert not Lead.objects.exists()

    def test_numbers_of_the_page_that_look_like_a_cards_are_taken(self, vendor):
        looks = {"registrationNumber": "5100000000003", "employerInn": "234123412346"}
        further = {
            "addresses": [{"telephone": "4915112345678"}],
            "relatives": [{"telephone": "234123412346"}],
        }
        codes = [each.code for each in refuse_cards(looks | further)]
        assert sorted(codes) == ["aadhaar_number"] * 2 + ["card_data"] * 2
        assert vendor.post(FULL | looks | further | {"orderCode": "234123412346"}).status_code == 200
        assert lost(looks | further, sent_on(Lead.objects.get())) == []

    @pytest.mark.parametrize(
        "field", ["cardNumber", "cardCvc", "cardHolder", "validThruMonth", "validThruYear"]
    )
    def test_every_card_field_of_the_page_is_refused(self, vendor, field):
        refused = self.is_refusal(vendor.post(FULL | {field: "12"}), 400)
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [(field, "card_data")]
        assert not Lead.objects.exists()

    # Sending again --------------------------------------------------------------------------------------

    def test_the_same_request_again_answers_the_same_lead(self, vendor):
        first, second = vendor.post(FULL), vendor.post(FULL)
        assert second.status_code == 200
        assert first.json()["data"] == second.json()["data"]
        assert first["X-Lead-Id"] == second["X-Lead-Id"]
        assert (Lead.objects.count(), LeadNumber.objects.count()) == (1, 1)

    def test_an_order_code_of_another_lead_is_refused_and_says_which(self, vendor):
        vendor.post(FULL)
        refused = self.is_refusal(vendor.post(FULL | {"amount": 5}), 400)
        assert refused["code"] == "CONFLICT_ERROR"
        assert refused["existing_id"] == str(Lead.objects.get().pk)

    def test_without_an_order_code_each_request_is_a_lead(self, vendor):
        assert vendor.post(SMALLEST).json()["data"] != vendor.post(SMALLEST).json()["data"]
        assert Lead.objects.count() == 2

    # Logging in -----------------------------------------------------------------------------------------

    def login(self, key: str, tenant: str, user: str) -> Any:
        client = VendorClient(LOGIN, **{"customer-key": tenant})
        return client.post({"userName": user, "password": key})

    def test_the_vendors_own_connector_logs_in_and_creates(self, client, vendor_key, partner):
        given = {"auth_mode": "login", "customer_key": partner.code, "user_name": partner.code}
        config = connector(**given).config
        auth = Brainysoft(Config(config.base_url, config.settings, {"password": vendor_key})).auth

        def call(request: Request) -> Response:
            answer = client.generic(
                request.method, request.path, request.body, "application/json", headers=dict(request.headers)
            )
            return Response(
                answer.status_code, answer.content, {k.lower(): v for k, v in answer.headers.items()}
            )

        token = auth.read_token(call(auth.token_request()))
        created = call(auth.apply(Request.json("create_lead", PATH, FULL), token.value))
        assert connector().outcome(created).reference == str(LeadNumber.objects.get().number)

    def test_the_token_is_in_the_header_and_the_body_says_ok(self, vendor_key, partner):
        answer = self.login(vendor_key, partner.code, partner.code)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        assert vendor_key not in answer["bsauth"] + answer.content.decode()
        assert VendorClient(PATH, bsauth=answer["bsauth"]).post(FULL).status_code == 200

    @pytest.mark.parametrize("wrong", ["key", "tenant", "user", "dialect"])
    def test_every_wrong_log_in_has_one_answer(self, vendor_key, partner, other_partner, program, wrong):
        right = {"key": vendor_key, "tenant": partner.code, "user": partner.code}
        another = {"dialect": key_for("ispcrm", other_partner, program), "key": "lo_live_nothing"}
        given = {**right, **({"key": another[wrong]} if wrong in another else {wrong: "moonlight"})}
        if wrong == "dialect":
            given |= {"tenant": other_partner.code, "user": other_partner.code}
        answer = self.login(**given)
        refused = self.is_refusal(answer, 401)
        assert refused["message"] == "customer-key, userName or password is wrong."
        assert "bsauth" not in answer

    def test_a_log_in_without_a_field_is_told_so(self, db):
        refused = self.is_refusal(VendorClient(LOGIN).post({"userName": "sunrise"}), 400)
        assert [each["field"] for each in refused["errors"]] == ["password"]

    def test_a_token_ends_after_its_life(self, vendor_key, partner, settings, monkeypatch):
        token = self.login(vendor_key, partner.code, partner.code)["bsauth"]
        monkeypatch.setattr(sessions, "LIFE_SECONDS", -1)
        self.is_refusal(VendorClient(PATH, bsauth=token).post(FULL), 401)

    def test_a_token_ends_with_its_key(self, vendor_key, partner):
        token = self.login(vendor_key, partner.code, partner.code)["bsauth"]
        ApiKey.objects.update(revoked_at=timezone.now())
        self.is_refusal(VendorClient(PATH, bsauth=token).post(FULL), 401)

    def test_a_token_that_somebody_changed_is_none(self, vendor_key, partner):
        token = self.login(vendor_key, partner.code, partner.code)["bsauth"]
        key_id, _, rest = token.partition(":")
        another = f"{key_id[:-1]}{'1' if key_id.endswith('0') else '0'}"
        for forged in (f"{another}:{rest}", token[:-1], key_id, f"{ApiKey.objects.get().pk.hex}"):
            self.is_refusal(VendorClient(PATH, bsauth=forged).post(FULL), 401)

    # There and back -------------------------------------------------------------------------------------

    @shared
    @given(body=LEADS)
    def test_all_that_the_page_names_goes_on_to_the_vendor(self, vendor, tenant, body):
        self.goes_on(vendor, body)

    @shared
    @given(body=WHOLE_LEADS)
    def test_a_lead_with_every_field_of_the_page_goes_on_whole(self, vendor, tenant, body):
        self.goes_on(vendor, body)

    def goes_on(self, vendor: VendorClient, body: dict[str, Any]) -> None:
        body = body | {"orderCode": f"order {Lead.objects.count()}"}
        answer = vendor.post(body)
        assert answer.status_code == 200, answer.content.decode()
        assert lost(body, sent_on(Lead.objects.get(pk=answer["X-Lead-Id"]))) == []
        assert vendor.post(body).json()["data"] == answer.json()["data"]
