"""Lists: pages, cursors, filters, and what they cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadops import search
from leadops.api import examples, pagination
from leadops.kept_counts import keep
from leadops.models import ApiKey, Lead, Scope
from tests import people
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

PATH = "/v1/crm/leads/"


@pytest.fixture
def sent(api, program) -> list[str]:
    """Ids of five leads, newest first."""
    ids = []
    for at in range(5):
        person = bodies.person()
        answer = api.post(PATH, bodies.lead(program, partner_ref_id=f"P{at}", applicants=[person]))
        ids.append(answer.json()["id"])
    return ids[::-1]


def _ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["results"]]


def test_a_list_has_cregos_envelope(api, sent):
    listed = api.get(PATH).json()
    assert list(listed) == ["count", "current_page", "page_size", "results"]
    assert (listed["count"], listed["current_page"], listed["page_size"]) == (5, 1, 15)
    assert [each["id"] for each in listed["results"]] == sent


def test_a_listed_lead_is_the_one_that_is_read_alone(api, sent):
    assert api.get(PATH).json()["results"][0] == api.get(f"{PATH}{sent[0]}/").json()


def test_pages_hold_every_lead_once(api, sent):
    pages = [api.get(PATH, page=page, page_size=2) for page in (1, 2, 3)]
    assert [_ids(page) for page in pages] == [sent[:2], sent[2:4], sent[4:]]
    assert {page.json()["count"] for page in pages} == {5}


def test_a_page_past_the_end_is_empty(api, sent):
    beyond = api.get(PATH, page=9, page_size=2).json()
    assert (beyond["results"], beyond["count"]) == ([], 5)


def test_a_long_list_ends_right_though_it_is_not_counted_to_its_end(api, sent, monkeypatch):
    monkeypatch.setattr(pagination, "COUNTED", 1)
    read, page = [], 0
    while True:
        page += 1
        listed = api.get(PATH, page=page, page_size=2).json()
        read += [each["id"] for each in listed["results"]]
        if page * 2 >= listed["count"]:
            break
    assert read == sent


def test_too_many_to_count_are_counted_once_a_minute_unless_nothing_is_left(api, sent, monkeypatch):
    monkeypatch.setattr(pagination, "COUNTED", 1)
    counted = []
    monkeypatch.setattr(
        pagination.kept_counts, "keep", lambda key, found: counted.append(found) or keep(key, found)
    )
    assert [api.get(PATH, page_size=2).json()["count"] for _ in range(2)] == [3, 3]
    assert len(counted) == 1
    Lead.objects.update(deleted_at=datetime.now(UTC))
    assert api.get(PATH, page_size=2).json()["count"] == 0


def test_a_cursor_walks_the_list_and_bears_new_leads(api, sent, program):
    first = api.get(PATH, cursor="", page_size=2).json()
    assert list(first) == ["page_size", "next_cursor", "results"]
    api.post(PATH, bodies.lead(program))
    second = api.get(PATH, cursor=first["next_cursor"], page_size=2).json()
    last = api.get(PATH, cursor=second["next_cursor"], page_size=2).json()
    assert [each["id"] for part in (first, second, last) for each in part["results"]] == sent
    assert last["next_cursor"] is None


@pytest.mark.parametrize("page_size", [1, 5])
def test_a_list_costs_the_same_number_of_queries_at_any_size(api, sent, page_size, django_assert_num_queries):
    """The key, the ids and how many there are, the leads with all of theirs and their programs, the call's count."""
    api.get(PATH)  # prepares the session's statements
    with django_assert_num_queries(4):
        api.get(PATH, page_size=page_size)
    with django_assert_num_queries(4):
        api.get(PATH, page_size=page_size, cursor="")


