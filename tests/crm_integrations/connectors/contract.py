"""What every connector has to keep: a vendor's test class inherits these cases and adds literal pairs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_integrations import errors
from crm_integrations.connector import Config, Connector, Kind, Meaning, Request, Response
from crm_integrations.records import ApplicantRecord, LeadRecord, LoanAccountRecord
from tests.crm_integrations.connectors.examples import FOREIGN_MOBILE
from tests.crm_integrations.connectors.variations import blanked, changed, paths

CARD_FIELDS = {"cardCvc", "cardHolder", "cardNumber", "validThruMonth", "validThruYear"}
STATUSES: dict[int, type[errors.DeliveryError]] = {
    **dict.fromkeys((400, 402, 404, 405, 410, 413, 415, 422), errors.Rejected),
    **dict.fromkeys((301, 302, 307, 308, 401, 403), errors.Misconfigured),
    **dict.fromkeys((408, 425, 429, 503), errors.Transient),
    **dict.fromkeys((100, 409, 500, 501, 502, 504, 520), errors.OutcomeUnknown),
}
UNREADABLE = {
    "HTML": b"<html><body>Welcome</body></html>",
    "truncated": b'{"id": "df03f224", "success": true, "status": "ok", "data": {"lead_id": 1',
    "an array": b'[{"id": "df03f224"}]',
    "NaN": b"NaN",
    "nothing": b"null",
    "text": b'"ok"',
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"id":' * 100_000,
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "a huge number": b'{"id": ' + b"9" * 5000 + b"}",
}
READ_NAMES = (
    "id",
    "_id",
    "status",
    "data",
    "success",
    "lead_id",
    "message",
    "error",
    "type",
    "code",
    "results",
)
SAID_BACK = ("count", "orderCode", "partner_ref_id", "ref_id", "crm_lead_id", "primary_mobile", "program_id")
STATUS_NAMES = ("currentStatus", "currentStatusId", "loanApplicationId", "drop_reason", "source", "event")
PAGE_NAMES = ("has_next", "current_page", "page_size", "created_at", "creationDate", "applicants")
WORDS = st.sampled_from([*READ_NAMES, *SAID_BACK, *STATUS_NAMES, *PAGE_NAMES, "ok"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=12,
)
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)
ANY_STATUS = st.sampled_from([200, 200, 201, 201, 202, 204, *STATUSES])
# The inherited cases have no state: that several classes run them is harmless.
shared = settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)


class ConnectorContract:
    """Subclass it as `Test<Vendor>` and name the vendor's connector, its kind and a record that is ready."""

    connector: ClassVar[type[Connector]]
    kind: ClassVar[Kind] = "lead"
    comes_along: ClassVar[tuple[Kind, ...]] = ()
    """Kinds that it takes beside; what it does with them is told by the vendor's own tests."""
    record: ClassVar[LeadRecord | LoanAccountRecord]
    configurations: ClassVar[tuple[Mapping[str, Any], ...]] = ({},)
    """Settings that decide which of our fields are sent; the first is used everywhere else."""
    stand_ins: ClassVar[tuple[LeadRecord, ...]] = ()
    """Records in which one of our fields stands in for another that is empty."""
    empty_is_success: ClassVar[frozenset[int]] = frozenset()
    """The statuses for which the vendor documents a success without a body."""

    def make(self, **settings: Any) -> Connector:
        defaults = {each.name: each.default for each in self.connector.settings}
        secrets = {each.name: f"canary-{each.name}-0001" for each in self.connector.secrets}
        complete = {**defaults, **self.configurations[0], **settings}
        return self.connector(Config("https://vendor.example", complete, secrets))

    def build(self, record: Any = None, **settings: Any) -> Request:
        return self.make(**settings).build(self.kind, record or self.record)

    def body(self, record: Any = None, **settings: Any) -> Any:
        return json.loads(self.build(record, **settings).body)

    def missing(self, record: Any, **settings: Any) -> list[str]:
        found = self.make(**settings).missing(self.kind, record)
        assert all(each.message.endswith(".") for each in found)
        return [each.field for each in found]

    # Who it is ------------------------------------------------------------------------------------------

    def test_slug_is_the_module_name(self) -> None:
        assert self.connector.__module__ == f"crm_integrations.connectors.{self.connector.slug}"

    def test_it_names_itself_and_its_public_page(self) -> None:
        assert self.connector.label
        assert self.connector.docs_url.startswith("https://")

    def test_it_takes_exactly_its_kinds(self) -> None:
        assert self.connector.kinds() == (self.kind, *self.comes_along)

    # What it sends --------------------------------------------------------------------------------------

    def test_the_same_record_gives_the_same_bytes(self) -> None:
        assert self.build() == self.build()

    def test_our_records_are_not_changed_by_building(self) -> None:
        before = repr(self.record)
        self.build()
        assert repr(self.record) == before

    def test_a_ready_record_misses_nothing(self) -> None:
        assert self.missing(self.record) == []

    @shared
    @given(data=st.data(), kept=st.integers(0, 2))
    def test_missing_is_empty_exactly_when_build_works(self, data: st.DataObject, kept: int) -> None:
        record: Any = self.record
        for path in data.draw(st.lists(st.sampled_from(sorted(paths(record))), unique=True)):
            record = blanked(record, path)
        if isinstance(record, LeadRecord):
            record = replace(record, applicants=record.applicants[:kept])
        if self.missing(record):
            with pytest.raises(errors.Unsupported):
                self.build(record)
        else:
            assert self.build(record).body

    def test_a_refusal_lists_all_that_is_missing(self) -> None:
        record: Any = self.record
        for path in paths(record):
            record = blanked(record, path)
        messages = [each.message for each in self.make().missing(self.kind, record)]
        assert len(messages) > 1
        with pytest.raises(errors.Unsupported) as refused:
            self.build(record)
        assert all(message in refused.value.message for message in messages)

    def test_what_is_not_carried_is_listed_and_nothing_else_is(self) -> None:
        record: Any = self.record
        told = {path for path in paths(record) if self._is_told(path)}
        listed = {path for path in paths(record) if self._is_listed(path)}
        silently_dropped, wrongly_listed = {*paths(record)} - told - listed, told & listed
        assert (silently_dropped, wrongly_listed) == (set(), set())

    def test_every_entry_of_not_carried_is_a_field_of_ours(self) -> None:
        known = {*paths(self.record), "primary_mobile.country_code", "co_applicants", "other_addresses"}
        prefixes = {path[: len(each)] for path in known for each in self.connector.not_carried}
        assert set(self.connector.not_carried) <= prefixes
        assert len(set(self.connector.not_carried)) == len(self.connector.not_carried)

    def test_people_and_places_beyond_what_fits_are_listed(self) -> None:
        if not isinstance(self.record, LeadRecord):
            return
        listed = {*self.connector.not_carried}
        alone = replace(self.record, applicants=self.record.applicants[:1])
        assert self._makes_a_difference(alone) != ("co_applicants" in listed)
        person = self.record.applicants[0]
        moved: ApplicantRecord = replace(person, addresses=person.addresses[:2])
        fewer = replace(self.record, applicants=(moved, *self.record.applicants[1:]))
        no_place = bool({"other_addresses", "applicants[].addresses"} & listed)
        assert self._makes_a_difference(fewer) != no_place

    def test_a_country_code_is_never_dropped_silently(self) -> None:
        if not isinstance(self.record, LeadRecord):
            return
        foreign = replace(self.record, primary_mobile=FOREIGN_MOBILE)
        dropped = not self.missing(foreign) and not self._makes_a_difference(foreign)
        assert dropped == ("primary_mobile.country_code" in self.connector.not_carried)

    def _is_listed(self, path: str) -> bool:
        return any(
            path == each or path.startswith((f"{each}.", f"{each}[")) for each in self.connector.not_carried
        )

    def _is_told(self, path: str) -> bool:
        # It is told as `ref`, unless another lead has it at this connection.
        if path == "partner_ref_id" and self.connector.partner_references:
            return True
        records: tuple[Any, ...] = (self.record, *self.stand_ins)
        return any(self._makes_a_difference(changed(each, path), each) for each in records)

    def _makes_a_difference(self, record: Any, than: Any = None) -> bool:
        before = than or self.record
        sides = ((self._said(before, each), self._said(record, each)) for each in self.configurations)
        return any(one != other for one, other in sides)

    def _said(self, record: Any, settings: Mapping[str, Any]) -> bytes:
        built: Request = getattr(self.make(**settings), f"build_{self.kind}")(record)
        return built.path.encode() + built.body

    # Secrets and cards ----------------------------------------------------------------------------------

    def test_no_credential_is_in_body_or_path(self) -> None:
        connector = self.make()
        request = connector.auth.apply(connector.build(self.kind, self.record), "canary-handed-out-token")
        assert b"canary" not in request.body
        assert "canary" not in request.path
        assert any("canary" in value or name == "signature" for name, value in request.headers.items())

    def test_a_connection_without_its_secrets_is_misconfigured(self) -> None:
        settings = {each.name: each.default for each in self.connector.settings}
        auth = self.connector(Config("https://vendor.example", settings)).auth
        asks_for_a_token = self.make().auth.token_request() is not None
        with pytest.raises(errors.Misconfigured, match="The connection has no "):
            auth.token_request() if asks_for_a_token else auth.apply(self.build())

    def test_card_fields_are_never_sent(self) -> None:
        if not isinstance(self.record, LeadRecord):
            return
        cards = {**self.record.extra, **dict.fromkeys(CARD_FIELDS, "4111111111111111")}
        sent = self.build(replace(self.record, extra=cards)).body
        assert b"4111111111111111" not in sent
        assert not any(name.encode() in sent for name in CARD_FIELDS)

    # What it hears --------------------------------------------------------------------------------------

    @pytest.mark.parametrize(("status", "error"), STATUSES.items())
    @pytest.mark.parametrize("body", [b"", b'{"detail": "No."}', *UNREADABLE.values()])
    def test_a_status_means_what_happens_next(
        self, status: int, error: type[errors.DeliveryError], body: bytes
    ) -> None:
        with pytest.raises(error) as raised:
            self.make().outcome(Response(status, body))
        assert type(raised.value) is error
        assert str(status) in raised.value.message

    @pytest.mark.parametrize("status", [408, 425, 429, 503])
    def test_retry_after_is_honoured(self, status: int) -> None:
        with pytest.raises(errors.Transient) as raised:
            self.make().outcome(Response(status, headers={"retry-after": "17"}))
        assert raised.value.retry_after == 17.0

    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    @pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
    def test_an_unreadable_answer_is_never_a_success(self, status: int, body: bytes) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().outcome(Response(status, body))

    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    def test_an_empty_body_is_a_success_only_where_documented(self, status: int) -> None:
        if status in self.empty_is_success:
            assert self.make().outcome(Response(status)).reference == ""
        else:
            with pytest.raises(errors.OutcomeUnknown):
                self.make().outcome(Response(status))

    @shared
    @given(status=ANY_STATUS, body=BODIES)
    def test_no_answer_raises_anything_but_our_errors(self, status: int, body: bytes) -> None:
        with contextlib.suppress(errors.DeliveryError):
            outcome = self.make().outcome(Response(status, body))
            assert 200 <= status < 300
            assert isinstance(outcome.reference, str)
            assert isinstance(outcome.status, str)

    # What it asks ---------------------------------------------------------------------------------------

    def test_it_can_be_asked_exactly_when_it_says_so(self) -> None:
        if self.connector.can_find:
            assert self.make().find(self.record) == self.make().find(self.record)
        else:
            with pytest.raises(errors.Unsupported):
                self.make().find(self.record)

    @shared
    @given(status=ANY_STATUS, body=BODIES)
    def test_no_answer_to_a_look_up_raises_anything_but_our_errors(self, status: int, body: bytes) -> None:
        with contextlib.suppress(errors.DeliveryError):
            outcome = self.make().found(Response(status, body), self.record)
            assert outcome is None or outcome.reference

    @pytest.mark.parametrize(
        "body", [b"", b"{}", *(body for body in UNREADABLE.values() if body[:2] != b"[{")]
    )
    def test_an_unreadable_answer_does_not_mean_absent(self, body: bytes) -> None:
        with pytest.raises((errors.OutcomeUnknown, errors.Unsupported)):
            self.make().found(Response(200, body), self.record)

    def test_the_check_is_a_plain_get(self) -> None:
        check = self.make().check()
        assert check is None or (check.method, check.body) == ("GET", b"")

    # What becomes of a record, what is held, and what is told -----------------------------------------------

    def test_it_can_be_asked_for_a_status_exactly_when_it_says_so(self) -> None:
        if self.connector.can_follow:
            asked = self.make().ask_status("a/b?c")
            assert asked == self.make().ask_status("a/b?c")
            assert (asked.method, asked.body, "a%2Fb%3Fc" in asked.path) == ("GET", b"", True)
        else:
            with pytest.raises(errors.Unsupported):
                self.make().ask_status("1")
            with pytest.raises(errors.Unsupported):
                self.make().parse_status(Response(200, b"{}"))

    def test_its_words_mean_something_that_we_know(self) -> None:
        known = set(Meaning)
        assert set(self.connector.meanings.values()) <= known
        assert bool(self.connector.meanings) == self.connector.can_follow
        assert {self.make().meaning(word) for word in self.connector.meanings} <= known
        assert self.make().meaning("a word of tomorrow") is None

    def test_a_connection_explains_words_but_invents_no_meaning(self) -> None:
        if self.connector.can_follow:
            told = self.make(meanings={"booked": "active", "lost": "a meaning of ours"})
            assert (told.meaning("booked"), told.meaning("lost")) == (Meaning.ACTIVE, None)

    @shared
    @given(body=BODIES)
    def test_no_answer_about_a_status_raises_anything_but_our_errors(self, body: bytes) -> None:
        connector, response = self.make(), Response(200, body)
        with contextlib.suppress(errors.DeliveryError):
            outcome = connector.parse_status(response)
            assert outcome.status
            assert isinstance(outcome.status, str)
            assert isinstance(outcome.message, str)
        with contextlib.suppress(errors.DeliveryError):
            further = connector.ask_further(response)
            assert further is None or (further.method, further.body) == ("GET", b"")

    @pytest.mark.parametrize("body", [b"", b"{}", *UNREADABLE.values()])
    def test_an_unreadable_answer_is_no_status(self, body: bytes) -> None:
        with pytest.raises((errors.OutcomeUnknown, errors.Unsupported)):
            self.make().parse_status(Response(200, body))

    def test_it_lists_exactly_when_it_says_so(self) -> None:
        days = date(2026, 3, 1), date(2026, 3, 2)
        if self.connector.can_list:
            first, second = (self.make().list_page(*days, page) for page in (1, 2))
            assert first == self.make().list_page(*days, 1) != second
            assert all("2026-03-01" in each.path + each.body.decode() for each in (first, second))
            assert all("2026-03-02" in each.path + each.body.decode() for each in (first, second))
        else:
            with pytest.raises(errors.Unsupported):
                self.make().list_page(*days, 1)
            with pytest.raises(errors.Unsupported):
                self.make().parse_list(Response(200, b"[]"))

    @shared
    @given(body=BODIES)
    def test_no_list_raises_anything_but_our_errors(self, body: bytes) -> None:
        with contextlib.suppress(errors.DeliveryError):
            listed = self.make().parse_list(Response(200, body))
            for row in listed.rows:
                assert row.reference
                assert isinstance(row.ref, str)
                assert isinstance(row.status, str)
                assert all(isinstance(value, str) for value in row.fields.values())

    @pytest.mark.parametrize("body", [b"", b"{}", *(body for body in UNREADABLE.values())])
    def test_an_unreadable_answer_is_no_list(self, body: bytes) -> None:
        if body[:2] == b"[{" and body.endswith(b"]"):
            return  # a bare list is a list
        with pytest.raises((errors.OutcomeUnknown, errors.Unsupported)):
            self.make().parse_list(Response(200, body))

    @shared
    @given(body=BODIES, signature=st.text(max_size=80))
    def test_nothing_unsigned_passes_and_no_event_raises_but_our_errors(
        self, body: bytes, signature: str
    ) -> None:
        connector = self.make()
        assert connector.verify({}, body) is False
        assert connector.verify({"x-crm-signature": signature, "signature": signature}, body) is False
        with contextlib.suppress(errors.DeliveryError):
            event = connector.read_event(body)
            assert connector.takes_webhooks
            assert event.name
