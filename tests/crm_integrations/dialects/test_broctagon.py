"""Broctagon's clients against us."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_integrations import snapshots
from crm_integrations.auth import SignedBody
from crm_integrations.connector import Config
from crm_integrations.connectors.broctagon import Broctagon
from crm_integrations.dialects.broctagon import is_signed
from crm_integrations.messages import Request, Response
from leadops.models import Lead
from tests.crm_integrations.dialects.callers import VendorClient
from tests.crm_integrations.dialects.rules import DialectRules, shared, texts

PATH = "/public/v1/leads/create"
# Every field of the page's table.
FULL = {
    "email": "jane@example.com",
    "phone": {"country_code": "65", "number": "91234567"},
    "name": "Jane Tan",
    "gender": "female",
    "owner_id": "7du6r2mg",
    "comment": "web form",
    "nationality": "sg",
}
# Digests by the documented steps, for the key test_api_key_0001.
KEY = "test_api_key_0001"
PLAIN = b'{"name":"Jane Tan","email":"jane@example.com","gender":"female","comment":"web"}'
NESTED = b'{"name":"Jane Tan","phone":{"country_code":"65","number":"91234567"}}'
VECTORS = [
    (PLAIN, "BD35C4174735FCF601E37C3D0C0E90E94DFA95A5"),
    (NESTED, "12C1764E8A42493AC71552229B7F7140BDC37454"),
    (NESTED, "251D5770D60E8B0335BC9272DBE3B5CF2F750FB0"),
    (PLAIN, "sha256=3e90985fe923db8e230e3199294db27257021ada0fbcbe69561bf108626a461b"),
    (NESTED, "sha256=7ee7f892f33286f7f9fc3f4ab77be0913e2ab1cd4e3a95fbafc33fd622bd2ff3"),
]


def v2(raw: bytes, key: str) -> str:
    return "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()


class Signing(VendorClient):
    """Signs what it sends, as authentication-v2.html says."""

    def post(self, body: Any, content_type: str = "application/json", **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        signature = v2(raw, self.headers["key"])
        return super().post(raw, content_type, **{"signature": signature, **headers})


def sent_on(lead: Lead, **settings: Any) -> dict[str, Any]:
    """What the vendor's own connector makes of the lead."""
    record = snapshots.of_leads([lead], ["broctagon"])[lead.pk]["broctagon"]
    defaults = {each.name: each.default for each in Broctagon.settings}
    connector = Broctagon(Config("https://vendor.example", defaults | settings))
    return dict(json.loads(connector.build("lead", record).body))


@pytest.mark.parametrize(("raw", "signature"), VECTORS)
def test_the_documented_steps_come_to_these_signatures(raw, signature):
    assert is_signed(raw, KEY, signature)
    assert not is_signed(raw, KEY + "x", signature)
    assert not is_signed(raw.replace(b"Jane", b"Joan"), KEY, signature)
    assert not is_signed(raw, KEY, signature[:-1])


def test_the_vendors_own_published_digest_is_reproduced():
    secret, payload = "It's a Secret to Everybody", b"Hello, World!"
    published = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_signed(payload, secret, f"sha256={published}")


def test_empty_values_may_be_signed_or_left_out():
    raw = b'{"name":"Jane","comment":"","gender":null}'
    for pairs in ("comment=&gender=null&name=Jane", "name=Jane"):
        assert is_signed(raw, KEY, hashlib.sha1((pairs + KEY).encode()).hexdigest().upper())


@pytest.mark.parametrize("signature", ["", "sha256=", "x", "SHA256=00", "ключ"])
def test_what_is_no_signature_is_none(signature):
    assert not is_signed(PLAIN, KEY, signature)


