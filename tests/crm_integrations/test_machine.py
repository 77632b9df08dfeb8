"""A delivery against a model of it in plain Python: whatever happens in whatever order, the two agree."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm_integrations import delivery as engine
from crm_integrations import errors, outbox, receivers, transport
from crm_integrations.connector import Request, Response
from crm_integrations.models import CLAIMABLE, Connection, Delivery, Health, State
from leadops import synthetic
from leadops.models import Lead
from leadops.services import leads
from tests import people, vendors

pytestmark = pytest.mark.django_db(transaction=True)

VENDORS = ("crego_crm", "ispcrm")
"""One that can be asked whether it holds a record, and one that can't."""
FULL = int(os.environ.get("CHAOS_FULL", "0"))
"""Examples of a full run, which `make chaos` asks for; 200 of them are 10,000 steps."""
EXAMPLES, STEPS = (FULL, 50) if FULL else (5, 20)
TRIES, LOOKUPS, DEATHS = 3, 3, 3
STORED = ("yes", "yes, then the line is cut", "yes, then 502")
"""Answers after which the vendor holds it; after the others it does not."""
NOT_STORED = ("no", "busy", "the line is cut", "502", "no connection", "wrong credentials", "nonsense")
AGAIN = ("rejected", "dead", "failed", "skipped", "cancelled")
POINTS = ("after the claim", "before the call", "after the call")


class Killed(BaseException):
    """The worker is no more."""


class World:
    """The vendors as the transport sees them: what they hold, and how they answer next."""

    def begin(self) -> None:
        self.held: Counter[str] = Counter()
        self.told: dict[str, dict[str, Any]] = {}
        self.answer, self.dies = "yes", ""

    def send(self, base_url: str, request: Request, deadline: float, last_look: Any) -> Response:
        if self.dies == "before the call":
            raise Killed
        last_look()
        try:
            return self._find(request) if request.method == "GET" else self._create(request)
        finally:
            if self.dies == "after the call":
                raise Killed

    def _find(self, request: Request) -> Response:
        if self.answer not in (*STORED, "no"):
            return self._fail()
        ref = request.path.partition("partner_ref_id=")[2].partition("&")[0]
        lead = {"id": f"id-{ref}", "partner_ref_id": ref, **self.told.get(ref, {})}
        return said(200, {"count": 1, "results": [lead]} if self.held[ref] else {"count": 0, "results": []})

    def _create(self, request: Request) -> Response:
        body = json.loads(request.body)
        ref = body.get("partner_ref_id") or body["remarks"].rpartition("Ref ")[2]
        if self.answer not in STORED:
            return said(400, {"detail": "No."}) if self.answer == "no" else self._fail()
        self.held[ref if "partner_ref_id" in body else f"isp {ref}"] += 1
        self.told[ref] = {name: body[name] for name in ("program_id", "primary_mobile") if name in body}
        if self.answer != "yes":
            return self._fail()
        if "partner_ref_id" in body:
            return said(200, {"id": f"id-{ref}", "status": "new"})
        return said(200, {"success": True, "message": "ok", "data": {"lead_id": sum(self.held.values())}})

    def _fail(self) -> Response:
        if "cut" in self.answer:
            raise errors.OutcomeUnknown("Sent, but no whole answer came.")
        if self.answer == "no connection":
            raise errors.Transient("No connection.")
        statuses = {"busy": 503, "wrong credentials": 403}
        return (
            Response(200, b"<html>")
            if self.answer == "nonsense"
            else said(statuses.get(self.answer, 502), {})
        )


def said(status: int, body: dict[str, Any]) -> Response:
    return Response(status, json.dumps(body).encode())


