"""The published schema: frozen, valid, true, and readable without the internet."""

from __future__ import annotations

import re
from copy import deepcopy
from io import StringIO

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from leadops.api.examples import ACCOUNT_BODY, LEAD_BODY
from leadops.api.problems import Type
from tests.contract import operations
from tests.leadops.api import bodies
from tests.leadops.api.routes import routes
from tests.vendor_pages import crego_lead


@pytest.fixture(scope="module")
def frozen() -> dict:
    return operations.frozen()


def _fits(frozen: dict, name: str, value: object) -> list[str]:
    """What is wrong with `value` as a `name` of the schema."""
    whole = {"$ref": f"#/components/schemas/{name}", "components": frozen["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]


def test_the_served_schema_is_the_frozen_one(nobody, frozen):
    """Refresh it on purpose: `manage.py spectacular --file docs/openapi.yaml --fail-on-warn --validate`."""
    answer = nobody.get("/v1/schema/")
    assert answer.status_code == 200
    assert operations.read(answer.content) == frozen


def test_the_schema_is_made_without_a_warning_and_is_valid():
    made = StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=made)
    assert made.getvalue().startswith("openapi: 3.1")


def test_an_outside_validator_finds_the_schema_to_be_openapi_3_1(frozen):
    assert [error.message for error in OpenAPIV31SpecValidator(frozen).iter_errors()] == []
    broken = deepcopy(frozen)
    del broken["paths"]["/v1/crm/health/"]["get"]["responses"]["200"]["description"]
    assert [*OpenAPIV31SpecValidator(broken).iter_errors()]


def test_every_route_is_in_the_schema(frozen):
    said = {
        (path, method.upper())
        for path, item in frozen["paths"].items()
        for method in item
        if method != "parameters"
    }
    served = {
        (re.sub(r"<\w+:(\w+)>", r"{\1}", route.path), route.method)
        for route in routes()
        if route.path not in {"/v1/schema/", "/v1/docs/"}
    }
    assert said == served


def test_every_call_with_a_key_may_be_refused_for_its_limit_and_every_post_takes_an_idempotency_key(frozen):
    for path, item in frozen["paths"].items():
        for method, told in item.items():
            if method == "parameters" or not told.get("security"):
                continue
            assert {"401", "403", "429"} <= told["responses"].keys(), path
            if method == "post":
                assert {"400", "409", "422"} <= told["responses"].keys(), path
                assert "Idempotency-Key" in [each["name"] for each in told["parameters"]], path


def test_every_problem_type_is_in_the_schema(frozen):
    assert set(frozen["components"]["schemas"]["ProblemType"]["enum"]) == {each.uri for each in Type}


@pytest.mark.parametrize(("body", "name"), [(LEAD_BODY, "LeadRequest"), (ACCOUNT_BODY, "AccountRequest")])
def test_cregos_examples_fit_the_schema(frozen, body, name):
    assert _fits(frozen, name, body) == []


def test_a_request_with_an_unknown_field_does_not_fit(frozen):
    assert _fits(frozen, "LeadRequest", LEAD_BODY | {"colour": "blue"})


def test_the_printed_examples_are_cregos_own(frozen):
    printed = frozen["paths"]["/v1/crm/leads/"]["post"]["requestBody"]["content"]["application/json"][
        "examples"
    ]
    assert [each["value"] for each in printed.values()] == [LEAD_BODY] == [crego_lead()]


def test_answers_fit_the_schema(api, program, frozen):
    sent = bodies.lead(
        program, applicants=[bodies.person(), bodies.applicant(is_primary=False, pan_no="ABCCK1234L")]
    )
    lead = api.post("/v1/crm/leads/", sent).json()
    assert lead["warnings"]
    assert _fits(frozen, "Lead", lead) == []
    repeat = api.post("/v1/crm/leads/", sent).json()
    assert repeat["duplicate_of"] == lead["id"]
    assert _fits(frozen, "Lead", repeat) == []
    account_body = {"crm_lead_id": lead["id"], "ref_id": "A1", "program_id": str(program.pk)}
    assert _fits(frozen, "Account", api.post("/v1/los/accounts/", account_body).json()) == []
    assert _fits(frozen, "PaginatedLeadList", api.get("/v1/crm/leads/").json()) == []
    assert _fits(frozen, "PaginatedLeadList", api.get("/v1/crm/leads/", cursor="").json()) == []
    assert _fits(frozen, "PaginatedAccountList", api.get("/v1/los/accounts/").json()) == []
    deliveries = f"/v1/crm/leads/{lead['id']}/deliveries/"
    assert _fits(frozen, "PaginatedDeliveryList", api.get(deliveries).json()) == []
    readiness = f"/v1/crm/leads/{lead['id']}/readiness/"
    assert _fits(frozen, "ReadinessList", api.get(readiness).json()) == []
    asked = {"url": "https://hooks.sunrise.example/x", "events": ["lead.created"]}
    made = api.post("/v1/events/subscriptions/", asked).json()
    assert _fits(frozen, "SubscriptionMade", made) == []
    tested = api.post(f"/v1/events/subscriptions/{made['id']}/test/", {}).json()
    assert _fits(frozen, "Event", tested) == []
    assert _fits(frozen, "PaginatedSubscriptionList", api.get("/v1/events/subscriptions/").json()) == []
    events = api.get("/v1/events/").json()
    assert (len(events["results"]), _fits(frozen, "EventList", events)) == (1, [])
    assert _fits(frozen, "Problem", api.post("/v1/crm/leads/", {}).json()) == []


def test_no_answer_has_a_field_that_the_schema_does_not_name(api, program, frozen):
    lead = api.post("/v1/crm/leads/", bodies.lead(program, applicants=[bodies.person()])).json()
    person = lead["applicants"][0]
    named = {
        name: set(schema["properties"])
        for name, schema in frozen["components"]["schemas"].items()
        if "properties" in schema
    }
    only_sometimes = {"warnings", "duplicate_of", "duplicates", "filled", "program", "loan_accounts"}
    assert set(lead) == named["Lead"] - only_sometimes
    assert set(person) == named["Applicant"]
    assert set(person["identity_document"]) == named["IdentityDocument"]
    assert set(person["addresses"][0]) == named["Address"]
    assert set(person["banks"][0]) == named["Bank"]


def test_the_docs_page_asks_for_nothing_from_outside(nobody):
    page = nobody.get("/v1/docs/")
    assert page.status_code == 200
    sources = re.findall(r"""(?:src|href)=["']([^"']+)""", page.content.decode())
    sources.remove("/v1/docs/?script=")  # what starts it: no script stands within the page
    assert nobody.get("/v1/docs/?script=")["Content-Type"].startswith("application/javascript")
    assert all(source.startswith("/static/") for source in sources)
    for source in sources:
        assert finders.find(source.removeprefix("/static/")), source


def test_a_version_that_could_not_stand_in_a_header_is_left_out(nobody):
    answer = nobody.get("/v1/schema/", version="1\r\nX-Injected: 1")
    assert answer.status_code == 200
    assert "Injected" not in str(answer.headers)