def test_reading_one_lead_takes_four_queries(api, sent, django_assert_num_queries):
    api.get(f"{PATH}{sent[0]}/")
    with django_assert_num_queries(4):
        api.get(f"{PATH}{sent[0]}/")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page": "0"}, "page"),
        ({"page": "two"}, "page"),
        ({"page": "٣"}, "page"),
        ({"page": "9" * 30}, "page"),
        ({"page_size": "101"}, "page_size"),
        ({"page_size": "-1"}, "page_size"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"program_id": "nonsense"}, "program_id"),
        ({"status": "nonsense"}, "status"),
        ({"created_at_after": "yesterday"}, "created_at_after"),
        ({"created_at_before": "2026-02-30"}, "created_at_before"),
        ({"partner_ref_id": "x" * 101}, "partner_ref_id"),
        ({"partner_ref_id": "a\0b"}, "partner_ref_id"),
        ({"partner": "1"}, "partner"),
        ({"tags": "x" * 501}, "tags"),
        ({"search": "x" * 201}, "search"),
        ({"search": "a\0b"}, "search"),
        ({"primary_mobile__startswith": "9"}, "primary_mobile__startswith"),
    ],
)
def test_a_wrong_filter_is_named(api, sent, query, field):
    answer = api.get(PATH, **query)
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_leads_are_found_by_each_filter(api, sent, program):
    other = people.program("gold", "Gold loan")
    odd = api.post(PATH, bodies.lead(other, primary_mobile="9000000009", partner_ref_id="ODD")).json()["id"]
    Lead.objects.filter(pk=odd).update(status=Lead.Status.APPROVED)
    for query in (
        {"program_id": str(other.pk)},
        {"primary_mobile": "9000000009"},
        {"primary_mobile": "+91 90000 00009"},
        {"partner_ref_id": "ODD"},
        {"status": "approved"},
    ):
        assert _ids(api.get(PATH, **query)) == [odd], query
    assert _ids(api.get(PATH, primary_mobile="12345")) == []


@pytest.fixture
def tagged(api, program, sent) -> dict[str, str]:
    """Ids of leads with other tags, by their tags."""
    ids = {}
    for tags in (["hot"], ["hot", "north"], ["Hot Lead"]):
        answer = api.post(PATH, bodies.lead(program, tags=tags))
        ids[",".join(tags)] = answer.json()["id"]
    return ids


def test_leads_are_found_by_their_tags(api, tagged):
    assert _ids(api.get(PATH, tags="hot")) == [tagged["hot,north"], tagged["hot"]]
    assert _ids(api.get(PATH, tags=" north , hot")) == [tagged["hot,north"]]
    assert _ids(api.get(PATH, tags="Hot Lead")) == [tagged["Hot Lead"]]
    assert _ids(api.get(PATH, tags="cold")) == []
    assert len(_ids(api.get(PATH, tags=" , "))) == 8


def test_leads_are_found_by_what_is_searched_for(api, other_api, program, sent):
    person = bodies.person(name="Ravi Kumar", first_name="", middle_name="", last_name="", pan_no="ABCPR1234L",
                           banks=[bodies.bank(account_no="000555666777")])  # fmt: skip
    body = bodies.lead(program, primary_mobile="9000000009", partner_ref_id="ODD", applicants=[person])
    odd = api.post(PATH, body).json()["id"]
    other_api.post(PATH, body)
    for text in (odd, "odd", "90000 00009", "abcpr1234l", "000555666777", "rav kum", f" {odd} "):
        assert _ids(api.get(PATH, search=text)) == [odd], text
    assert _ids(api.get(PATH, search="ravi", status="approved")) == []
    assert _ids(api.get(PATH, search="nobody")) == []


def test_a_strangers_many_leads_do_not_crowd_out_ones_own(api, other_api, program, sent, monkeypatch):
    monkeypatch.setattr(search, "MOST_BY_NAME", 2)
    for _ in range(3):
        other_api.post(PATH, bodies.lead(program, applicants=[bodies.person()]))
    assert _ids(api.get(PATH, search="asha")) == sent[:2]