@dataclass
class Model:
    """A delivery as the architecture tells it."""

    vendor: str
    ref: str
    state: str = "queued"
    in_hand: bool = False
    due: bool = True
    attempts: int = 0
    lookups: int = 0
    absences: int = 0
    deaths: int = 0
    calling: bool = False
    held: int = 0
    """How often the vendor took it."""
    doubted: bool = field(default=False)

    @property
    def askable(self) -> bool:
        return self.vendor == "crego_crm"

    @property
    def claimable(self) -> bool:
        return self.state in ("queued", "retrying", "unknown") and not self.in_hand

    def doubtful(self, lookups: int = 0, absences: int = 0) -> None:
        """Nobody knows whether the vendor has it."""
        asked_enough = not self.askable or lookups >= LOOKUPS
        self.state, self.due = ("review", self.due) if asked_enough else ("unknown", False)
        self.lookups, self.absences = (0, 0) if asked_enough else (lookups, absences)

    def told(self, answer: str, paused: set[str]) -> None:
        """A worker acted on it, and this is what it heard."""
        self.deaths, self.in_hand = 0, False
        if self.state == "unknown":
            self._looked_up(answer, paused)
            return
        self.attempts += 1
        self.held += answer in STORED
        if answer == "wrong credentials":
            self._settled("queued", due=True)
            paused.add(self.vendor)
        elif answer in ("busy", "no connection"):
            dead = self.attempts > TRIES
            self._settled("dead" if dead else "retrying", due=self.due and dead)
        elif answer in ("yes", "no"):
            self._settled("delivered" if answer == "yes" else "rejected", due=self.due)
        else:
            self.doubtful()

    def _settled(self, state: str, due: bool) -> None:
        self.state, self.due, self.lookups, self.absences = state, due, 0, 0

    def _looked_up(self, answer: str, paused: set[str]) -> None:
        if answer in (*STORED, "no"):
            if self.held:
                self._settled("delivered", due=self.due)
            elif self.absences + 1 >= 2:
                self._settled("queued", due=True)
            else:
                self.doubtful(self.lookups + 1, self.absences + 1)
        elif answer == "wrong credentials":
            self.doubtful(self.lookups, self.absences)
            paused.add(self.vendor)
        else:
            self.doubtful(self.lookups + 1, self.absences)

    def died(self, point: str, answer: str) -> None:
        """A worker died with it in hand; what it did before stays."""
        self.in_hand = True
        if self.state != "unknown":
            self.state = "sending"
            self.calling = point != "after the claim"
            self.attempts += self.calling
            self.held += point == "after the call" and answer in STORED

    def reaped(self) -> None:
        """The sweep after its lease ended."""
        self.deaths, self.in_hand = self.deaths + 1, False
        may_be_there, self.calling = self.calling, False
        if self.deaths >= DEATHS:
            self.state = "review" if may_be_there or self.state == "unknown" else "dead"
            self.deaths = 0
        elif self.state == "sending":
            if may_be_there:
                self.state, self.due = ("unknown" if self.askable else "review"), False
                self.lookups = self.absences = 0
            else:
                self.state, self.due = "queued", True


ACTS = ("retry", "cancel", "decide", "announce")
ANSWERS = st.sampled_from(("yes", *STORED, "no", *NOT_STORED))
DEATH = st.sampled_from(("", "", "", *POINTS))


class Machine(RuleBasedStateMachine):
    """What may happen to deliveries: vendors, workers, the sweep, time, officers; each step changes both sides."""

    models: dict[UUID, Model] = {}

    @initialize(vendor=st.sampled_from(VENDORS), count=st.integers(1, 2))
    def leads_come_in(self, vendor: str, count: int) -> None:
        for kept in (Delivery, Lead, Connection):
            kept.objects.all().delete()
        vendors.connect("http://127.0.0.1:9", vendor)
        partner, program = people.partner("Sunrise", "sunrise"), people.program("scf", "Chain")
        intake = {"partner": partner, "program": program, "intake": Lead.Intake.API}
        self.officer, self.paused = people.officer("asha"), set()
        self.leads = [leads.receive(draft, **intake)[0] for draft in synthetic.drafts(count)]
        self.models = {made.pk: Model(vendor, made.ref) for made in Delivery.objects.all()}
        WORLD.begin()

    @rule(answer=ANSWERS, dies=DEATH)
    def a_worker_acts(self, answer: str, dies: str) -> None:
        if not self.claimable():
            assert outbox.claim(1) is None
            self.what_is_waited_for_comes()
        if self.claimable():
            self.act_on_one(answer, dies)

    @rule(answer=ANSWERS, dies=DEATH)
    def another_worker_acts(self, answer: str, dies: str) -> None:
        self.a_worker_acts(answer, dies)

    def what_is_waited_for_comes(self) -> None:
        if any(each.in_hand for each in self.models.values()):
            self.leases_end_and_the_sweep_comes()
        self.time_passes()
        outbox.resume(Connection.objects.get())
        self.paused.clear()

    def act_on_one(self, answer: str, dies: str) -> None:
        claim = outbox.claim(1)
        assert claim is not None
        model = self.models[claim.deliveries[0].pk]
        assert model in self.claimable()
        before, WORLD.answer, WORLD.dies = model.state, answer, dies
        with contextlib.suppress(Killed):
            if dies != "after the claim":
                engine.deliver(claim)
        in_hand = Delivery.objects.filter(lease=claim.lease).exists()
        if in_hand:
            model.died(dies, answer)
        else:
            model.told(answer, self.paused)
        assert in_hand == bool(dies)
        SEEN.add((before, model.state))

    @precondition(lambda self: any(each.in_hand for each in self.models.values()))
    @rule()
    def leases_end_and_the_sweep_comes(self) -> None:
        Delivery.objects.exclude(leased_until=None).update(leased_until=Now() - timedelta(seconds=1))
        held = [model for model in self.models.values() if model.in_hand]
        assert outbox.reap() == len(held)
        for model in held:
            before = model.state
            model.reaped()
            SEEN.add((before, model.state))

    @precondition(lambda self: not all(each.due for each in self.models.values()))
    @rule()
    def time_passes(self) -> None:
        Delivery.objects.filter(state__in=CLAIMABLE).update(due_at=Now())
        for model in self.models.values():
            model.due = model.due or model.state in CLAIMABLE

    @rule(act=st.sampled_from(ACTS), which=st.integers(0, 1))
    def an_officer_acts(self, act: str, which: int) -> None:
        pk, model = sorted(self.models.items(), key=lambda each: str(each[0]))[which % len(self.models)]
        before = model.state
        getattr(self, act)(pk, model)
        SEEN.add((before, model.state))

    def announce(self, pk: UUID, model: Model) -> None:
        """What is on its way, or may be there, is no second delivery."""
        if not {each.state for each in self.models.values()} & {*AGAIN}:
            assert receivers.enqueue_leads(Lead, leads=self.leads) == 0

    def retry(self, pk: UUID, model: Model) -> None:
        may = model.state in (*AGAIN, "retrying") and not model.in_hand
        assert outbox.retry([pk]) == may
        if may:
            model.state, model.due, model.attempts = "queued", True, 0

    def cancel(self, pk: UUID, model: Model) -> None:
        may = model.state in ("queued", "retrying", "waiting") and not model.in_hand
        assert outbox.cancel([pk]) == may
        if may:
            model.state = "cancelled"

    def decide(self, pk: UUID, model: Model) -> None:
        """As the vendor's own pages tell: it is there, or it is not."""
        may = model.state in ("review", "unknown") and not model.in_hand
        if model.held:
            assert outbox.resolve_held(pk, f"seen-{pk}", "seen", self.officer) == may
            model.state = "delivered" if may else model.state
        else:
            assert outbox.send_again(pk, "they have none", self.officer) == may
            if may:
                model.state, model.due, model.lookups, model.absences = "queued", True, 0, 0
                model.attempts = 0

    def claimable(self) -> list[Model]:
        free = [each for each in self.models.values() if each.claimable and each.due]
        return [each for each in free if each.vendor not in self.paused]

    @invariant()
    def both_agree(self) -> None:
        Health.objects.all().delete()  # the breaker and the pace have tests of their own
        rows = Delivery.objects.filter(pk__in=self.models)
        for row in rows:
            model = self.models[row.pk]
            engine_says = (row.state, row.lease is not None, row.attempts, row.leases_lost)
            assert engine_says == (model.state, model.in_hand, model.attempts, model.deaths), row.reason
            if row.state == State.UNKNOWN:
                assert (row.lookups, row.absences) == (model.lookups, model.absences)

    @invariant()
    def no_vendor_holds_anything_twice(self) -> None:
        for model in self.models.values():
            times = WORLD.held[model.ref if model.askable else f"isp {model.ref}"]
            assert times == model.held <= 1
            assert not (model.state == "delivered" and not times)
            assert not (times and model.state in ("rejected", "dead", "cancelled", "failed"))