class TestBroctagon(DialectRules):
    slug = "broctagon"
    body = FULL
    no_key = 403
    no_scope = 403

    def caller(self, key: str) -> Signing:
        return Signing(PATH, key=key)

    def is_refusal(self, answer: Any, status: int) -> dict[str, Any]:
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
        assert "WWW-Authenticate" not in answer
        body = answer.json()
        assert (body["error"], body["code"]) == (True, status)
        assert isinstance(body["type"], str)
        return body

    def test_every_field_of_the_page_is_taken(self, vendor):
        answer = vendor.post(FULL)
        lead = Lead.objects.get()
        assert (answer.status_code, answer.json()) == (201, {"id": str(lead.pk)})
        [person] = lead.applicants.all()
        assert (person.name, person.primary_email, person.gender) == (
            "Jane Tan",
            "jane@example.com",
            "female",
        )
        assert (person.nationality, lead.remarks) == ("SG", "web form")
        assert lead.primary_mobile == person.primary_mobile == "+6591234567"
        assert lead.extra == {"broctagon": {"owner_id": "7du6r2mg"}}

    @pytest.mark.parametrize("version", [1, 2])
    def test_the_vendors_own_connector_works_against_us(self, vendor, vendor_key, version):
        asked = Request.json("create_lead", PATH, FULL)
        signed = SignedBody(vendor_key, version).apply(asked)
        answer = vendor.client.generic(
            "POST", PATH, signed.body, headers=dict(signed.headers), content_type="application/json"
        )
        defaults = {each.name: each.default for each in Broctagon.settings}
        outcome = Broctagon(Config("https://vendor.example", defaults)).outcome(
            Response(answer.status_code, answer.content)
        )
        assert outcome.reference == str(Lead.objects.get().pk)

    @pytest.mark.parametrize("signature", ["", "sha256=" + "0" * 64, "0" * 40, "nonsense", "подпись"])
    def test_a_wrong_signature_is_refused(self, vendor, signature):
        self.is_refusal(vendor.post(FULL, signature=signature), 403)
        assert not Lead.objects.exists()

    def test_a_signature_of_another_body_or_by_another_key_is_refused(self, vendor, vendor_key):
        raw = json.dumps(FULL).encode()
        for signature in (v2(raw + b" ", vendor_key), v2(raw, "lo_live_another")):
            assert self.is_refusal(vendor.post(raw, signature=signature), 403)["type"] == "unauthenticated"

    def test_one_of_mail_and_phone_must_be_there_and_we_need_the_phone(self, vendor):
        for body in (
            {"name": "Jane"},
            {"name": "Jane", "email": "j@example.com"},
            {"name": "Jane", "phone": {}},
        ):
            refused = self.is_refusal(vendor.post(body), 400)
            assert [(each["field"], each["code"]) for each in refused["errors"]] == [("phone", "required")]
        assert vendor.post({"name": "Jane", "phone": FULL["phone"]}).status_code == 201

    @pytest.mark.parametrize(
        ("phone", "kept"),
        [
            ({"country_code": "+65", "number": "9123 4567"}, "+6591234567"),
            ({"country_code": "65", "number": "+6591234567"}, "+6591234567"),
            ({"number": "9000000001"}, "+919000000001"),
            ({"country_code": None, "number": "+6591234567"}, "+6591234567"),
            ({"number": "919800000011"}, "+919800000011"),
        ],
    )
    def test_a_phone_is_read_with_and_without_plus_and_code(self, vendor, phone, kept):
        assert vendor.post(FULL | {"phone": phone}).status_code == 201
        assert Lead.objects.get().primary_mobile == kept

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"phone": {"country_code": "SG", "number": "91234567"}}, "phone.country_code"),
            ({"phone": {"number": "12"}}, "phone"),
            ({"phone": {"number": "9000000001", "kind": "home"}}, "phone.kind"),
            ({"phone": "9000000001"}, "phone"),
            ({"owner_id": "short"}, "owner_id"),
            ({"email": "nobody"}, "email"),
            ({"name": ""}, "name"),
            ({"comment": 5}, "comment"),
            ({"comment": "x" * 5001}, "comment"),
        ],
    )
    def test_what_is_wrong_is_told_by_the_vendors_name(self, vendor, changes, field):
        refused = self.is_refusal(vendor.post(FULL | changes), 400)
        assert field in [each["field"] for each in refused["errors"]]
        assert refused["type"] == "validation"

    def test_a_known_borrower_is_refused_as_an_application_error(self, vendor, rule):
        rule("refuse")
        assert vendor.post(FULL).status_code == 201
        refused = self.is_refusal(vendor.post(FULL), 400)
        assert refused["type"] == "duplicate_lead"
        assert {each["field"] for each in refused["errors"]} == {"phone"}

    def test_words_that_we_do_not_know_go_on_as_they_came(self, vendor):
        vendor.post(FULL | {"gender": "undisclosed", "nationality": "Martian"})
        lead = Lead.objects.get()
        assert lead.applicants.get().gender == lead.applicants.get().nationality == ""
        sent = sent_on(lead)
        assert (sent["gender"], sent["nationality"]) == ("undisclosed", "Martian")

    @shared
    @given(
        name=texts,
        comment=texts,
        owner_id=st.from_regex(r"[a-z0-9]{8}", fullmatch=True),
        gender=st.sampled_from(["male", "female", "other", "undisclosed"]),
        nationality=st.sampled_from(["sg", "in", "de", "Martian"]),
        tail=st.integers(0, 99_999),
        kept=st.sets(st.sampled_from(["email", "gender", "owner_id", "comment", "nationality"])),
    )
    def test_all_that_the_page_names_goes_on_to_the_vendor(
        self, vendor, name, comment, owner_id, gender, nationality, tail, kept
    ):
        told = {"email": f"e{tail}@example.com", "comment": comment, "owner_id": owner_id}
        told |= {"gender": gender, "nationality": nationality}
        body = {"name": name, "phone": {"country_code": "91", "number": f"98000{tail:05}"}}
        body |= {each: told[each] for each in kept}
        answer = vendor.post(body)
        assert answer.status_code == 201, answer.content
        sent = sent_on(Lead.objects.get(pk=answer["X-Lead-Id"]))
        assert sent.pop("comment").startswith(body.pop("comment", ""))
        assert sent == body
