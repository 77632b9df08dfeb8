from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from crm_integrations import errors, multipart
from crm_integrations.configuration import with_defaults
from crm_integrations.connector import Config, Outcome, Response
from crm_integrations.connectors.crego_crm import CregoCrm
from crm_integrations.records import (
    AddressRecord,
    ApplicantRecord,
    BankRecord,
    DocumentRecord,
    LeadRecord,
    Phone,
)
from tests.crm_integrations.connectors import examples
from tests.crm_integrations.connectors.contract import ANY_STATUS, BODIES, ConnectorContract, shared
from tests.crm_integrations.connectors.examples import FOREIGN_MOBILE
from tests.vendor_pages import crego_lead

LEAD = replace(examples.LEAD, ref=examples.LEAD.partner_ref_id)

FOUND = {
    "id": "df03f224-6089-4d08-baca-8f1c8868a8ad",
    "program_id": LEAD.program_id,
    "primary_mobile": LEAD.primary_mobile.national,
    "partner_ref_id": "asd",
    "status": "new",
}


def phone(national: str) -> Phone:
    return Phone(f"+91{national}", "91", national)


def taken_in(body: dict[str, Any]) -> LeadRecord:
    """The record that a lead in Crego's own words becomes."""
    return LeadRecord(
        id="1",
        ref="asd",
        program_code="SCF",
        **{**body, "primary_mobile": phone(body["primary_mobile"])}
        | {"applicants": tuple(applicant_taken_in(each) for each in body["applicants"])},
    )


def applicant_taken_in(body: dict[str, Any]) -> ApplicantRecord:
    mobile = {"primary_mobile": phone(body["primary_mobile"])} if "primary_mobile" in body else {}
    parts = {
        "tags": tuple(body["tags"]),
        "addresses": tuple(
            AddressRecord(**{**each, "tags": tuple(each["tags"])}) for each in body["addresses"]
        ),
        "banks": tuple(BankRecord(**{**each, "tags": tuple(each["tags"])}) for each in body["banks"]),
    }
    return ApplicantRecord(**{**body, **mobile, **parts})


def listing(*rows: Any, count: int | None = None) -> Response:
    total = len(rows) if count is None else count
    page = {"count": total, "current_page": 1, "page_size": 15, "results": rows}
    return Response(200, json.dumps(page).encode())