WORLD = World()
SEEN: set[tuple[str, str]] = set()
ALWAYS_SEEN = {
    ("queued", "delivered"), ("queued", "rejected"), ("queued", "retrying"), ("queued", "unknown"),
    ("queued", "sending"), ("sending", "queued"),
    ("sending", "unknown"), ("sending", "review"), ("unknown", "unknown"),
    ("unknown", "delivered"), ("unknown", "queued"), ("unknown", "review"), ("review", "delivered"),
    ("review", "queued"), ("rejected", "queued"),
}  # fmt: skip
"""The ways from state to state that a full run has to have been, or it proves little."""


def wander(chance: Random, steps: int) -> None:
    """A walk by plain chance: in few steps it comes further than Hypothesis, which begins with what is simplest."""
    machine = Machine()
    machine.leads_come_in(vendor=chance.choice(VENDORS), count=chance.randint(1, 2))
    for _ in range(steps):
        what = chance.random()
        if what < 0.7:
            dies = chance.choice(("", "", "", *POINTS))
            machine.a_worker_acts(answer=chance.choice(("yes", *STORED, "no", *NOT_STORED)), dies=dies)
        elif what < 0.85 and any(each.in_hand for each in machine.models.values()):
            machine.leases_end_and_the_sweep_comes()
        elif what < 0.9:
            machine.time_passes()
        else:
            machine.an_officer_acts(act=chance.choice(ACTS), which=chance.randint(0, 1))
        machine.both_agree()
        machine.no_vendor_holds_anything_twice()


def test_the_engine_and_the_model_agree_on_every_walk(settings, monkeypatch):
    settings.DELIVERY_RETRIES, settings.DELIVERY_LOOKUPS = (60,) * TRIES, (60,) * LOOKUPS
    monkeypatch.setattr(transport, "send", lambda *args, **named: WORLD.send(*args, **named))
    SEEN.clear()
    chance = Random(20261120)
    for _ in range(20):
        wander(chance, 30)
    assert set() == ALWAYS_SEEN - SEEN


@pytest.mark.django_db(transaction=True)
def test_the_engine_and_the_model_never_differ(settings, monkeypatch):
    settings.DELIVERY_RETRIES, settings.DELIVERY_LOOKUPS = (60,) * TRIES, (60,) * LOOKUPS
    monkeypatch.setattr(transport, "send", lambda *args, **named: WORLD.send(*args, **named))
    SEEN.clear()
    run_state_machine_as_test(Machine, settings=HOW)
    if FULL:
        assert set() == ALWAYS_SEEN - SEEN


HOW = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=not FULL,
    database=None,
    suppress_health_check=list(HealthCheck),
)
