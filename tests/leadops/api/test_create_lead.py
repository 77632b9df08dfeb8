"""POST /v1/crm/leads/: what is taken, what comes back, what is kept."""

from __future__ import annotations

import json
import time

import pytest

from leadops.api.examples import LEAD_BODY
from leadops.api.lead_shapes import LEAD
from leadops.models import ApiKey, Lead, Scope
from leadops.services import insertion
from leadops.signals import leads_ready
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

PATH = "/v1/crm/leads/"
SOON = "in ten minutes"
"""Of the test, which may run long after all of them were collected."""


def _errors(answer) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    assert answer.json()["type"] == "urn:leadops:problem:validation"
    return {each["field"]: each["code"] for each in answer.json()["errors"]}


def _kept(sent, answered) -> None:
    """Everything that was sent stands in the answer under its name."""
    if isinstance(sent, dict):
        for name, value in sent.items():
            _kept(value, answered[name])
    elif isinstance(sent, list):
        assert len(sent) == len(answered)
        for one, other in zip(sent, answered, strict=True):
            _kept(one, other)
    else:
        assert answered == sent


def test_cregos_example_is_taken_as_printed(api, example_program):
    answer = api.post(PATH, LEAD_BODY)
    assert answer.status_code == 200, answer.content
    lead = answer.json()
    masked = json.loads(json.dumps(LEAD_BODY).replace("JUVPK1179B", "JUXXXXX79B"))
    _kept(masked, lead)
    assert lead["status"] == "submitted"
    assert isinstance(lead["created_at"], float)
    assert lead["applicants"][0]["lead_id"] == lead["id"]
    assert lead["applicants"][0]["addresses"][0]["district"] == "Faridkot"


def test_the_example_is_kept_in_the_database(api, partner, example_program):
    answer = api.post(PATH, LEAD_BODY)
    lead = Lead.objects.get(pk=answer.json()["id"])
    assert (lead.partner, lead.program, lead.intake) == (partner, example_program, "api")
    assert lead.primary_mobile == "+918439598391"
    business, person = lead.applicants.all()
    assert (business.pan_no, business.primary_mobile) == ("JUVPK1179B", "+917714044531")
    assert business.banks.get().ifsc == "CBIN0281814"
    assert person.primary_email == "222@gmail.com"
    assert person.addresses.get().country == "IN"


def test_a_lead_is_announced_once(api, program):
    heard = []

    def listen(sender, leads, connections, **_):
        heard.append(([lead.pk for lead in leads], connections))

    leads_ready.connect(listen)
    try:
        answer = api.post(PATH, bodies.lead(program))
    finally:
        leads_ready.disconnect(listen)
    assert [([str(pk) for pk in pks], connections) for pks, connections in heard] == [
        ([answer.json()["id"]], None)
    ]


def test_program_and_mobile_are_enough(api, program):
    answer = api.post(PATH, bodies.lead(program))
    assert answer.status_code == 200
    assert answer.json()["applicants"] == []
    assert answer.json()["partner_ref_id"] is None


def test_mobile_is_another_name_of_primary_mobile(api, program):
    answer = api.post(PATH, {"program_id": str(program.pk), "mobile": "9000000001"})
    assert answer.json()["primary_mobile"] == "9000000001"


def test_two_names_of_one_field_may_not_contradict(api, program):
    assert _errors(api.post(PATH, bodies.lead(program, mobile="9000000002"))) == {
        "primary_mobile": "alias_contradicts"
    }


def test_an_error_names_the_field_as_it_was_sent(api, program):
    assert _errors(api.post(PATH, {"program_id": str(program.pk), "mobile": "12", "x": 1})) == {
        "x": "unknown_field",
        "mobile": "invalid_mobile",
    }


def test_every_field_comes_back(partner, program):
    owner = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_WRITE, Scope.PII_READ])[1])
    sent = bodies.lead(
        program,
        applicants=[bodies.person()],
        partner_ref_id="P-1",
        loan_amount="250000.50",
        loan_tenure=24,
        loan_tenure_unit="MONTHS",
        loan_purpose="Stock",
        remarks="Call after six.",
        source="Fair",
        channel="Field",
        tags=["festival"],
        consents=[
            {
                "purpose": "bureau",
                "granted_at": 1721387621.5,
                "ip_address": "203.0.113.9",
                "text_version": "3",
                "connections": ["crego"],
            }
        ],
        extra={"brainysoft": {"childrenCount": 2}},
    )
    answer = owner.post(PATH, sent)
    assert answer.status_code == 200, answer.content
    _kept(sent, answer.json())