class TestCregoCrm(ConnectorContract):
    connector = CregoCrm
    record = LEAD
    comes_along = ("document",)
    configurations = ({}, {"program_ids": {"SCF": "theirs", "SCFx": "others"}})

    def test_the_page_example_taken_in_goes_out_equal(self) -> None:
        request = self.build(taken_in(crego_lead()))
        assert (request.method, request.path) == ("POST", "/v1/crm/leads/")
        # As text, so that the order of the keys counts too.
        assert json.dumps(json.loads(request.body)) == json.dumps(crego_lead())

    def test_the_token_is_a_bearer(self) -> None:
        request = self.make().auth.apply(self.build())
        assert request.headers["Authorization"] == "Bearer canary-token-0001"

    def test_the_page_answer_asks_for_a_look_up(self) -> None:
        assert self.make().outcome(Response(200, b"{}")) == Outcome(look_up=True)

    @pytest.mark.parametrize("status", [200, 201])
    @pytest.mark.parametrize("name", ["id", "_id"])
    def test_an_id_is_the_reference(self, status: int, name: str) -> None:
        body = json.dumps({name: "df03f224", "status": "new"}).encode()
        assert self.make().outcome(Response(status, body)) == Outcome("df03f224", "new")

    @pytest.mark.parametrize("odd", [5, True, None, "", {"$oid": "x"}, float("nan")])
    def test_an_odd_id_is_asked_for(self, odd: Any) -> None:
        assert self.make().outcome(Response(200, json.dumps({"id": odd}).encode())).look_up

    @pytest.mark.parametrize("status", [202, 204])
    def test_other_2xx_are_unknown(self, status: int) -> None:
        with pytest.raises(errors.OutcomeUnknown, match=f"HTTP {status}"):
            self.make().outcome(Response(status, b'{"id": "df03f224"}'))

    def test_a_field_map_is_quoted_to_the_officer(self) -> None:
        body = b'{"primary_mobile": ["This field is required."]}'
        with pytest.raises(errors.Rejected, match="This field is required"):
            self.make().outcome(Response(400, body))

    def test_our_program_becomes_theirs(self) -> None:
        assert self.body()["program_id"] == LEAD.program_id
        assert self.body(program_ids={"SCF": "theirs"})["program_id"] == "theirs"
        assert self.body(program_ids={"OTHER": "theirs"})["program_id"] == LEAD.program_id

    def test_our_own_reference_stands_in_for_the_partners(self) -> None:
        assert self.body()["partner_ref_id"] == "asd"
        assert self.body(replace(LEAD, ref="018f"))["partner_ref_id"] == "018f"

    def test_what_is_missing_is_named_by_its_path(self) -> None:
        nameless = ApplicantRecord("", "", primary_mobile=FOREIGN_MOBILE)
        record = replace(
            LEAD, program_id="", primary_mobile=FOREIGN_MOBILE, applicants=(LEAD.applicants[0], nameless)
        )
        assert self.missing(record) == [
            "program_id",
            "primary_mobile",
            "applicants[1].applicant_type",
            "applicants[1].name",
            "applicants[1].primary_mobile",
        ]
        assert self.missing(replace(LEAD, applicants=())) == ["applicants"]

    def test_a_number_without_ten_digits_is_not_sent(self) -> None:
        assert self.missing(replace(LEAD, primary_mobile=phone("900000000"))) == ["primary_mobile"]

    # The look-up ----------------------------------------------------------------------------------------

    def test_the_list_is_asked_by_our_reference(self) -> None:
        request = self.make().find(replace(LEAD, ref="a/b c"))
        assert (request.method, request.path) == ("GET", "/v1/crm/leads/?partner_ref_id=a%2Fb+c")

    def test_inferred_paths_are_settings(self) -> None:
        paths = {"list_leads": "/v2/leads/", "health": "/ping/"}
        connector = self.make(paths=paths)
        assert connector.find(LEAD).path == "/v2/leads/?partner_ref_id=asd"
        check, default = connector.check(), self.make().check()
        assert check is not None
        assert default is not None
        assert (check.path, default.path) == ("/ping/", "/v1/crm/health/")

    @pytest.mark.parametrize("name", ["id", "_id"])
    def test_our_lead_is_found(self, name: str) -> None:
        row = {name: FOUND["id"], **{key: value for key, value in FOUND.items() if key != "id"}}
        expected = Outcome(str(FOUND["id"]), "new")
        assert self.make().found(listing(row), LEAD) == expected
        assert self.make().found(Response(200, json.dumps([row]).encode()), LEAD) == expected

    def test_a_list_without_a_count_is_whole_when_all_of_it_is_ours(self) -> None:
        assert self.make().found(Response(200, json.dumps({"results": [FOUND]}).encode()), LEAD)

    def test_a_number_given_back_with_its_country_code_is_the_same(self) -> None:
        assert self.make().found(listing({**FOUND, "primary_mobile": "+919000000001"}), LEAD)

    @pytest.mark.parametrize("changed", [{"primary_mobile": "9000000009"}, {"program_id": "z"}])
    def test_our_reference_with_another_mobile_or_program_is_never_absent(
        self, changed: dict[str, str]
    ) -> None:
        edited = {**FOUND, "id": "x", **changed}
        for rows in ([edited], [edited, FOUND]):
            with pytest.raises(errors.OutcomeUnknown):
                self.make().found(listing(*rows), LEAD)

    @pytest.mark.parametrize("answer", [listing(), Response(200, b"[]")])
    def test_an_empty_list_means_absent(self, answer: Response) -> None:
        assert self.make().found(answer, LEAD) is None

    @pytest.mark.parametrize(
        "answer",
        [
            listing(FOUND, {**FOUND, "id": "another"}),
            listing(FOUND, count=16),
            listing(count=3),
            listing({**FOUND, "id": None}),
            listing({**FOUND, "primary_mobile": None}),
            listing({"id": "x"}),
            listing("text"),
            # The filter was ignored: the first page of everything does not tell that ours is absent.
            Response(200, json.dumps([{**FOUND, "partner_ref_id": "other"}]).encode()),
            Response(200, json.dumps({"results": [{**FOUND, "partner_ref_id": "other"}]}).encode()),
            Response(200, b'{"results": {}}'),
        ],
    )
    def test_an_answer_that_does_not_tell_is_unknown(self, answer: Response) -> None:
        with pytest.raises(errors.OutcomeUnknown):
            self.make().found(answer, LEAD)

    # The list -------------------------------------------------------------------------------------------

    def test_leads_are_listed_page_by_page_between_two_days(self) -> None:
        query = "created_at_after=2025-02-01&created_at_before=2025-02-28&page=2&page_size=100"
        days = date(2025, 2, 1), date(2025, 2, 28)
        assert self.make().list_page(*days, 2).path == f"/v1/crm/leads/?{query}"
        assert self.make(paths={"list_leads": "/v2/leads/"}).list_page(*days, 2).path == f"/v2/leads/?{query}"

    def test_a_listed_lead_is_compared_by_what_we_sent(self) -> None:
        lead = {
            "_id": "df03f224",
            "created_at": 1721387600.5,
            "partner_ref_id": "r1",
            "program_id": "p",
            "primary_mobile": "+919000000001",
            "status": "new",
            "applicants": [
                {"name": "Asha Verma", "is_primary": True, "primary_mobile": "919000000002", "pan_no": None}
            ],
        }
        page = {"count": 1, "current_page": 1, "page_size": 100, "results": [lead]}
        [row] = self.make().parse_list(Response(200, json.dumps(page).encode())).rows
        assert (row.reference, row.ref, row.status) == ("df03f224", "r1", "new")
        assert row.fields == {
            "program_id": "p",
            "primary_mobile": "9000000001",
            "applicants[0].name": "Asha Verma",
            "applicants[0].is_primary": "true",
            "applicants[0].primary_mobile": "9000000002",
        }

    def test_a_row_without_an_id_spoils_the_list(self) -> None:
        with pytest.raises(errors.OutcomeUnknown, match="without an id"):
            self.make().parse_list(Response(200, b'[{"partner_ref_id": "r1"}]'))


