"""What holds for every dialect: a vendor's test class inherits these cases and says what the vendor's errors are."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from leadops import dialects
from leadops.models import ApiKey, Lead
from tests import people
from tests.crm_integrations.dialects.callers import VendorClient, key_for

QUERIES = 22
"""Two more than over our own API: the connections' settings, or the lead's number."""
texts = st.from_regex(r"[A-Za-zА-яऀ-ह]{1,12}( [A-Za-zА-я]{1,12}){0,2}", fullmatch=True)
# The inherited cases have no state, and each example is a lead of its own: that they share the database is harmless.
shared = settings(
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


class DialectRules:
    """Subclass it as `Test<Vendor>`; `caller` makes a client that shows a key, `body` is a good request."""

    slug: ClassVar[str]
    body: ClassVar[dict[str, Any]]
    no_key: ClassVar[int]
    no_scope: ClassVar[int]

    def caller(self, key: str) -> VendorClient:
        raise NotImplementedError

    def is_refusal(self, answer: Any, status: int) -> dict[str, Any]:
        """Assert that it is an error in the vendor's shape; returns what stands beside: `detail` or `errors`."""
        raise NotImplementedError

    @pytest.fixture
    def vendor_key(self, partner, program) -> str:
        return key_for(self.slug, partner, program)

    @pytest.fixture
    def vendor(self, vendor_key) -> VendorClient:
        return self.caller(vendor_key)

    # Who calls ------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("text", ["", "lo_live_nothing", "ключ", "x" * 5000])
    def test_what_is_no_key_is_refused(self, db, text):
        self.is_refusal(self.caller(text).post(self.body), self.no_key)
        assert not Lead.objects.exists()

    def test_a_revoked_an_expired_and_another_dialects_key_get_the_answer_of_an_unknown_one(
        self, partner, other_partner, program
    ):
        strangers = [slug for slug, _ in dialects.choices() if slug != self.slug]
        texts = [key_for(self.slug, partner, program)]
        texts += [key_for(each, people.partner(each, each), program) for each in strangers]
        texts.append(key_for(self.slug, other_partner, program, expires_at=timezone.now()))
        texts.append(ApiKey.issue(other_partner)[1])
        ApiKey.objects.filter(digest=ApiKey.digest_of(texts[0])).update(revoked_at=timezone.now())
        answers = [self.caller(text).post(self.body) for text in [*texts, "lo_live_unknown"]]
        for answer in answers:
            self.is_refusal(answer, self.no_key)
        bodies = [{k: v for k, v in answer.json().items() if k != "timestamp"} for answer in answers]
        assert all(body == bodies[0] for body in bodies)
        assert not Lead.objects.exists()

    def test_an_inactive_partners_key_is_refused(self, vendor, partner):
        partner.active = False
        partner.save()
        self.is_refusal(vendor.post(self.body), self.no_key)

    def test_a_test_keys_lead_stays_in_the_test_space(self, partner, program):
        key = key_for(self.slug, partner, program, mode=ApiKey.Mode.TEST)
        assert self.caller(key).post(self.body).status_code < 300
        assert Lead.objects.get().partner == partner.test_space

    def test_a_key_without_the_scope_is_refused_in_words(self, partner, program):
        key = key_for(self.slug, partner, program, scopes=["lead:read"])
        assert "lead:write" in str(self.is_refusal(self.caller(key).post(self.body), self.no_scope))

    def test_a_program_that_takes_no_leads_is_told(self, vendor, program):
        program.active = False
        program.save()
        assert "program" in str(self.is_refusal(vendor.post(self.body), self.no_scope))

    def test_the_key_opens_our_own_api_too_as_far_as_its_scopes_go(self, client, vendor_key):
        answer = client.get("/v1/crm/leads/", headers={"Authorization": f"Bearer {vendor_key}"})
        assert "lead:read" in answer.json()["detail"]

    # What comes of it -----------------------------------------------------------------------------------

    def test_the_lead_is_filed_under_the_keys_program_by_the_dialect(self, vendor, partner, program):
        answer = vendor.post(self.body)
        lead = Lead.objects.get()
        assert (lead.partner, lead.program, lead.intake) == (partner, program, Lead.Intake.DIALECT)
        assert lead.status == Lead.Status.SUBMITTED
        assert answer["X-Lead-Id"] == str(lead.pk)

    def test_an_answer_has_one_request_id_which_may_be_the_callers(self, vendor):
        for body, given in ((self.body, "mine-00000001"), ({}, "mine-00000002")):
            answer = vendor.post(body, **{"X-Request-Id": given})
            assert answer["X-Request-Id"] == given

    def test_no_log_repeats_what_a_lead_says_nor_the_key(self, vendor, vendor_key, caplog):
        caplog.set_level("DEBUG")
        vendor.post(self.body)
        vendor.post(self.body | {"favourite_colour": "red"})
        vendor.post(b"{" + json.dumps(self.body).encode())
        written = "".join(
            record.getMessage() for record in caplog.records if record.name != "django.db.backends"
        )
        assert written
        assert not [each for each in (vendor_key, *_texts(self.body)) if each in written]

    def test_taking_a_lead_costs_few_queries(self, vendor, django_assert_max_num_queries):
        vendor.post({})  # notes the key's use for this minute
        with django_assert_max_num_queries(QUERIES):
            assert vendor.post(self.body).status_code < 300

    # Of other partners ----------------------------------------------------------------------------------

    def test_of_another_partners_borrower_nothing_is_told(self, vendor, other_partner, program, rule):
        rule("refuse")
        assert vendor.post(self.body).status_code < 300
        known = Lead.objects.get()
        answer = self.caller(key_for(self.slug, other_partner, program)).post(self.body)
        refused = self.is_refusal(answer, 400)
        assert "existing_id" not in refused
        assert [each["field"] for each in refused["errors"]] == [""]
        said = answer.content.decode() + str(answer.headers)
        assert not [each for each in (known.pk, known.pk.hex, known.partner.name) if str(each) in said]

    def test_another_partner_gets_a_lead_of_its_own_for_the_same_request(
        self, vendor, other_partner, program
    ):
        first = vendor.post(self.body)
        second = self.caller(key_for(self.slug, other_partner, program)).post(self.body)
        assert first["X-Lead-Id"] != second["X-Lead-Id"]
        assert Lead.objects.get(pk=second["X-Lead-Id"]).partner == other_partner

    # What is refused ------------------------------------------------------------------------------------

    def test_a_field_that_the_page_has_not_is_refused_by_name(self, vendor):
        refused = self.is_refusal(vendor.post(self.body | {"favourite_colour": "red"}), 400)
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [
            ("favourite_colour", "unknown_field")
        ]

    def test_card_data_is_refused_and_never_repeated(self, vendor):
        refused = self.is_refusal(vendor.post(self.body | {"cardNumber": "4111 1111 1111 1111"}), 400)
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [("cardNumber", "card_data")]
        assert "4111" not in str(refused)
        assert not Lead.objects.exists()

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b'"text"', b'{"name": "a", "name": "b"}', b"\xff"]
    )
    def test_what_is_no_object_is_refused(self, vendor, body):
        self.is_refusal(vendor.post(body), 400)

    @pytest.mark.parametrize("size", [256 * 1024 + 1, 3 * 1024 * 1024])
    def test_an_oversize_body_is_refused(self, vendor, size):
        self.is_refusal(vendor.post(b" " * size), 413)

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "text/json"])
    def test_another_content_type_is_refused(self, vendor, content_type):
        self.is_refusal(vendor.post(self.body, content_type), 415)

    def test_another_method_is_refused(self, vendor):
        self.is_refusal(vendor.client.get(vendor.path, headers=vendor.headers), 405)

    def test_an_address_that_we_do_not_serve_is_told_in_the_vendors_shape(self, vendor):
        answer = vendor.client.get(vendor.path.rpartition("/")[0] + "/somethingElse")
        self.is_refusal(answer, 404)

    def test_what_a_client_accepts_does_not_matter(self, vendor):
        assert vendor.post(self.body, Accept="text/html").status_code in {200, 201}

    # When something is wrong on our side ----------------------------------------------------------------

    def test_a_fault_of_ours_is_told_without_its_words_and_leaves_nothing(self, vendor, caplog):
        with connection.execute_wrapper(
            _failing(ValueError("Asha 9000000001"), r"INSERT INTO|EXECUTE insert_")
        ):
            refused = self.is_refusal(vendor.post(self.body), 500)
        assert "Asha" not in str(refused) + caplog.text
        assert not Lead.objects.exists()

    def test_a_database_that_is_away_is_told_with_when_to_come_again(self, vendor):
        with connection.execute_wrapper(_failing(OperationalError("gone"), r"INSERT INTO|EXECUTE insert_")):
            answer = vendor.post(self.body)
        self.is_refusal(answer, 503)
        assert answer["Retry-After"] == "5"


def _texts(tree: Any) -> list[str]:
    """The texts in a body that stand for somebody, and not for a choice among a few."""
    if isinstance(tree, dict):
        return [text for each in tree.values() for text in _texts(each)]
    if isinstance(tree, list):
        return [text for each in tree for text in _texts(each)]
    return [tree] if isinstance(tree, str) and len(tree) >= 4 else []


def _failing(error: Exception, word: str) -> Any:
    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if re.search(word, sql):
            raise error
        return execute(sql, params, many, context)

    return fail
