"""A partner's page: its keys, its calls, how its leads fare."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from crm_integrations import delivery
from crm_integrations.models import Delivery, State
from leadops import dialects
from leadops.admin import partner_desk
from leadops.models import ApiKey, CallCount, ImportBatch, Lead, LoanAccount, Partner
from leadops.models.partner import DIALECT_WITHOUT_PROGRAM
from leadops.services import borrower_tokens, leads
from tests import people
from tests.crm_integrations.in_hand import claimed
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

KEY = {"mode": "live", "label": "branch system", "scopes": ["lead:read", "lead:write"], "expires_at": ""}
LEADS = "/v1/crm/leads/"


def make(desk, partner, **changes):
    return desk.post(reverse("admin:leadops_partner_make_key", args=[partner.pk]), KEY | changes)


def page(desk, partner) -> str:
    answer = desk.get(reverse("admin:leadops_partner_change", args=[partner.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def at(desk, name, partner, key, **sent):
    return desk.post(reverse(f"admin:leadops_partner_{name}_key", args=[partner.pk, key.pk]), sent)


def _key_of(text: str) -> ApiKey:
    return ApiKey.objects.get(digest=ApiKey.digest_of(text))


# Keys ----------------------------------------------------------------------------------------------------------------


def test_new_key_is_shown_once_and_not_kept_by_any_cache(desk, partner):
    answer = make(desk, partner)
    text = answer.context["key"]
    assert text.startswith("lo_live_")
    assert text in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert ApiKey.objects.live().get(digest=ApiKey.digest_of(text)).scopes == ["lead:read", "lead:write"]
    assert text not in page(desk, partner)
    assert text not in str(LogEntry.objects.values_list())


def test_a_test_key_is_made_here_and_says_so(desk, partner, program):
    text = make(desk, partner, mode="test").context["key"]
    assert text.startswith("lo_test_")
    assert Caller(text).post(LEADS, bodies.lead(program)).status_code == 200
    assert Lead.objects.get().partner == Partner.objects.get(test_of=partner)
    assert "<b>Test</b>" in page(desk, partner)


def test_a_key_is_made_with_its_addresses_and_its_limit(desk, partner):
    given = {"networks": "203.0.113.0/24\n2001:db8::1, 198.51.100.7", "calls_per_minute": "7"}
    key = _key_of(make(desk, partner, **given).context["key"])
    assert key.networks == ["203.0.113.0/24", "2001:db8::1", "198.51.100.7"]
    assert key.calls_per_minute == 7
    assert "203.0.113.0/24" in page(desk, partner)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("networks", "203.0.113.0/33", "no address and no network"),
        ("calls_per_minute", "0", "greater than or equal to 1"),
        ("mode", "other", "Select a valid choice"),
    ],
)
def test_what_no_key_can_have_is_refused_at_its_field(desk, partner, field, value, words):
    answer = make(desk, partner, **{field: value})
    assert words in str(answer.context["form"].errors[field])
    assert not ApiKey.objects.exists()


def test_third_live_key_is_refused_in_words(desk, partner):
    make(desk, partner)
    make(desk, partner)
    answer = make(desk, partner)
    assert not answer.context["key"]
    assert "at most 2 live keys" in answer.content.decode()


def test_unknown_scope_is_refused(desk, partner):
    assert not make(desk, partner, scopes=["everything"]).context["key"]
    assert not ApiKey.objects.exists()


def test_a_key_is_rotated_with_an_overlap(desk, partner):
    old_text = make(desk, partner).context["key"]
    answer = at(desk, "rotate", partner, _key_of(old_text), overlap="7")
    new_text = answer.context["key"]
    assert new_text in answer.content.decode()
    assert {Caller(each).get(LEADS).status_code for each in (old_text, new_text)} == {200}
    at(desk, "revoke", partner, _key_of(new_text))
    answer = at(desk, "rotate", partner, _key_of(old_text), overlap="0")
    assert Caller(old_text).get(LEADS).status_code == 401
    assert Caller(answer.context["key"]).get(LEADS).status_code == 200


def test_a_rotation_that_can_not_be_says_why(desk, partner):
    key = _key_of(make(desk, partner).context["key"])
    make(desk, partner)
    assert "at most 2 live keys" in at(desk, "rotate", partner, key, overlap="7").content.decode()
    at(desk, "revoke", partner, key)
    assert "revoked or has expired" in at(desk, "rotate", partner, key, overlap="7").content.decode()
    assert ApiKey.objects.count() == 2


def test_a_key_is_changed_from_its_next_call_on(desk, partner, program):
    text = make(desk, partner).context["key"]
    asked = desk.get(reverse("admin:leadops_partner_change_key", args=[partner.pk, _key_of(text).pk]))
    assert "branch system" in asked.content.decode()
    at(
        desk,
        "change",
        partner,
        _key_of(text),
        label="new",
        scopes=["lead:read"],
        networks="",
        calls_per_minute="5",
    )
    assert Caller(text).post(LEADS, bodies.lead(program)).status_code == 403
    assert Caller(text).get(LEADS)["RateLimit-Limit"] == "5"
    refused = at(desk, "change", partner, _key_of(text), scopes=["lead:read"], networks="x")
    assert "no address" in refused.content.decode()


def test_a_day_that_is_left_as_it_is_keeps_its_hour(desk, partner):
    key = _key_of(make(desk, partner).context["key"])
    at(desk, "rotate", partner, key, overlap="7")
    key.refresh_from_db()
    day = timezone.localdate(key.expires_at).isoformat()
    at(desk, "change", partner, key, label="still theirs", scopes=["lead:read"], expires_at=day)
    changed = ApiKey.objects.get(pk=key.pk)
    assert (changed.label, changed.expires_at) == ("still theirs", key.expires_at)
    at(desk, "change", partner, key, scopes=["lead:read"], expires_at="2099-01-31")
    assert timezone.localdate(ApiKey.objects.get(pk=key.pk).expires_at).isoformat() == "2099-01-31"


def test_revoked_keys_next_call_is_refused(desk, partner):
    text = make(desk, partner).context["key"]
    assert Caller(text).get(LEADS).status_code == 200
    at(desk, "revoke", partner, _key_of(text))
    assert Caller(text).get(LEADS).status_code == 401
    assert "<b>Revoked</b>" in page(desk, partner)


def test_all_of_it_stands_in_the_partners_history(desk, partner):
    key = _key_of(make(desk, partner).context["key"])
    at(desk, "change", partner, key, scopes=["lead:read"])
    at(desk, "rotate", partner, key, overlap="7")
    at(desk, "revoke", partner, key)
    told = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert [words.split()[0] for words in told] == ["Made", "Changed", "Rotated", "Revoked"]
    assert all(key.prefix in words for words in told)


@pytest.mark.parametrize("name", ["change", "rotate", "revoke"])
def test_key_of_one_partner_is_not_reached_through_another(desk, partner, other_partner, name):
    key, _ = ApiKey.issue(partner)
    assert at(desk, name, other_partner, key, scopes=["lead:read"], overlap="0").status_code == 404
    assert ApiKey.objects.live().get() == key


@pytest.mark.parametrize("name", ["change", "rotate", "revoke"])
def test_who_may_only_look_at_keys_changes_none(partner, name):
    clerk = people.clerk("view_partner", "view_apikey")
    key, _ = ApiKey.issue(partner)
    assert at(clerk, name, partner, key, scopes=["lead:read"], overlap="0").status_code == 403
    shown = page(clerk, partner)
    assert key.prefix in shown
    assert "Revoke" not in shown
    assert "Rotate" not in shown


def test_a_test_spaces_page_leads_to_its_partner_and_makes_no_keys(desk, partner):
    space = partner.make_test_space()
    shown = page(desk, space)
    assert reverse("admin:leadops_partner_change", args=[partner.pk]) in shown
    assert "Make a key" not in shown
    assert make(desk, space).status_code == 404


# Calls ---------------------------------------------------------------------------------------------------------------


def test_calls_are_shown_by_day_and_class_with_the_rows_behind(desk, api_calls, partner):
    answer = desk.get(reverse("admin:leadops_partner_change", args=[partner.pk]))
    usage = answer.context["desk"]["usage"]
    today = usage["bars"][-1]
    assert (usage["total"], today["total"]) == (4, 4)
    assert [(part["name"], part["count"]) for part in today["parts"]] == [
        ("good", 2),
        ("theirs", 2),
        ("ours", 0),
    ]
    for part in today["parts"]:
        listed = desk.get(part["url"])
        assert listed.status_code == 200
        rows = [row for row in listed.context["cl"].result_list if not row.finding]
        assert sum(row.calls for row in rows) == part["count"]


def test_errors_are_shown_by_code_with_the_rows_behind(desk, api_calls, partner):
    errors = desk.get(reverse("admin:leadops_partner_change", args=[partner.pk])).context["desk"]["errors"]
    assert [(status, slug, calls) for status, slug, calls, _ in errors["problems"]] == [
        (400, "validation", 1),
        (404, "not-found", 1),
    ]
    assert [(code, calls) for code, calls, _ in errors["findings"]] == [("invalid_mobile", 1)]
    for *_, calls, url in (*errors["problems"], *errors["findings"]):
        found = desk.get(url).context["cl"].result_list
        assert {row.calls for row in found} == {calls}
        assert {row.api_key.partner for row in found} == {partner}


def test_old_calls_are_not_in_the_chart(desk, api_calls, partner):
    CallCount.objects.update(day=timezone.localdate() - timedelta(days=partner_desk.DAYS))
    shown = page(desk, partner)
    assert "No call came in" in shown
    assert "refused for" not in shown


@pytest.fixture
def api_calls(partner, program, other_key) -> None:
    caller = Caller(ApiKey.issue(partner)[1])
    caller.get(LEADS)
    caller.post(LEADS, bodies.lead(program))
    caller.post(LEADS, bodies.lead(program, primary_mobile="12"))
    caller.get(f"{LEADS}{program.pk}/")
    Caller(other_key).get(LEADS)


def test_only_who_may_see_keys_sees_calls(api_calls, partner):
    clerk = people.clerk("view_partner", "view_lead")
    assert "Calls of the last" not in page(clerk, partner)
    for name in ("callcount", "borrowertoken"):
        assert clerk.get(reverse(f"admin:leadops_{name}_changelist")).status_code == 403


def test_borrowers_tokens_are_listed(desk, partner, program):
    key, _ = ApiKey.issue(partner)
    [lead] = people.leads_of(partner, program)
    borrower_tokens.make(lead, key, "203.0.113.7")
    url = re.search(r'href="([^"]*borrowertoken[^"]*)"', page(desk, partner))[1]
    shown = desk.get(url).content.decode()
    assert lead.reference in shown
    assert "203.0.113.7" in shown


# Leads ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def history(partner, other_partner, program, connections) -> list[Lead]:
    """Four leads of the partner, one of them declined, one with an account, one refused by a vendor."""
    made = people.leads_of(partner, program, 4)
    people.leads_of(other_partner, program, 2)
    leads.submit(made[:2])
    Lead.objects.filter(pk=made[2].pk).update(status=Lead.Status.DECLINED)
    LoanAccount.objects.create(lead=made[0], program=program, ref_id="A1")
    ImportBatch.objects.create(
        partner=partner, program=program, file_name="a.xlsx", sha256="0" * 64, rows=50, failed=5
    )
    ids = list(Delivery.objects.filter(lead=made[0]).values_list("pk", flat=True))
    Delivery.objects.filter(pk=ids[0]).update(state=State.REJECTED)
    Delivery.objects.filter(pk__in=ids[1:]).update(state=State.DELIVERED)
    return made


def _scores(desk, partner) -> dict:
    answer = desk.get(reverse("admin:leadops_partner_change", args=[partner.pk]))
    return {score.label: score for score in answer.context["scores"]}


def test_the_card_tells_how_the_leads_fare(desk, history, partner):
    scores = _scores(desk, partner)
    assert {label: score.words for label, score in scores.items()} == {
        "Leads": "4",
        "Duplicates": "0 %",
        "Invalid calls": "0",
        "Invalid rows of workbooks": "10 %",
        "Declined": "25 %",
        "Became an account": "25 %",
        "Refused by vendors": "25 %",
        "To the first answer": "–",
    }
    assert scores["Refused by vendors"].explained == "1 of 4"


def test_who_may_not_see_its_calls_is_not_told_a_number_of_them(history, partner):
    scores = _scores(people.clerk("view_partner", "view_lead"), partner)
    assert "Leads" in scores
    assert "Invalid calls" not in scores


def test_behind_every_number_are_its_rows(desk, history, partner):
    for label, score in _scores(desk, partner).items():
        listed = desk.get(score.url)
        assert listed.status_code == 200, label
        if label in {"Leads", "Declined", "Became an account", "Refused by vendors", "Duplicates"}:
            assert listed.context["cl"].result_count == score.count, label


def test_the_time_to_the_first_answer_is_measured(desk, partner, program, connections):
    leads.receive(people.drafts(1)[0], partner=partner, program=program, intake="api")
    delivery.deliver(claimed())
    score = _scores(desk, partner)["To the first answer"]
    assert re.fullmatch(r"\d+\.\d s", score.words)
    assert score.explained == "half of 1 leads within"


def test_the_page_takes_a_fixed_number_of_queries(
    desk, history, partner, api_calls, django_assert_max_num_queries
):
    url = reverse("admin:leadops_partner_change", args=[partner.pk])
    desk.get(url)
    with django_assert_max_num_queries(20):
        desk.get(url)
    for number in range(5):
        row = CallCount(api_key=ApiKey.objects.first(), day=timezone.localdate(), status=400, calls=2)
        row.problem = f"p{number}"
        row.save()
    with django_assert_max_num_queries(20):
        desk.get(url)


# Dialects ------------------------------------------------------------


def test_a_key_for_a_dialect_is_shown_with_where_it_goes(desk, partner, program):
    answer = make(desk, partner, dialect="brainysoft", program=program.pk)
    key = ApiKey.objects.get(digest=ApiKey.digest_of(answer.context["key"]))
    assert (key.dialect, key.program) == ("brainysoft", program)
    shown = answer.content.decode()
    assert f"{partner.code} as customer-key and userName" in shown
    assert f'href="{reverse("admin:help", args=["dialects.md"])}"' in shown
    page = desk.get(reverse("admin:leadops_partner_change", args=[partner.pk])).content.decode()
    assert f"Brainysoft, into {program}" in page


def test_a_key_of_our_own_api_says_nothing_of_dialects(desk, partner):
    answer = make(desk, partner)
    assert (
        "dialects.md" not in answer.content.decode().partition('id="new-key"')[2].partition("</section>")[0]
    )


@pytest.mark.parametrize("missing", ["dialect", "program"])
def test_a_dialect_and_its_program_come_together(desk, partner, program, missing):
    given = {"dialect": "ispcrm", "program": str(program.pk)} | {missing: ""}
    answer = make(desk, partner, **given)
    assert not answer.context["key"]
    assert answer.context["form"].errors == {missing: [DIALECT_WITHOUT_PROGRAM]}
    ApiKey.issue(partner)
    alone = {"program": program} if missing == "dialect" else {"dialect": "ispcrm"}
    with pytest.raises(IntegrityError, match="dialect_with_its_program"), transaction.atomic():
        ApiKey.objects.update(**alone)


def test_no_key_is_made_for_an_unknown_dialect_or_a_program_that_takes_no_leads(desk, partner, program):
    assert not make(desk, partner, dialect="crego_crm", program=program.pk).context["key"]
    program.active = False
    program.save()
    answer = make(desk, partner, dialect="ispcrm", program=program.pk)
    assert list(answer.context["form"].errors) == ["program"]
    assert not ApiKey.objects.exists()


def test_every_dialect_says_where_its_key_goes(partner):
    told = {slug: dialects.how_to_sign_in(slug, partner.code) for slug, _ in dialects.choices()}
    assert sorted(told) == ["brainysoft", "broctagon", "ispcrm"]
    assert all(words.endswith(".") and "{" not in words for words in told.values())
    assert dialects.how_to_sign_in("", partner.code) == ""