def test_a_consent_from_an_address_with_a_zone_is_refused_at_its_field(api, program):
    consent = {"purpose": "bureau", "granted_at": 1721387621.5, "ip_address": "fe80::1%eth0"}
    answer = api.post(PATH, bodies.lead(program, consents=[consent]))
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["consents[0].ip_address"]
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("consent", "error"),
    [
        ({"purpose": "x", "granted_at": "2999-01-01T00:00:00Z"}, ("granted_at", "date_in_future")),
        ({"purpose": "x", "granted_at": SOON}, ("granted_at", "date_in_future")),
        ({"purpose": "", "granted_at": 0}, ("purpose", "required")),
        ({"purpose": "  \u200b", "granted_at": 0}, ("purpose", "required")),
        ({"granted_at": 0}, ("purpose", "required")),
    ],
)
def test_a_consent_of_a_time_to_come_or_to_nothing_is_refused_by_name(api, program, consent, error):
    if consent["granted_at"] == SOON:
        consent = consent | {"granted_at": time.time() + 600}
    body = bodies.lead(program, consents=[{"purpose": "bureau", "granted_at": 0}, consent])
    expected = [(f"consents[1].{error[0]}", error[1])]
    answer = api.post(PATH, body)
    assert answer.status_code == 400
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == expected
    [row] = api.post(f"{PATH}bulk/", {"leads": [body]}).json()["results"]
    assert [(each["field"], each["code"]) for each in row["problem"]["errors"]] == expected
    assert not Lead.objects.exists()


def test_a_clock_that_is_a_little_ahead_is_no_reason_to_refuse_a_consent(api, program):
    consent = {"purpose": "bureau", "granted_at": time.time() + 120}
    assert api.post(PATH, bodies.lead(program, consents=[consent])).status_code == 200


def test_what_a_create_answers_is_what_is_read_later(api, program):
    people = [bodies.person(), bodies.person(is_primary=False, addresses=[], monthly_income=1)]
    consents = [{"purpose": "bureau", "granted_at": "2026-03-12T09:30:00+05:30"}]
    sent = bodies.lead(
        program,
        applicants=people,
        consents=consents,
        loan_amount=7,
        extra={"brainysoft": {"childrenCount": 2}},
    )
    answer = api.post(PATH, sent).json()
    assert answer == api.get(f"{PATH}{answer['id']}/").json()


@pytest.mark.parametrize(
    "text",
    [
        "100 % of it",
        "5 %s and %(x)s",
        "50 %%",
        "'one' \"two\"",
        "a\\b \\' \\n",
        ":x :'x'",
        "$1 $$",
        "{0} -- ;",
    ],
)
def test_a_text_is_kept_letter_by_letter(api, program, text):
    person = bodies.person(employer_name=text)
    sent = bodies.lead(program, applicants=[person], remarks=text, tags=[text], partner_ref_id=text)
    answer = api.post(PATH, sent)
    assert answer.status_code == 200, answer.content
    kept = api.get(f"{PATH}{answer.json()['id']}/").json()
    assert (kept["remarks"], kept["tags"], kept["partner_ref_id"]) == (text, [text], text)
    assert kept["applicants"][0]["employer_name"] == text


def test_personal_numbers_come_back_masked(api, program):
    answer = api.post(PATH, bodies.lead(program, applicants=[bodies.person(gstin="03ABCPK1234L1ZW")]))
    assert answer.status_code in (200, 400), answer.content
    answer = api.post(PATH, bodies.lead(program, applicants=[bodies.person()]))
    person = answer.json()["applicants"][0]
    assert person["pan_no"] == "ABXXXXX34L"
    assert person["banks"][0]["account_no"] == "XXXXXXXX2333"
    assert person["identity_document"]["number"] == "XXXX4567"
    assert person["tax_id"] == "XXXXXXXXXX2345"
    whole = answer.content.decode()
    for number in ("ABCPK1234L", "000111222333", "K1234567", "9000012345", "9000054321"):
        assert number not in whole


def test_a_foreign_mobile_comes_back_with_its_country(api, program):
    assert (
        api.post(PATH, bodies.lead(program, primary_mobile="+79161234567")).json()["primary_mobile"]
        == "+79161234567"
    )