PAPER = DocumentRecord(
    id="1", ref="0f", lead_reference="df03", document_type="PAN", content_type="application/pdf",
    sha256=hashlib.sha256(b"%PDF").hexdigest(), tags=("own",), content=b"%PDF",
)  # fmt: skip
FILED = {"id": "539e", "related_model_id": "df03", "tags": ["own", "0f"]}


def sending(**settings: Any) -> CregoCrm:
    paths = {"program_ids": {}, "paths": {}, "document_types": {"PAN": "PAN_CARD", "GST": ""}}
    return CregoCrm(Config("https://vendor.example", paths | settings, {"token": "canary"}))


class TestDocuments:
    """What Crego's menu names and no page shows; the fields are ours to be corrected in one place."""

    def test_one_is_a_form_with_its_file(self) -> None:
        request = sending().build("document", PAPER)
        edge = f"--{PAPER.sha256}\r\nContent-Disposition: form-data; name="
        assert (request.method, request.path) == ("POST", "/v1/crm/documents/")
        assert request.headers == {"Content-Type": f"multipart/form-data; boundary={PAPER.sha256}"}
        fields = ("related_model", "lead"), ("related_model_id", "df03"), ("document_type", "PAN_CARD")
        tags = ("tags", "own"), ("tags", "0f")
        told = "".join(f'{edge}"{name}"\r\n\r\n{value}\r\n' for name, value in (*fields, *tags))
        file = f'{edge}"file"; filename="PAN_CARD.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n'
        assert request.body.decode() == f"{told}{file}--{PAPER.sha256}--\r\n"

    def test_a_name_can_t_break_out_of_its_quotes(self) -> None:
        sent = multipart.body([('a"', "b")], multipart.File('f"', 'a"\r\nX: y', "text/plain", b"c"))
        assert b'name="a%22"' in sent
        assert b'name="f%22"; filename="a%22%0D%0AX: y"\r\nContent-Type' in sent

    def test_a_file_is_named_by_its_type_as_far_as_that_makes_a_name(self) -> None:
        body = sending(document_types={"PAN": "ID/पैन ../x"}).build("document", PAPER).body
        assert b'filename="ID_' in body
        assert b"/x.pdf" not in body

    def test_only_types_that_are_named_go(self) -> None:
        assert sending().document_types == {"PAN"}
        assert sending(document_types={}).document_types == frozenset()
        assert sending(document_types={"A": 5, "B": " ", "C": ["x"], "D": None}).document_types == frozenset()
        assert (
            CregoCrm(Config("https://vendor.example", with_defaults(CregoCrm, {}))).document_types
            == frozenset()
        )

    def test_what_is_missing_is_named(self) -> None:
        odd = replace(PAPER, lead_reference="", document_type="GST", is_locked=True)
        assert [each.field for each in sending().missing("document", odd)] == [
            "lead_reference", "document_type", "password",
        ]  # fmt: skip
        assert sending().missing("document", PAPER) == []

    def test_its_path_is_a_setting(self) -> None:
        connector = sending(paths={"documents": "/v2/files/"})
        assert connector.build("document", PAPER).path == "/v2/files/"
        assert connector.find(PAPER).path == "/v2/files/?related_model_id=df03&page_size=100"

    def test_an_id_is_the_reference(self) -> None:
        answer = Response(201, json.dumps(FILED).encode())
        assert sending().outcome(answer) == Outcome("539e")

    def test_ours_is_known_by_our_reference_among_the_tags(self) -> None:
        other = {**FILED, "id": "1", "tags": ["1f"]}
        assert sending().found(listing(other, FILED), PAPER) == Outcome("539e")
        assert sending().found(listing(other), PAPER) is None
        assert sending().found(listing(), PAPER) is None
        for told in (["OWN", "0F"], "own,0f"):
            assert sending().found(listing({**FILED, "tags": told}), PAPER) == Outcome("539e")

    def test_nothing_is_asked_without_crego_s_id_of_the_lead(self) -> None:
        with pytest.raises(errors.OutcomeUnknown, match="without its id of the lead"):
            sending().find(replace(PAPER, lead_reference=""))

    @pytest.mark.parametrize(
        "answer",
        [
            listing(FILED, FILED),
            listing({**FILED, "tags": None}),
            listing({**FILED, "tags": []}, {**FILED, "tags": ["1f"]}),
            listing(*[{**FILED, "tags": ["1f"]}] * 100),
            listing({**FILED, "id": ""}),
            listing({**FILED, "tags": ["1f"]}, count=20),
            Response(200, json.dumps([{**FILED, "related_model_id": "other", "tags": []}]).encode()),
        ],
    )
    def test_what_does_not_tell_is_not_certain(self, answer: Response) -> None:
        with pytest.raises(errors.OutcomeUnknown, match="does not tell which document"):
            sending().found(answer, PAPER)

    @shared
    @given(status=ANY_STATUS, body=BODIES)
    def test_no_answer_raises_anything_but_our_errors(self, status: int, body: bytes) -> None:
        with contextlib.suppress(errors.DeliveryError):
            found = sending().found(Response(status, body), PAPER)
            assert found is None or found.reference
