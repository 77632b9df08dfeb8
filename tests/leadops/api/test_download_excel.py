"""Leads as a workbook: a partner's own, by the filters of the list, and logged."""

from __future__ import annotations

import io

import pytest

from leadops.api import exports as views
from leadops.excel.writer import CONTENT_TYPE
from leadops.models import ApiKey, AuditEvent, Export, Lead, Scope
from leadops.services import exports
from tests import people
from tests.leadops.api.callers import Caller
from tests.leadops.services import exported

URL = "/v1/crm/leads/download_excel/"


@pytest.fixture
def own(partner, program) -> list[Lead]:
    return people.leads_of(partner, program, 3)


def rows(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    return exported.sheets_of(io.BytesIO(b"".join(answer)))["Leads"]


def errors(answer) -> list[tuple[str, str]]:
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


def test_a_partner_gets_its_own_leads_and_nobody_else_s(api, other_api, own):
    answer = api.put(URL, {})
    assert answer["Content-Type"] == CONTENT_TYPE
    assert answer["Content-Disposition"].startswith('attachment; filename="leads-')
    assert [row["leadops id"] for row in rows(answer)] == [str(lead.pk) for lead in reversed(own)]
    assert rows(other_api.put(URL, {})) == []


def test_filters_are_those_of_the_list(api, own):
    Lead.objects.filter(pk=own[0].pk).update(status=Lead.Status.APPROVED)
    one = str(own[0].pk)
    given = [
        {"status": "approved"},
        {"partner_ref_id": own[0].partner_ref_id},
        {"primary_mobile": own[0].primary_mobile.removeprefix("+91")},
    ]
    for filters in given:
        assert [row["leadops id"] for row in rows(api.put(URL, filters))] == [one], filters
    assert rows(api.put(URL, {"created_at_after": "2100-01-01"})) == []
    assert rows(api.put(URL, {"program_id": one})) == []


def test_numbers_are_masked_unless_the_key_may_read_them(api, own, partner):
    pan = own[-1].applicants.get().pan_no
    row = rows(api.put(URL, {}))[0]
    assert (row["PAN"], row["Mobile"]) == (f"{pan[:2]}XXXXX{pan[-3:]}", own[-1].primary_mobile)
    assert row["Account number"].startswith("••••")
    whole = Caller(ApiKey.issue(partner, scopes=[Scope.LEAD_READ, Scope.PII_READ])[1])
    assert rows(whole.put(URL, {}))[0]["PAN"] == pan


def test_a_download_is_logged_with_key_filters_count_and_address(api, own, partner):
    rows(
        api.put(
            URL,
            {"primary_mobile": own[0].primary_mobile, "status": "draft"},
            **{"X-Forwarded-For": "6.6.6.6"},
        )
    )
    log = Export.objects.get()
    assert (log.partner, log.officer, log.road, log.state) == (partner, None, "api", "done")
    assert (log.leads, log.shown, log.ip_address) == (1, "numbers", "127.0.0.1")
    assert log.key_prefix == ApiKey.objects.get().prefix
    assert log.what == f"primary_mobile ••••{own[0].primary_mobile[-4:]} · status draft"
    assert (bytes(log.chosen), log.file.name) == (b"", "")
    event = AuditEvent.objects.select_related("act").get(action=AuditEvent.Action.EXPORTED)
    assert event.act.reason == log.reason == f"Asked for by the API: {log.what}"
    assert event.act.who == f"partner {partner.code}, key {log.key_prefix}…"


def test_a_download_takes_tags_and_search_and_hides_what_was_searched_for(api, own):
    Lead.objects.filter(pk=own[0].pk).update(tags=["hot"])
    assert len(rows(api.put(URL, {"tags": "hot", "search": own[0].primary_mobile}))) == 1
    assert rows(api.put(URL, {"tags": "hot", "search": own[1].primary_mobile})) == []
    assert Export.objects.order_by("id")[0].what == f"tags hot · search ••••{own[0].primary_mobile[-4:]}"


def test_behind_our_proxy_the_address_is_the_proxy_s_word(api, own, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    rows(api.put(URL, {}, **{"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}))
    rows(api.put(URL, {}, **{"X-Forwarded-For": "nonsense"}))
    assert [log.ip_address for log in Export.objects.order_by("id")] == ["203.0.113.9", None]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"colour": "blue"}, [("colour", "unknown_field")]),
        ({"status": "blue"}, [("status", "invalid_filter")]),
        ({"program_id": "x", "created_at_after": "soon"},
         [("program_id", "invalid_filter"), ("created_at_after", "invalid_filter")]),
        ({"status": 1}, [("status", "not_a_text")]),
        ([], [("", "not_an_object")]),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_named(api, own, body, found):
    assert sorted(errors(api.put(URL, body))) == sorted(found)
    assert not Export.objects.exists()


def test_filters_in_the_address_are_refused_and_not_left_out(api, own):
    assert errors(api.put(f"{URL}?status=draft", {})) == [("status", "unknown_filter")]


def test_too_many_leads_are_refused_in_words(api, own, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    answer = api.put(URL, {})
    assert errors(answer) == [("created_at_after", "too_many_leads")]
    assert "more than 2 leads" in answer.json()["errors"][0]["message"]
    assert not Export.objects.exists()


def test_a_caller_may_ask_for_the_workbook_by_name(api, own):
    assert len(rows(api.put(URL, {}, Accept=CONTENT_TYPE))) == 3
    refused = api.put(URL, {"colour": "blue"}, Accept=CONTENT_TYPE)
    assert errors(refused) == [("colour", "unknown_field")]


def test_only_put_is_served(api):
    assert [call(URL, {}).status_code for call in (api.post, api.client.get)] == [405, 401]
    assert api.get(URL).status_code == 405


def test_a_fault_while_writing_is_a_problem_and_stays_in_the_log(api, own, monkeypatch):
    def broken(*_):
        raise RuntimeError("+919800000001")

    monkeypatch.setattr(exports.export_rows, "fill", broken)
    answer = api.put(URL, {})
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:leadops:problem:internal")
    assert [(log.state, log.problem) for log in Export.objects.all()] == [("failed", exports.OUR_FAULT)]


def test_what_the_page_says_of_the_most_is_so():
    assert f"{exports.AT_ONCE:,} leads" in views.WORDS