def test_warnings_are_told_and_the_lead_is_taken(api, program):
    mismatch = bodies.applicant(pan_no="ABCCK1234L")
    answer = api.post(PATH, bodies.lead(program, applicants=[mismatch]))
    assert answer.status_code == 200
    assert [(each["field"], each["code"]) for each in answer.json()["warnings"]] == [
        ("applicants[0].pan_no", "pan_holder_mismatch")
    ]
    assert "warnings" not in api.get(f"{PATH}{answer.json()['id']}/").json()


def test_every_error_of_form_and_content_is_told_at_once(api, program):
    body = bodies.lead(
        program,
        primary_mobile="12345",
        colour="blue",
        loan_amount=True,
        applicants=[
            bodies.applicant(
                pan_no="NOPE",
                is_primary="yes",
                shoe_size=43,
                addresses=[{"pincode": "999999", "planet": "Mars"}],
                banks=[{"ifsc": "CBIN1281814", "tags": "salary"}],
            ),
            {"name": "Second"},
            "third",
        ],
        consents=[{"purpose": "bureau", "granted_at": "yesterday"}],
    )
    assert _errors(api.post(PATH, body)) == {
        "colour": "unknown_field",
        "applicants[0].shoe_size": "unknown_field",
        "applicants[0].is_primary": "not_yes_or_no",
        "applicants[0].addresses[0].planet": "unknown_field",
        "applicants[0].banks[0].tags": "not_a_list",
        "applicants[1].applicant_type": "required",
        "applicants[1].is_primary": "required",
        "applicants[1].is_authorized_signatory": "required",
        "applicants[1].tags": "required",
        "applicants[1].addresses": "required",
        "applicants[1].banks": "required",
        "applicants[2]": "not_an_object",
        "loan_amount": "not_a_number",
        "consents[0].granted_at": "not_a_moment",
        "primary_mobile": "invalid_mobile",
        "applicants[0].pan_no": "invalid_pan",
        "applicants[0].addresses[0].pincode": "unknown_pincode",
        "applicants[0].banks[0].ifsc": "ifsc_fifth_character",
    }
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ([], {"": "not_an_object"}),
        ('"a"', {"": "not_an_object"}),
        ({}, {"program_id": "required", "primary_mobile": "required"}),
        (
            {"program_id": 7, "primary_mobile": 9000000001},
            {"program_id": "invalid_id", "primary_mobile": "not_a_text"},
        ),
        (
            {"program_id": "5b67c764-afb3-4570-ac21-025ea3255b6e", "primary_mobile": ""},
            {"program_id": "unknown_program", "primary_mobile": "required"},
        ),
    ],
)
def test_a_body_of_another_shape_is_refused(api, body, errors):
    assert _errors(api.post(PATH, body)) == errors


def test_a_program_that_rests_takes_no_leads(api, program):
    program.active = False
    program.save()
    assert _errors(api.post(PATH, bodies.lead(program))) == {"program_id": "unknown_program"}


def test_fields_of_the_record_that_are_not_the_partners_are_refused(api, program):
    ours = {
        "id",
        "status",
        "sync_status",
        "partner",
        "partner_id",
        "owner",
        "version",
        "created_by",
        "intake",
    }
    answer = api.post(PATH, bodies.lead(program, **dict.fromkeys(ours, "x")))
    assert _errors(answer) == dict.fromkeys(ours, "unknown_field")


@pytest.mark.parametrize(
    ("where", "fields"),
    [
        ("card_number", {"card_number": "x"}),
        ("remarks", {"remarks": "pay with 4111 1111 1111 1111"}),
        ("extra.brainysoft.cvv", {"extra": {"brainysoft": {"cvv": "123"}}}),
    ],
)
def test_card_data_is_refused_and_not_repeated(api, program, where, fields):
    answer = api.post(PATH, bodies.lead(program, **fields))
    assert _errors(answer) == {where: "card_data"}
    assert "4111" not in answer.content.decode()


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ({"leadDebts": [{"mobile": "4111111111111111"}]}, "leadDebts[0].mobile"),
        ({"goods": [{"account_no": "4111111111111111"}]}, "goods[0].account_no"),
        ({"extraFields": {"phone": "4111111111111111"}}, "extraFields.phone"),
        ({"relatives": [{"telephone": "378282246310005"}]}, "relatives[0].telephone"),
        ({"registrationNumber": "4111111111111111"}, "registrationNumber"),
    ],
)
def test_a_card_in_extra_is_refused_whatever_its_field_is_called(api, program, rows, where):
    answer = api.post(PATH, bodies.lead(program, extra={"brainysoft": rows}))
    assert _errors(answer) == {f"extra.brainysoft.{where}": "card_data"}


