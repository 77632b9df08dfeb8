"""What is counted of calls: each once, also what is over late, whoever dies in between."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from crm_integrations import following, tasks, watching
from crm_integrations import notices as notice_board
from crm_integrations.connector import Outcome
from crm_integrations.models import (
    AnswerShape,
    Connection,
    Delivery,
    Exchange,
    Lookout,
    Notice,
    State,
    StatusChange,
    Tally,
)
from crm_integrations.watching import learning, looking
from leadops.ids import first_id_at, made_at, uuid7
from tests import people
from tests.crm_integrations import holding

pytestmark = pytest.mark.django_db
YES = {"success": True, "message": "ok", "data": {"lead_id": 101, "status": "New"}}
NO = {"success": False, "message": "mobile 9800000001 is invalid"}


@pytest.fixture
def isp(db) -> Connection:
    return holding.connect("isp")


def called(connection: Connection, answer: object = YES, ago: float = 120, **columns: object) -> Exchange:
    """A call as the engine keeps it, over as many seconds `ago`."""
    moment = timezone.now() - timedelta(seconds=ago)
    kept = {
        "purpose": "create", "operation": "create_lead", "method": "POST", "url": "http://vendor.example/",
        "status": 200, "duration_ms": 100, "created_at": moment, "finished_at": moment,
        "response_body": answer if isinstance(answer, str) else json.dumps(answer),
    }  # fmt: skip
    with made_at(moment):
        return Exchange.objects.create(connection=connection, **(kept | columns))


def counts(connection: Connection) -> tuple[int, int, int]:
    tallies = list(Tally.objects.filter(connection=connection))
    return tuple(sum(getattr(each, name) for each in tallies) for name in ("calls", "failures", "sent"))


def causes(connection: Connection) -> dict[str, int]:
    return looking.Counter(
        {
            cause: count
            for tally in Tally.objects.filter(connection=connection)
            for cause, count in tally.causes.items()
        }
    )


# Counting ------------------------------------------------------------------------------------------------------------


def test_calls_are_counted_by_the_hour_they_were_made_in(isp):
    for ago in (120, 130, 3 * 3600):
        called(isp, ago=ago)
    assert watching.watch() == 3
    hours = {tally.hour: tally.calls for tally in Tally.objects.all()}
    assert sum(hours.values()) == 3
    assert {hour.minute for hour in hours} == {30}  # the lender's hours, half an hour off from UTC's
    made = timezone.localtime(timezone.now() - timedelta(hours=3))
    assert hours[made.replace(minute=0, second=0, microsecond=0)] == 1


def test_a_second_look_counts_nothing_again(isp):
    called(isp)
    assert (watching.watch(), watching.watch()) == (1, 0)
    assert counts(isp) == (1, 0, 1)


def test_each_connection_has_its_own_tally(isp):
    other = holding.connect("other")
    called(isp)
    called(other, status=500)
    watching.watch()
    assert (counts(isp), counts(other)) == ((1, 0, 1), (1, 1, 1))


def test_questions_count_as_calls_but_not_as_records(isp):
    called(isp, purpose="status", operation="status", duration_ms=1)
    called(isp, purpose="find", status=404, duration_ms=1)
    called(isp, duration_ms=800)
    watching.watch()
    assert counts(isp) == (3, 1, 1)
    tally = Tally.objects.get()
    assert 780 <= tally.p50_ms <= 820


def test_quantiles_are_those_of_all_calls_of_the_hour_within_four_percent(isp):
    noon = timezone.now().replace(minute=40) - timedelta(days=1)
    for duration in range(1, 101):
        called(isp, created_at=noon, duration_ms=duration * 10)
        if duration == 50:
            watching.watch()
    watching.watch()
    tally = Tally.objects.get()
    assert abs(tally.p50_ms - 500) <= 20
    assert abs(tally.p95_ms - 950) <= 38


def test_causes_are_those_of_the_vendors_words_and_name_nobody(isp):
    called(isp, NO)
    called(isp, {"message": "mobile 9800000002 is invalid"}, status=400)
    called(isp, "", status=None, error="The vendor did not answer within 30 seconds.")
    called(isp)
    watching.watch()
    [first, second, third] = sorted(causes(isp))
    assert first.startswith("HTTP 400")
    assert second.startswith("The vendor did not answer within")
    assert third == "mobile … is invalid"
    assert "98" not in first + second + third


def test_a_vendor_that_makes_up_reasons_fills_no_tally(isp):
    for letter in "abcdefgh":
        for other in "abcdefgh":
            called(isp, {"message": f"{letter}{other}{letter}{other} broke"}, status=400)
    watching.watch()
    assert len(causes(isp)) == looking.MOST_CAUSES + 1
    assert causes(isp)[looking.OTHERS] == 64 - looking.MOST_CAUSES


def test_an_answer_the_connector_chokes_on_is_counted_all_the_same(isp, monkeypatch, caplog):
    monkeypatch.setattr(isp.connector_class, "parse", lambda self, response: 1 / 0)
    called(isp)
    assert watching.watch() == 1
    assert "ZeroDivisionError" in caplog.text


def test_calls_of_a_vendor_without_connector_are_counted(isp):
    Connection.objects.update(vendor="gone")
    called(isp, status=503)
    watching.watch()
    assert (counts(isp), causes(isp)) == ((1, 1, 1), {"HTTP 503: ok": 1})


# Each once -----------------------------------------------------------------------------------------------------------


def test_a_call_that_is_over_late_is_counted_when_it_is(isp):
    slow = called(isp, ago=300, status=None, duration_ms=None, finished_at=None)
    called(isp, ago=120)
    assert watching.watch() == 1
    assert watching.watch() == 0
    Exchange.objects.filter(pk=slow.pk).update(finished_at=timezone.now(), error="The worker died.")
    assert watching.watch() == 1
    assert watching.watch() == 0
    assert counts(isp) == (2, 1, 2)
    assert Lookout.objects.get().late == []


def test_what_is_not_settled_yet_is_left_for_the_next_look(isp):
    called(isp, ago=5)
    assert watching.watch() == 0
    called(isp, ago=40)  # stored later with an earlier id
    assert watching.watch() == 1


def test_a_call_that_is_never_over_is_not_remembered_for_ever(isp):
    called(isp, ago=2 * 86_400, status=None, finished_at=None)
    called(isp, ago=3600, status=None, finished_at=None)
    watching.watch()
    [late] = Lookout.objects.get().late
    assert late > first_id_at(timezone.now() - timedelta(days=1))


def test_what_was_over_while_nobody_looked_for_days_is_counted(isp):
    called(isp, ago=3 * 86_400)
    slow = called(isp, ago=120, status=None, finished_at=None)
    watching.watch()
    with made_at(timezone.now() - timedelta(days=2)):
        older = uuid7()
    Exchange.objects.filter(pk=slow.pk).update(id=older, finished_at=timezone.now())
    Lookout.objects.update(late=[older])
    assert watching.watch() == 1


def test_what_was_passed_late_and_is_gone_is_forgotten(isp):
    called(isp, finished_at=None).delete()
    slow = called(isp, finished_at=None)
    watching.watch()
    slow.delete()
    watching.watch()
    assert Lookout.objects.get().late == []


def test_more_than_a_batch_is_counted_batch_by_batch(isp, monkeypatch):
    monkeypatch.setattr(looking, "BATCH", 4)
    for _ in range(10):
        called(isp)
    assert watching.watch() == 10
    assert counts(isp)[0] == 10


def test_connections_take_turns(isp, monkeypatch):
    monkeypatch.setattr(looking, "BATCH", 2)
    other = holding.connect("other")
    for connection in (isp, other):
        for _ in range(6):
            called(connection)
    turns = iter([False, False, True])
    watching.watch(lambda: next(turns, True))
    assert (counts(isp)[0], counts(other)[0]) == (4, 4)


def test_who_dies_in_a_batch_has_counted_nothing_of_it(isp, monkeypatch):
    for _ in range(3):
        called(isp)
    with monkeypatch.context() as patch:
        patch.setattr(looking, "_keep", lambda *args: 1 / 0)
        assert watching.watch() == 0
    assert not Tally.objects.exists()
    assert not AnswerShape.objects.exists()
    assert watching.watch() == 3
    assert counts(isp)[0] == 3


def test_one_connection_that_fails_holds_up_no_other(isp, monkeypatch):
    other = holding.connect("other")
    called(isp)
    called(other)
    count = looking._count
    monkeypatch.setattr(looking, "_count", lambda which, told: 1 / 0 if which == isp else count(which, told))
    assert watching.watch() == 1


@pytest.mark.django_db(transaction=True)
def test_two_that_look_at_once_count_each_call_once(db):
    isp = holding.connect("isp")
    for _ in range(40):
        called(isp)
    found = holding.at_once(4, watching.watch)
    assert sum(found) == 40
    assert counts(isp)[0] == 40


def test_the_clock_starts_it(isp):
    called(isp)
    tasks.watch()
    assert counts(isp)[0] == 1


def test_a_look_at_nothing_new_costs_few_queries(isp, django_assert_max_num_queries):
    called(isp)
    watching.watch()
    with django_assert_max_num_queries(8):
        watching.watch()


def test_a_batch_costs_the_same_however_many_calls_it_has(isp, django_assert_max_num_queries):
    now: datetime = timezone.now() - timedelta(hours=1)
    for _ in range(60):
        called(isp, created_at=now)
    with django_assert_max_num_queries(14):
        assert watching.watch() == 60


# What answers are made of --------------------------------------------------------------------------------------------


def learned(connection: Connection, answer: object = YES, times: int = learning.LEARNING, **columns) -> None:
    for _ in range(times):
        called(connection, answer, **columns)
    watching.watch()


def notices() -> list[tuple[str, str]]:
    open_ones = Notice.objects.filter(closed_at=None).order_by("kind", "subject")
    return list(open_ones.values_list("kind", "subject"))


def test_fields_of_the_first_answers_are_learned(isp):
    learned(isp)
    shape = AnswerShape.objects.get()
    assert (shape.operation, shape.answers) == ("create_lead", learning.LEARNING)
    assert shape.fields == ["data", "data.lead_id", "data.status", "message", "success"]
    assert shape.words == ["New"]
    assert notices() == []


def test_a_field_that_was_not_there_before_is_a_notice_that_names_it(isp):
    learned(isp)
    called(isp, {**YES, "data": {**YES["data"], "score": 7, "tags": [{"id": 1}]}})
    watching.watch()
    assert notices() == [("new_field", "create_lead: data.score, data.tags, data.tags[].id")]
    assert "score" not in Notice.objects.get().text  # the vendor's words are not mailed


def test_what_the_first_answers_had_among_them_is_no_news(isp):
    for number in range(learning.LEARNING):
        called(isp, {**YES, f"field_{number // 20}_{number % 20}": 1}, ago=400 - number)
    called(isp, {**YES, "field_0_0": 1, "field_9_19": 2})
    watching.watch()
    assert notices() == []


def test_more_new_fields_are_one_notice_of_their_operation(isp):
    learned(isp)
    for name in ("score", "grade"):
        called(isp, {**YES, name: 1})
        watching.watch()
    assert notices() == [("new_field", "create_lead: grade, score")]
    assert Notice.objects.count() == 2


def test_new_fields_are_usual_once_an_officer_put_them_away(isp, officer):
    learned(isp)
    for _ in range(2):
        called(isp, {**YES, "score": 1})
        watching.watch()
    notice = Notice.objects.get()
    assert notice.seen == 2
    assert watching.put_away(notice, officer)
    assert not watching.put_away(notice, officer)
    notice.refresh_from_db()
    assert (notice.closed_by, notice.closed_at is None) == (officer, False)
    called(isp, {**YES, "score": 1})
    watching.watch()
    assert notices() == []


def test_fields_that_stayed_away_for_a_week_are_forgotten_and_told_anew(isp):
    learned(isp)
    called(isp, {**YES, "score": 1})
    watching.watch()
    Notice.objects.update(last_seen_at=timezone.now() - timedelta(days=8))
    watching.watch()
    assert notices() == []
    called(isp, {**YES, "score": 1})
    watching.watch()
    assert notices() == [("new_field", "create_lead: score")]


def test_refusals_that_come_with_200_are_not_taken_for_answers_that_changed(isp):
    learned(isp)
    called(isp, {**NO, "errors": [{"code": 7}]})
    watching.watch()
    assert notices() == []


def test_a_refusal_that_its_body_alone_tells_is_not_taken_for_an_answer_that_changed(db):
    broctagon = holding.connect("broctagon", vendor="broctagon")
    learned(broctagon, {"id": "7du6r2mg"}, status=201)
    for status in (200, 201):
        called(broctagon, {"error": True, "code": 400, "type": "invalid_request"}, status=status)
    watching.watch()
    assert notices() == []


def test_errors_teach_nothing_and_tell_nothing_new(isp):
    learned(isp)
    for status in (302, 400, 409, 500):
        called(isp, {"detail": "no"}, status=status)
    watching.watch()
    assert "detail" not in AnswerShape.objects.get().fields
    assert notices() == []


def test_what_we_sent_ourselves_is_no_news_when_it_comes_back(isp):
    learned(isp)
    sent = json.dumps({"title": "Mr", "applicants": [{"business_type": "Retail"}]})
    echo = {**YES, "title": "Mr", "data": {**YES["data"], "applicants": [{"business_type": "Retail"}]}}
    called(isp, echo, request_body=sent)
    called(isp, echo)  # what was echoed once is usual
    called(isp, {**echo, "score": 7}, request_body=sent)
    watching.watch()
    assert notices() == [("new_field", "create_lead: score")]


def test_what_we_sent_in_a_record_is_no_news_in_the_vendors_list(isp):
    learned(isp)
    learned(isp, {"results": [{"id": 1}]}, operation="list_leads", purpose="list")
    called(isp, request_body=json.dumps({"applicants": [{"business_type": "Retail"}]}))
    listed = {"results": [{"id": 1, "applicants": [{"business_type": "Retail", "grade": "A"}]}]}
    called(isp, listed, operation="list_leads", purpose="list")
    watching.watch()
    assert notices() == [("new_field", "list_leads: results[].applicants[].grade")]


def test_an_answer_that_can_not_be_understood_any_more_is_a_notice(isp):
    learned(isp)
    called(isp, {"success": True, "message": "ok", "data": {"leadId": 101, "status": "New"}})
    watching.watch()
    assert notices() == [("new_field", "create_lead: data.leadId")]


@pytest.mark.parametrize("key", ["9800000001", "XXXXXX0001", "Asha Rao", "2026-03-10", "a" * 60])
def test_keys_that_may_be_values_are_not_kept(isp, key):
    learned(isp, {**YES, "by": {key: 1}})
    assert "by.*" in AnswerShape.objects.get().fields
    assert key not in str(AnswerShape.objects.get().fields)


@pytest.mark.parametrize("body", ["", "<html>", '{"cut": ', '"text"', "[" * 100_000])
def test_bodies_that_are_no_json_teach_nothing(isp, body):
    learned(isp, body, times=1, purpose="find")
    assert not AnswerShape.objects.exists()


def test_a_vendor_that_makes_up_fields_teaches_nothing(isp):
    letters = "abcdefghijklmnopqrstuvwxyz"
    learned(isp, {f"{one}{two}": 1 for one in letters for two in letters}, times=1)
    assert AnswerShape.objects.filter(answers__gt=0).count() == 0
    assert notices() == []


@pytest.fixture
def los(db) -> Connection:
    """A connection whose connector has a table of meanings."""
    return holding.connect("los", vendor="crego_los")


def created(connection: Connection, word: str) -> None:
    called(connection, {"id": "a1", "status": word}, operation="create_account")


def test_a_status_word_that_was_not_seen_before_is_a_notice(los):
    learned(los, {"id": "a1", "status": "NEW"}, operation="create_account")
    created(los, "Parked")
    watching.watch()
    assert notices() == [("new_status", "Parked")]
    assert "Parked" not in Notice.objects.get().text


def test_a_word_of_a_vendor_without_a_table_of_meanings_is_no_news(isp):
    learned(isp)
    called(isp, {**YES, "data": {"lead_id": 1, "status": "Parked"}})
    watching.watch()
    assert notices() == []


def test_a_word_that_an_officer_put_away_is_known_from_then_on(los, officer):
    learned(los, {"id": "a1", "status": "NEW"}, operation="create_account")
    for _ in range(2):
        created(los, "Parked")
        watching.watch()
        for notice in Notice.objects.filter(closed_at=None):
            watching.put_away(notice, officer)
    assert notices() == []
    assert Notice.objects.count() == 1


def test_a_word_with_a_meaning_is_no_news(db):
    crego = holding.connect("crego", vendor="crego_los", settings={"meanings": {"PARKED": "in_review"}})
    learned(crego, {"id": "a1", "status": "NEW"}, operation="create_account")
    for word in ("PARKED", "FROZEN"):
        called(crego, {"id": "a1", "status": word}, operation="create_account")
    watching.watch()
    assert notices() == [("new_status", "FROZEN")]


def test_a_polled_word_that_was_put_away_raises_no_notice_again(los, officer, partner, program):
    [lead] = people.leads_of(partner, program)
    delivery = Delivery.objects.create(
        connection=los, kind="lead", lead=lead, record_id=lead.pk, version=1, ref="r",
        state=State.DELIVERED, reference="v1",
    )  # fmt: skip
    for word in ("Parked", "New", "Parked"):
        following._take(delivery, Outcome(status=word), StatusChange.Source.POLL)
        for notice in Notice.objects.filter(closed_at=None):
            watching.put_away(notice, officer)
    assert list(Notice.objects.order_by("id").values_list("subject", flat=True)) == ["Parked", "New"]


def test_other_notices_are_put_away_too(isp, officer):
    notice_board.raise_notice(isp, Notice.Kind.POISON, "A record kills workers.", subject="x")
    assert watching.put_away(Notice.objects.get(), officer)
    assert notices() == []
    assert not AnswerShape.objects.exists()
