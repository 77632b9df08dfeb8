"""The one sentence of why: every state in every situation, as an officer and as a partner read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from crm_integrations import partner_words, why
from crm_integrations.models import CLAIMABLE, Connection, Delivery, Health, State
from leadops.models import Lead

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)  # 13:30 in Kolkata, where the desk is
HOUR = timedelta(hours=1)
MINE = "asha: Bearer TOPSECRET, 98765 43210"


def delivery(state: State, at: Connection | None = None, **fields: Any) -> Delivery:
    made = {"due_at": NOW + HOUR, "reason": "", "kind": "lead", **fields}
    return Delivery(state=state, connection=at or connection(), **made)


def connection(health: Health | None = None, **fields: Any) -> Connection:
    made = Connection(**{"name": "isp", "vendor": "ispcrm", **fields})
    made._state.fields_cache["health"] = health  # read with it: nothing is asked for here
    return made


def said(state: State, fields: dict[str, Any], at: Connection | None = None) -> str:
    return why.of_delivery(delivery(state, at, **fields), NOW)


SITUATIONS: dict[str, Connection] = {
    "open": connection(),
    "well": connection(Health()),
    "off": connection(enabled=False),
    "paused": connection(paused_until=Connection.UNTIL_RESUMED, paused_by="asha"),
    "paused for a reason": connection(
        paused_until=Connection.UNTIL_RESUMED, paused_by="asha", pause_reason="They move, she says"
    ),
    "misconfigured": connection(paused_until=Connection.UNTIL_RESUMED, pause_reason="HTTP 401: bad token."),
    "paused for a while": connection(paused_until=NOW + HOUR),
    "pause over": connection(paused_until=NOW - HOUR, pause_reason="old"),
    "429": connection(Health(hold_until=NOW + HOUR, hold_reason="The vendor asked us to wait.")),
    "429 over": connection(Health(hold_until=NOW - HOUR, hold_reason="The vendor asked us to wait.")),
    "breaker": connection(Health(opened_at=NOW, hold_until=NOW + HOUR, openings=1)),
    "trial": connection(Health(opened_at=NOW - HOUR, hold_until=NOW - HOUR, openings=1)),
}
PAUSED = "The connection was paused by asha until an officer resumes it."
HELD = {
    "open": "",
    "well": "",
    "off": "The connection is switched off: nothing is sent until it is switched on.",
    "paused": PAUSED,
    "paused for a reason": "The connection was paused by asha until an officer resumes it: They move, she says.",
    "misconfigured": "The connection is paused until an officer resumes it: HTTP 401: bad token.",
    "paused for a while": "The connection is paused until 14:30.",
    "pause over": "",
    "429": "The vendor asked for less: held until 14:30.",
    "429 over": "",
    "breaker": "The vendor does not answer: one call is tried after 14:30, and all others follow once it works.",
    "trial": "The vendor does not answer: one call is tried now, and all others follow once it works.",
}
UNHELD = {
    State.QUEUED: "It is sent at 14:30.",
    State.RETRYING: "HTTP 503: busy. It will be tried again at 14:30 (try 3 of 11).",
    State.UNKNOWN: "Unknown whether it arrived: looked up three times, not found. It is looked up again at 14:30.",
}
STANDING = {
    State.QUEUED: "",
    State.RETRYING: "HTTP 503: busy.",
    State.UNKNOWN: "Unknown whether it arrived: looked up three times, not found.",
}
FIELDS = {
    State.QUEUED: {},
    State.RETRYING: {"reason": "HTTP 503: busy", "attempts": 2},
    State.UNKNOWN: {"reason": "HTTP 500", "lookups": 3, "absences": 3},
}


@pytest.mark.parametrize(("state", "situation"), [*product(CLAIMABLE, SITUATIONS)])
def test_what_the_engine_acts_on_says_what_holds_it_or_when_its_turn_comes(state, situation):
    held = f"{STANDING[state]} {HELD[situation]}".strip()
    assert said(state, FIELDS[state], SITUATIONS[situation]) == (held if HELD[situation] else UNHELD[state])


ENDED = {
    State.WAITING: [
        ({"depends_on": "crego_crm"}, "Waiting until Crego CRM knows the lead."),
        ({"reason": "Waiting for the lead at crego: HTTP 400"}, "Waiting for the lead at crego: HTTP 400."),
        ({"depends_on": "gone"}, "Waiting until another delivery knows the lead."),
    ],
    State.SENDING: [
        ({"leased_until": NOW + HOUR}, "It is being sent just now."),
        (
            {"leased_until": NOW - HOUR},
            "The worker that had it in hand is gone: what became of it is found out within seconds.",
        ),
    ],
    State.DELIVERED: [
        ({}, "Delivered."),
        (
            {"reference": "77", "vendor_status": "new", "delivered_at": NOW - HOUR},
            "Delivered at 12:30; the vendor's id is 77, its status “new”.",
        ),
        (
            {"delivered_at": NOW - 30 * HOUR, "reason": "asha found it at the vendor: by phone"},
            "Delivered on 3 May 2026, 07:30. asha found it at the vendor: by phone.",
        ),
    ],
    State.REJECTED: [
        ({"reason": "HTTP 400: mobile is taken"}, "Refused: HTTP 400: mobile is taken."),
        ({}, "The vendor refused it."),
    ],
    State.REVIEW: [
        (
            {"reason": "HTTP 500. This vendor can't be asked."},
            "Needs your decision: HTTP 500. This vendor can't be asked.",
        ),
        ({}, "Needs your decision."),
    ],
    State.DEAD: [
        ({"reason": "HTTP 503. Tried 11 times."}, "Given up: HTTP 503. Tried 11 times."),
        ({"reason": "3 workers died with it in hand."}, "Given up: 3 workers died with it in hand."),
        ({}, "Given up."),
    ],
    State.FAILED: [
        ({"reason": "A fault: KeyError."}, "It failed here, and nothing was sent: A fault: KeyError."),
        ({"reason": "A fault: KeyError.", "attempts": 1}, "It failed here: A fault: KeyError."),
        ({"reason": "A fault: KeyError.", "once_unknown": True}, "It failed here: A fault: KeyError."),
        ({}, "It failed here, and nothing was sent."),
    ],
    State.SKIPPED: [
        ({"reason": "It needs an e-mail."}, "Not sent: It needs an e-mail."),
        ({"reason": "ISPCRM takes no loan accounts."}, "Not sent: ISPCRM takes no loan accounts."),
        ({}, "Not sent."),
    ],
    State.SUPERSEDED: [
        ({"reason": "Version 2 took its place."}, "Version 2 took its place."),
        ({}, "A newer version took its place."),
    ],
    State.CANCELLED: [
        ({"reason": "An officer cancelled it."}, "An officer cancelled it."),
        ({}, "It was cancelled."),
    ],
}  # fmt: skip


def test_every_state_is_in_one_of_the_tables():
    assert {*ENDED, *CLAIMABLE} == set(State)


@pytest.mark.parametrize(
    ("state", "fields", "sentence", "situation"),
    [
        (state, fields, sentence, situation)
        for state, cases in ENDED.items()
        for fields, sentence in cases
        for situation in SITUATIONS
    ],
)
def test_what_the_engine_leaves_alone_says_the_same_in_every_situation(state, fields, sentence, situation):
    at = SITUATIONS[situation]
    stopped = HELD[situation] if state == State.WAITING and not at.known_health else ""
    assert said(state, fields, at) == f"{sentence} {stopped}".strip()


@pytest.mark.parametrize(
    ("state", "fields", "sentence"),
    [
        (State.QUEUED, {"due_at": NOW - HOUR}, "It is sent next."),
        (State.QUEUED, {"due_at": NOW, "leased_until": NOW + HOUR}, "It is at work just now."),
        (
            State.QUEUED,
            {"due_at": NOW, "reason": "Looked up twice, not found: it is sent again."},
            "Looked up twice, not found: it is sent again. It is sent next.",
        ),
        (
            State.QUEUED,
            {"due_at": NOW, "reason": "HTTP 401: bad token"},
            "HTTP 401: bad token. It is sent next.",
        ),
        (State.QUEUED, {"due_at": NOW + timedelta(seconds=42)}, "It is sent at 13:30:42."),
        (State.QUEUED, {"due_at": NOW + 24 * HOUR}, "It is sent on 5 May 2026, 13:30."),
        (State.QUEUED, {"due_at": NOW + 365 * 24 * HOUR}, "It is sent on 4 May 2027, 13:30."),
        (
            State.RETRYING,
            {"due_at": NOW - HOUR, "attempts": 1},
            "It will be tried again next (try 2 of 11).",
        ),
        (
            State.UNKNOWN,
            {"reason": "HTTP 500"},
            "Unknown whether it arrived: HTTP 500. It is looked up at 14:30.",
        ),
        (
            State.UNKNOWN,
            {"lookups": 1, "accepted": True},
            "The vendor accepted it but gave no id yet: looked up once, no certain answer. "
            "It is looked up again at 14:30.",
        ),
        (
            State.UNKNOWN,
            {"lookups": 3, "absences": 3, "accepted": True, "reference": "77", "delivered_at": NOW},
            "Delivered as 77, and in doubt since: looked up three times, not found. "
            "It is looked up again at 14:30.",
        ),
        (
            State.UNKNOWN,
            {"reason": "asha doubts it", "accepted": True, "delivered_at": NOW},
            "Delivered, and in doubt since: asha doubts it. It is looked up at 14:30.",
        ),
        (
            State.UNKNOWN,
            {"lookups": 7, "absences": 1},
            "Unknown whether it arrived: looked up 7 times, not found once, otherwise no certain answer. "
            "It is looked up again at 14:30.",
        ),
    ],
)
def test_moments_and_counts_are_told_as_people_say_them(state, fields, sentence):
    assert said(state, fields) == sentence


def test_times_are_in_the_zone_of_the_desk():
    with timezone.override("Europe/Moscow"):
        assert said(State.QUEUED, {}) == "It is sent at 12:00."


# Leads ---------------------------------------------------------------------------------------------------------------


def lead(status: str = Lead.Status.SUBMITTED) -> Lead:
    return Lead(status=status)


def at(name: str, state: State, version: int = 1, **fields: Any) -> Delivery:
    return delivery(state, CONNECTIONS[name], version=version, record_id=RECORD, **fields)


RECORD = Lead().pk
CONNECTIONS = {name: connection(name=name) for name in ("alpha", "beta", "gamma")}


@pytest.mark.parametrize(
    ("deliveries", "sentence"),
    [
        ([("alpha", State.DELIVERED), ("beta", State.REJECTED)], "beta: The vendor refused it."),
        ([("alpha", State.REJECTED), ("beta", State.REVIEW)], "beta: Needs your decision."),
        ([("beta", State.REVIEW), ("alpha", State.REVIEW)], "alpha (and 1 more): Needs your decision."),
        ([("alpha", State.QUEUED), ("beta", State.DELIVERED)], "alpha: It is sent at 14:30."),
        ([("beta", State.DELIVERED), ("alpha", State.DELIVERED)], "Delivered to alpha, beta."),
        ([("alpha", State.CANCELLED), ("beta", State.DELIVERED)], "Delivered to beta."),
        (
            [("beta", State.CANCELLED), ("alpha", State.CANCELLED)],
            "alpha (and 1 more): It was cancelled.",
        ),
    ],
)
def test_a_lead_tells_its_most_pressing_delivery(deliveries, sentence):
    assert why.of_lead(lead(), [at(*each) for each in deliveries], {}, NOW) == sentence


def test_a_lead_tells_of_the_newest_version_only():
    earlier, later = at("alpha", State.REJECTED), at("alpha", State.QUEUED, version=2)
    assert why.of_lead(lead(), [later, earlier], {}, NOW) == "alpha: It is sent at 14:30."


@pytest.mark.parametrize(
    ("status", "gaps", "sentence"),
    [
        (Lead.Status.DRAFT, {}, "Not sent yet: submit it."),
        (Lead.Status.SUBMITTED, {}, "No route sends it anywhere."),
        (Lead.Status.DROPPED, {"alpha": ["name"]}, "The lead is dropped: nothing of it is sent."),
        (Lead.Status.DRAFT, {"alpha": ["name", "e-mail"]}, "Not ready for alpha: name, e-mail."),
        (
            Lead.Status.DRAFT,
            {"alpha": ["name"], "beta": ["e-mail"]},
            "Not ready for alpha (and 1 more): name.",
        ),
    ],
)
def test_a_lead_that_was_not_sent_tells_why(status, gaps, sentence):
    assert why.of_lead(lead(status), [], gaps, NOW) == sentence


# Partners ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "situation"),
    [*product([each for each in State if each not in partner_words.OUR_WORDS], SITUATIONS)],
)
def test_a_partner_reads_neither_a_vendors_nor_an_officers_words(state, situation):
    told = partner_words.why(delivery(state, SITUATIONS[situation], reason=MINE), NOW)
    assert "TOPSECRET" not in told
    assert "98765" not in told
    assert "asha" not in told
    assert "bad token" not in told


@pytest.mark.parametrize("state", partner_words.OUR_WORDS)
def test_a_partner_reads_what_its_lead_still_needs(state):
    told = partner_words.why(delivery(state, reason="It needs an e-mail."), NOW)
    assert told == "It needs an e-mail."


@pytest.mark.parametrize(
    ("situation", "sentence"),
    [
        ("open", ""),
        ("429 over", ""),
        ("off", "The connection is paused; it is sent when the lender resumes it."),
        ("paused", "The connection is paused; it is sent when the lender resumes it."),
        ("429", "The vendor takes nothing just now; it is sent once it does."),
        ("breaker", "The vendor takes nothing just now; it is sent once it does."),
    ],
)
def test_a_partner_reads_what_holds_its_lead(situation, sentence):
    assert partner_words.why(delivery(State.QUEUED, SITUATIONS[situation]), NOW) == sentence


@pytest.mark.parametrize(
    ("state", "situation", "moment"),
    [
        (State.QUEUED, "open", NOW + HOUR),
        (State.RETRYING, "429 over", NOW + HOUR),
        (State.UNKNOWN, "429", NOW + HOUR),
        (State.QUEUED, "paused", None),
        (State.QUEUED, "off", None),
        (State.DELIVERED, "open", None),
        (State.WAITING, "open", None),
    ],
)
def test_the_next_turn_is_when_it_is_due_and_nothing_holds_it(state, situation, moment):
    assert why.next_turn(delivery(state, SITUATIONS[situation]), NOW) == moment


def test_a_hold_puts_the_next_turn_off():
    assert why.next_turn(delivery(State.QUEUED, SITUATIONS["429"], due_at=NOW), NOW) == NOW + HOUR
