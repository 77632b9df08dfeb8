"""What partners read of their leads' deliveries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm_integrations.api import last_answer
from crm_integrations.models import Connection, Delivery, Exchange, Health, Route, State
from leadops.models import Lead
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller


@pytest.fixture
def api(key) -> Caller:
    return Caller(key)


@pytest.fixture
def crego(program) -> Connection:
    connection = Connection(
        vendor="crego_crm",
        name="crego",
        base_url="https://crego.example",
        settings={"program_ids": {program.code: "theirs"}},
    )
    connection.secrets = {"token": "synthetic"}
    connection.save()
    Route.objects.create(connection=connection)
    return connection


@pytest.fixture
def lead_id(api, program, crego) -> str:
    answer = api.post("/v1/crm/leads/", bodies.lead(program, applicants=[bodies.person()]))
    assert answer.status_code == 200, answer.content
    return answer.json()["id"]


def _deliveries(api, lead_id) -> dict:
    return api.get(f"/v1/crm/leads/{lead_id}/deliveries/").json()


def test_a_new_lead_is_on_its_way(api, lead_id):
    listed = _deliveries(api, lead_id)
    delivery = Delivery.objects.get()
    assert listed == {
        "count": 1,
        "current_page": 1,
        "page_size": 15,
        "results": [
            {
                "id": str(delivery.pk),
                "connection": "crego",
                "vendor": "crego_crm",
                "kind": "lead",
                "state": "queued",
                "reference": None,
                "attempts": 0,
                "last_answer": None,
                "reason": "",
                "next_try": delivery.due_at.timestamp(),
                "created_at": delivery.created_at.timestamp(),
                "updated_at": delivery.updated_at.timestamp(),
            }
        ],
    }


def test_a_delivered_lead_shows_the_vendors_id_and_answer(api, lead_id):
    delivery = Delivery.objects.get()
    Delivery.objects.update(state=State.DELIVERED, reference="C-77", attempts=2, vendor_status="new")
    for status in (503, 200):
        Exchange.objects.create(
            connection=delivery.connection,
            delivery=delivery,
            purpose="create",
            status=status,
            finished_at=timezone.now(),
        )
    Exchange.objects.create(
        connection=delivery.connection, delivery=delivery, purpose="find", status=404
    )  # under way
    row = _deliveries(api, lead_id)["results"][0]
    assert (row["state"], row["reference"], row["attempts"]) == ("delivered", "C-77", 2)
    assert row["last_answer"] == "200 OK: new"
    assert row["next_try"] is None


def test_the_next_try_waits_for_a_vendor_that_holds_us_back(api, lead_id, crego):
    held_until = timezone.now() + timedelta(hours=1)
    Health.objects.create(connection=crego, hold_until=held_until, hold_reason="HTTP 429: TOPSECRET")
    row = _deliveries(api, lead_id)["results"][0]
    assert row["next_try"] == held_until.timestamp()
    assert row["reason"] == "The vendor takes nothing just now; it is sent once it does."


def test_nothing_is_tried_while_the_connection_is_paused(api, lead_id, crego):
    Connection.objects.update(paused_until=timezone.now() + timedelta(hours=1))
    assert _deliveries(api, lead_id)["results"][0]["next_try"] is None


@pytest.mark.parametrize(
    ("status", "failure", "word", "said"),
    [
        (None, None, "", None),
        (None, "read timed out", "", "no answer"),
        (201, "", "", "201 Created"),
        (200, "", "activation", "200 OK: activation"),
        (599, "", "", "599"),
    ],
)
def test_the_last_answer_is_told_in_words(status, failure, word, said):
    assert last_answer(status, failure, word) == said


def test_reading_deliveries_takes_a_fixed_number_of_queries(api, lead_id, django_assert_num_queries):
    delivery = Delivery.objects.get()
    with django_assert_num_queries(5):  # the key, the lead, the ids, the rows with their last exchange
        _deliveries(api, lead_id)
    for version in range(2, 12):
        delivery.pk, delivery.version, delivery._state.adding = None, version, True
        delivery.id = Delivery._meta.pk.get_default()
        delivery.save()
    with django_assert_num_queries(5):
        assert _deliveries(api, lead_id)["count"] == 11


def test_only_the_leads_own_deliveries_are_listed(api, lead_id, program):
    other = api.post("/v1/crm/leads/", bodies.lead(program)).json()["id"]
    assert Delivery.objects.count() == 2
    assert _deliveries(api, other)["count"] == 1


def test_readiness_names_what_each_connection_still_needs(api, lead_id, crego, program):
    isp = Connection(vendor="ispcrm", name="isp", base_url="https://isp.example")
    isp.secrets = {"token": "synthetic"}
    isp.save()
    bare = api.post("/v1/crm/leads/", bodies.lead(program)).json()["id"]
    whole = api.get(f"/v1/crm/leads/{lead_id}/readiness/").json()
    assert (whole["count"], whole["current_page"], whole["page_size"]) == (2, 1, 2)
    assert [(each["connection"], each["ready"], each["missing"]) for each in whole["results"]] == [
        ("crego", True, []),
        ("isp", True, []),
    ]
    needed = api.get(f"/v1/crm/leads/{bare}/readiness/").json()["results"][1]
    assert (needed["vendor"], needed["ready"]) == ("ispcrm", False)
    assert needed["missing"]
    assert all(each["message"] for each in needed["missing"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["along_with", "enqueued"])
def test_a_roll_back_leaves_neither_lead_nor_delivery(api, program, crego, monkeypatch, step):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(f"crm_integrations.outbox.{step}", broken)
    answer = api.post("/v1/crm/leads/", bodies.lead(program))
    assert answer.status_code == 500
    assert not Lead.objects.exists()
    assert not Delivery.objects.exists()