def test_numbers_of_a_vendors_own_that_look_like_a_cards_are_taken(api, program):
    extra = {"brainysoft": {"registrationNumber": "5100000000003", "employerInn": "234123412346"}}
    assert api.post(PATH, bodies.lead(program, extra=extra)).json()["extra"] == extra


@pytest.mark.parametrize("name", ["inn", "mobile"])
def test_an_aadhaar_number_in_extra_is_refused_whatever_its_field_is_called(api, program, name):
    answer = api.post(
        PATH, bodies.lead(program, extra={"brainysoft": {"extraFields": {name: "234123412346"}}})
    )
    assert _errors(answer) == {f"extra.brainysoft.extraFields.{name}": "aadhaar_number"}


def test_more_than_fifty_applicants_are_refused(api, program):
    crowd = [bodies.applicant(is_primary=at == 0) for at in range(51)]
    assert _errors(api.post(PATH, bodies.lead(program, applicants=crowd))) == {"applicants": "too_many"}
    assert api.post(PATH, bodies.lead(program, applicants=crowd[:50])).status_code == 200


@pytest.mark.parametrize("people", [0, insertion.FEW], ids=["written in one statement", "copied"])
def test_a_repeated_reference_answers_with_the_lead_that_has_it(api, other_api, program, people):
    first = api.post(PATH, bodies.lead(program, partner_ref_id="P-1"))
    applicants = [bodies.person(is_primary=not at) for at in range(people)]
    again = api.post(PATH, bodies.lead(program, partner_ref_id="P-1", applicants=applicants))
    assert again.status_code == 409, again.content
    assert again.json()["type"] == "urn:leadops:problem:conflict"
    assert again.json()["existing_id"] == first.json()["id"]
    assert other_api.post(PATH, bodies.lead(program, partner_ref_id="P-1")).status_code == 200
    assert Lead.objects.count() == 2


def test_amounts_are_taken_as_numbers_too(api, program):
    answer = api.post(
        PATH, bodies.lead(program, loan_amount=250000.1, loan_tenure="24", loan_tenure_unit="MONTHS")
    )
    assert (answer.json()["loan_amount"], answer.json()["loan_tenure"]) == ("250000.10", 24)


def test_null_is_as_good_as_leaving_out(api, program):
    answer = api.post(
        PATH, bodies.lead(program, loan_amount=None, remarks=None, applicants=[bodies.applicant(pan_no=None)])
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["loan_amount"] is None


def test_creating_a_lead_takes_a_fixed_number_of_queries(api, program, django_assert_num_queries):
    api.post(PATH, bodies.lead(program))  # notes the key's use for this minute
    people = [bodies.person(), bodies.person(is_primary=False), bodies.person(is_primary=False)]
    body = bodies.lead(program, applicants=people)
    with django_assert_num_queries(20, exact=False):
        assert api.post(PATH, body).status_code == 200


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ([1], "extra"),
        ("x", "extra"),
        (5, "extra"),
        (False, "extra"),
        ({"brainysoft": [1]}, "extra.brainysoft"),
        ({"brainysoft": None}, "extra.brainysoft"),
    ],
)
def test_extra_that_is_no_object_of_objects_is_named(api, program, extra, field):
    answer = api.post(PATH, bodies.lead(program, extra=extra))
    assert _errors(answer) == {field: "not_an_object"}


def test_extra_that_is_null_is_none(api, program):
    assert api.post(PATH, bodies.lead(program, extra=None)).json()["extra"] == {}


OURS_ALONE = {field.name for field in Lead._meta.fields} - {*LEAD.fields} | {"branch", "approved_by"}


@pytest.mark.parametrize("name", sorted(OURS_ALONE))
def test_no_field_of_ours_is_set_from_outside(api, program, name):
    assert _errors(api.post(PATH, bodies.lead(program) | {name: "x"})) == {name: "unknown_field"}
    assert not Lead.objects.exists()


def test_the_fields_that_are_ours_alone_are_known():
    assert {"status", "partner", "owner", "version", "created_by", "sync_status"} <= OURS_ALONE