def test_a_lead_is_told_with_its_program_and_accounts_on_request(
    api, sent, program, django_assert_num_queries
):
    account = api.post(
        "/v1/los/accounts/", {"crm_lead_id": sent[0], "ref_id": "A1", "program_id": str(program.pk)}
    ).json()
    told = {"id": str(program.pk), "code": "scf-north", "name": "Supply chain finance", "product_type": "scf"}
    plain = api.get(f"{PATH}{sent[0]}/").json()
    assert not {"program", "loan_accounts"} & plain.keys()
    both = plain | {"program": told, "loan_accounts": [account]}
    assert api.get(f"{PATH}{sent[0]}/", expand="program, loan_accounts").json() == both
    assert api.get(f"{PATH}{sent[0]}/", expand="program").json() == plain | {"program": told}
    with django_assert_num_queries(5):  # the accounts, beside the four of every list
        listed = api.get(PATH, expand="loan_accounts,program").json()["results"]
    assert listed[0] == both
    assert [each["loan_accounts"] for each in listed[1:]] == [[]] * 4
    assert api.get(PATH, expand="").json()["results"][0] == plain


@pytest.mark.parametrize("path", [PATH, PATH + "{}/"])
def test_what_can_not_be_expanded_is_named(api, sent, path):
    answer = api.get(path.format(sent[0]), expand="program,secrets")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "field": "expand",
            "code": "unknown_choice",
            "message": "This must be one of: program, loan_accounts.",
        }
    ]


def test_accounts_are_expanded_for_keys_that_may_read_them_only(partner, sent):
    caller = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_READ])[1])
    assert caller.get(PATH, expand="program").status_code == 200
    refused = caller.get(PATH, expand="loan_accounts")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:leadops:problem:forbidden")


def test_leads_are_found_by_the_day_and_the_moment_they_came(api, sent):
    made = Lead.objects.get(pk=sent[2]).created_at
    assert _ids(api.get(PATH, created_at_after=made.isoformat())) == sent[:3]
    assert _ids(api.get(PATH, created_at_before=made.isoformat())) == sent[2:]
    today = datetime.now(UTC) + timedelta(hours=5, minutes=30)
    assert _ids(api.get(PATH, created_at_after=today.date().isoformat())) == sent
    assert _ids(api.get(PATH, created_at_before=today.date().isoformat())) == sent
    tomorrow = today.date() + timedelta(days=1)
    assert _ids(api.get(PATH, created_at_after=tomorrow.isoformat())) == []
    assert _ids(api.get(PATH, created_at_after="0001-01-01", created_at_before="9999-12-31")) == sent
    assert _ids(api.get(PATH, created_at_before="1960-01-01")) == []


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:00", "0001-01-01T00:00:00", "0001-01-01", "0001-01-01T00:00:00Z"]
)
def test_a_moment_before_the_calendar_is_its_first(api, sent, moment):
    assert _ids(api.get(PATH, created_at_after=moment)) == sent
    assert _ids(api.get(PATH, created_at_before=moment)) == []


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:00", "9999-12-31T23:59:59", "9999-12-31"])
def test_a_moment_after_the_calendar_is_its_last(api, sent, moment):
    assert _ids(api.get(PATH, created_at_before=moment)) == sent
    assert _ids(api.get(PATH, created_at_after=moment)) == []


def test_an_empty_filter_is_no_filter(api, sent):
    assert _ids(api.get(PATH, status="", partner_ref_id="")) == sent


def test_a_lead_reads_the_same_in_the_answer_to_its_creation_by_itself_and_in_a_list(api, program):
    big = {"brainysoft": {"activeCreditsCount": 2**80, "activeCreditsAmount": 0.1}}
    body = examples.LEAD_BODY | {"program_id": str(program.pk), "extra": big, "loan_amount": "500000.50"}
    made = api.post(PATH, body).json()
    alone = api.get(f"{PATH}{made['id']}/").json()
    assert alone["extra"] == big
    assert {name: made[name] for name in alone} == alone
    assert api.get(PATH).json()["results"][0] == alone
