"""What a person's word may change, and what it may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from crm_integrations import delivery as engine
from crm_integrations import outbox, registry
from crm_integrations.models import REPEATABLE, Connection, Delivery, Exchange, Health, Route, State
from leadops.models import Lead, Officer
from leadops.services import leads, loan_accounts
from tests.crm_integrations.in_hand import make_due, only

pytestmark = pytest.mark.django_db(transaction=True)

Word = Callable[[Delivery, Officer], int]
WORDS: dict[str, tuple[Word, set[State], State]] = {
    "retry": (lambda d, _: outbox.retry([d.pk]), {*REPEATABLE, State.RETRYING}, State.QUEUED),
    "cancel": (
        lambda d, _: outbox.cancel([d.pk]),
        {State.QUEUED, State.RETRYING, State.WAITING},
        State.CANCELLED,
    ),
    "send again": (
        lambda d, officer: outbox.send_again(d.pk, "they have none", officer),
        {State.REVIEW},
        State.QUEUED,
    ),
    "look it up again": (lambda d, officer: outbox.look_up_again(d, officer), {State.REVIEW}, State.UNKNOWN),
    "it is there": (
        lambda d, officer: outbox.resolve_held(d.pk, "4711", "seen", officer),
        {State.REVIEW, State.UNKNOWN},
        State.DELIVERED,
    ),
}
"""Each word, the states it is for, and what it makes of them."""


@pytest.mark.parametrize("word", WORDS)
def test_a_word_changes_only_the_states_it_is_for(receive, connections, officer, word):
    say, meant_for, becomes = WORDS[word]
    receive()
    delivery = Delivery.objects.filter(connection__vendor="crego_crm").get()
    for state in State:
        Delivery.objects.filter(pk=delivery.pk).update(state=state, reference="")
        changed = bool(say(delivery, officer))
        assert changed == (state in meant_for), state
        delivery.refresh_from_db()
        assert delivery.state == (becomes if changed else state)


def test_what_is_sent_again_is_looked_for_afresh(receive, connections, officer):
    receive()
    delivery = Delivery.objects.filter(connection__vendor="crego_crm").get()
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.REVIEW, accepted=True, lookups=5, absences=2, due_at=Now() + timedelta(days=1)
    )
    assert outbox.send_again(delivery.pk, "they have none", officer)
    delivery.refresh_from_db()
    assert (delivery.accepted, delivery.lookups, delivery.absences) == (False, 0, 0)
    assert Delivery.objects.due().filter(pk=delivery.pk).exists()


def test_a_lead_that_an_officer_found_lets_its_account_go_on(
    receive, connections, vendor_sandbox, officer, program
):
    lead = receive()
    vendor_sandbox.fault("crego_los", "503")
    account = loan_accounts.open_account(lead, "CL1", program)
    crego = lead.deliveries.get(connection__vendor="crego_crm")
    Delivery.objects.filter(pk=crego.pk).update(state=State.REVIEW)
    assert outbox.resolve_held(crego.pk, "4711", "seen in their list", officer)
    assert account.deliveries.get().state == State.QUEUED
    engine.drain()
    assert [call["body"]["crm_lead_id"] for call in vendor_sandbox.calls("crego_los")] == ["4711"]


def test_a_lead_that_an_officer_found_is_followed_like_any_other(receive, connections, officer):
    lead = receive()
    asked = {}
    for delivery in lead.deliveries.select_related("connection"):
        Delivery.objects.filter(pk=delivery.pk).update(state=State.REVIEW)
        assert outbox.resolve_held(delivery.pk, "4711", "seen in their list", officer)
        delivery.refresh_from_db()
        asked[delivery.connection.vendor] = delivery.ask_at is not None
    followed = {vendor for vendor, connector in registry.vendors().items() if connector.can_follow}
    assert {vendor for vendor, yes in asked.items() if yes} == followed & set(asked)
    assert set(asked.values()) == {True, False}


@pytest.fixture
def signed_in_in_vain(receive, connections, vendor_sandbox, settings) -> Delivery:
    """A delivery that was given up because not even signing in worked."""
    settings.DELIVERY_RETRIES = (0,) * 3
    vendor_sandbox.fault("brainysoft", "503", kinds=["token"])
    receive()
    only("brainysoft")
    for _ in range(4):
        try_once()
    given_up = Delivery.objects.get()
    assert (given_up.state, given_up.attempts) == (State.DEAD, 0)
    assert given_up.reason.endswith("Tried 4 times.")
    return given_up


def try_once() -> None:
    Health.objects.all().delete()
    make_due()
    claim = outbox.claim()
    assert claim is not None
    engine.deliver(claim)


def replay(delivery: Delivery, officer: Officer) -> None:
    outbox.replays.start(officer, "It is mended.", "all", Delivery.objects.filter(pk=delivery.pk))
    outbox.replays.feed()


def send_again(delivery: Delivery, officer: Officer) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=State.REVIEW, attempts=4)
    outbox.send_again(delivery.pk, "they have none", officer)


@pytest.mark.parametrize(
    "start_anew",
    [lambda delivery, _: outbox.retry([delivery.pk]), replay, send_again],
    ids=["retry", "replay", "send again"],
)
def test_an_officers_word_gives_all_tries_again(signed_in_in_vain, officer, start_anew):
    start_anew(signed_in_in_vain, officer)
    for _ in range(3):
        try_once()
        assert Delivery.objects.get().state == State.RETRYING
    try_once()
    given_up = Delivery.objects.get()
    assert given_up.state == State.DEAD
    assert given_up.reason.endswith("Tried 4 times.")


def test_all_that_stands_as_unsent_is_doubted_after_a_restore(receive, connections, vendor_sandbox):
    lead = receive()
    by_vendor = {each.connection.vendor: each for each in lead.deliveries.select_related("connection")}

    def become(vendor: str, **columns: object) -> None:
        Delivery.objects.filter(pk=by_vendor[vendor].pk).update(**columns)

    become("brainysoft", due_at=Now() + timedelta(days=1))
    become("crego_crm", state=State.RETRYING, lookups=3, absences=1, due_at=Now() + timedelta(days=1))
    become("ispcrm", state=State.REJECTED)
    claim = outbox.claim()
    assert claim is not None
    assert [each.connection.vendor for each in claim.deliveries] == ["broctagon"]
    assert outbox.doubt_unsent("Restored from a backup.").total() == 3
    doubted = Delivery.objects.due().exclude(connection__vendor="ispcrm")
    assert set(doubted.values_list("state", "lookups", "absences", "lease")) == {(State.UNKNOWN, 0, 0, None)}
    assert doubted.count() == 3
    assert Delivery.objects.get(pk=by_vendor["ispcrm"].pk).state == State.REJECTED
    with pytest.raises(outbox.LostLease):  # the worker that had it in hand
        outbox.settle(claim, claim.deliveries[0], outbox.Settlement(State.DELIVERED, ""))


@pytest.mark.parametrize(("vendor", "ends"), [("brainysoft", State.DELIVERED), ("ispcrm", State.REVIEW)])
@pytest.mark.parametrize("state", [State.UNKNOWN, State.REVIEW])
def test_what_was_in_doubt_before_a_restore_is_looked_up_from_the_start(
    receive, connections, vendor_sandbox, vendor, ends, state
):
    receive()
    only(vendor)
    engine.drain()
    doubtful = {"state": state, "lookups": 4, "absences": 1, "reason": "The vendor said it has none."}
    Delivery.objects.update(**doubtful, reference="", delivered_at=None)
    assert outbox.doubt_unsent("Restored from a backup.").total() == 1
    standing = Delivery.objects.get()
    assert (standing.state, standing.lookups, standing.absences) == (State.UNKNOWN, 0, 0)
    assert standing.reason == "Restored from a backup."
    engine.drain()
    assert Delivery.objects.get().state == ends
    assert len(vendor_sandbox.held(vendor)) == 1


def forget_since(before: list[dict[str, object]]) -> None:
    """What a restored database knows: the deliveries as they were, and no call."""
    Exchange.objects.all().delete()
    unsent = {"reference": "", "vendor_status": "", "attempts": 0, "delivered_at": None, "ask_at": None}
    for columns in before:
        Delivery.objects.filter(pk=columns.pop("pk")).update(**columns, **unsent, once_unknown=False)


def test_an_account_that_waited_in_the_backup_is_looked_up_before_it_is_sent(
    receive, connections, vendor_sandbox, program
):
    loan_accounts.open_account(receive(), "CL1", program)
    backup = list(Delivery.objects.values("pk", "state", "reason", "due_at"))
    assert State.WAITING in {columns["state"] for columns in backup}
    engine.drain()
    held = {vendor: len(vendor_sandbox.held(vendor)) for vendor in ("crego_crm", "crego_los")}
    assert held == {"crego_crm": 1, "crego_los": 1}
    forget_since(backup)
    outbox.doubt_unsent("Restored from a backup.")
    for _ in range(8):
        engine.drain()
        make_due()
    assert {vendor: len(vendor_sandbox.held(vendor)) for vendor in held} == held
    account = Delivery.objects.get(kind="loan_account")
    assert account.state == State.DELIVERED
    purposes = set(account.exchanges.values_list("purpose", flat=True))
    assert Exchange.Purpose.FIND in purposes
    assert Exchange.Purpose.CREATE not in purposes


def test_what_waits_and_was_unknown_once_is_looked_up_when_the_sweep_wakes_it(
    receive, connections, vendor_sandbox, program
):
    loan_accounts.open_account(receive(), "CL1", program)
    engine.drain()
    waiting = Delivery.objects.filter(kind="loan_account")
    waiting.update(state=State.WAITING, once_unknown=True)
    assert outbox.wake_waiting() == 1
    assert waiting.get().state == State.UNKNOWN


@pytest.mark.parametrize(
    ("vendor", "state", "first"),
    [("crego_crm", State.UNKNOWN, ["find"]), ("ispcrm", State.REVIEW, [])],  # which can't be asked
)
def test_what_was_unknown_once_is_looked_up_before_it_is_sent_again(
    receive, connections, vendor_sandbox, vendor, state, first
):
    receive()
    only(vendor)
    Delivery.objects.update(state=State.REJECTED, once_unknown=True)
    refused = Delivery.objects.get()
    assert outbox.retry([refused.pk]) == 1
    engine.drain()
    assert Delivery.objects.get().state == state
    purposes = refused.exchanges.exclude(purpose="token").order_by("id").values_list("purpose", flat=True)
    assert list(purposes) == first


def test_what_an_officer_made_sure_of_is_no_longer_in_doubt(receive, connections, vendor_sandbox, officer):
    receive()
    only("ispcrm")
    Delivery.objects.update(state=State.REVIEW, once_unknown=True)
    sure = Delivery.objects.get()
    assert outbox.send_again(sure.pk, "they have none", officer)
    outbox.cancel([sure.pk])
    outbox.retry([sure.pk])
    engine.drain()
    assert Delivery.objects.get().state == State.DELIVERED


def test_an_older_version_that_was_read_before_is_not_sent_beside_the_newer_one(
    receive, connections, vendor_sandbox
):
    Route.objects.all().delete()
    lead, isp = receive(), Connection.objects.get(vendor="ispcrm")
    stale, fresh = Lead.objects.get(pk=lead.pk), Lead.objects.get(pk=lead.pk)
    leads.revise(fresh)
    leads.submit([fresh], [isp.pk])
    leads.submit([stale], [isp.pk])
    engine.drain()
    assert Delivery.objects.get().version == 2
    assert len(vendor_sandbox.calls("ispcrm")) == 1


@pytest.mark.parametrize("state", REPEATABLE)
def test_what_a_vendor_does_not_have_goes_when_an_officer_sends_its_lead_there(
    receive, connections, vendor_sandbox, officer, state
):
    lead = receive()
    only("ispcrm")
    Delivery.objects.update(state=state)
    assert leads.submit([lead], [connections["ispcrm"].pk], by=officer) == 1
    lead.refresh_from_db()
    assert lead.sync_status == Lead.SyncStatus.IN_PROGRESS
    engine.drain()
    assert len(vendor_sandbox.held("ispcrm")) == 1


def test_only_where_an_officer_sends_it_does_a_refused_lead_go_again(receive, connections, officer):
    lead = receive()
    Delivery.objects.update(state=State.REJECTED)
    leads.submit([lead], by=officer)
    assert leads.submit([lead], [connections["ispcrm"].pk], by=officer) == 1
    again = Delivery.objects.exclude(state=State.REJECTED).get()
    assert (again.connection.vendor, again.state) == ("ispcrm", State.QUEUED)
    assert leads.submit([lead], [connections["ispcrm"].pk], by=officer) == 0


def test_of_a_lead_that_was_edited_the_new_version_goes_and_not_the_refused_one(
    receive, connections, officer
):
    lead = receive()
    only("ispcrm")
    Delivery.objects.update(state=State.REJECTED)
    leads.revise(lead)
    assert leads.submit([lead], [connections["ispcrm"].pk], by=officer) == 1
    states = dict(Delivery.objects.values_list("version", "state"))
    assert states == {1: State.SUPERSEDED, 2: State.QUEUED}
