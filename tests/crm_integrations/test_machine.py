"""A delivery against a model of it in plain Python: whatever happens in whatever order, the two agree."""

from __future__ import annotations

import contextlib
import os
from random import Random
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
from crm_integrations import outbox, receivers, transport
from crm_integrations.models import CLAIMABLE, Connection, Delivery, Health, State
from leadops import synthetic
from leadops.models import Lead
from leadops.services import leads
from tests import people, vendors
from tests.crm_integrations.in_hand import end_leases
from tests.crm_integrations.modelled import (
    AGAIN,
    LOOKUPS,
    NOT_STORED,
    POINTS,
    STORED,
    TRIES,
    VENDORS,
    Death,
    Killed,
    Model,
    World,
    worked_on,
)

pytestmark = pytest.mark.django_db(transaction=True)

FULL = int(os.environ.get("CHAOS_FULL", "0"))
"""Examples of a full run, which `make chaos` asks for; 200 of them are 10,000 steps."""
EXAMPLES, STEPS = (FULL, 50) if FULL else (5, 20)
LEADS, AT_ONCE = 3, 2
ACTS = ("retry", "cancel", "decide", "announce")
WORDS = ("yes", *STORED, "no", *NOT_STORED)
ANSWERS = st.tuples(*AT_ONCE * [st.sampled_from(WORDS)])
DEATHS_AND_NONE = ("", "", "", *POINTS)
DEATH = st.builds(Death, st.sampled_from(DEATHS_AND_NONE), st.integers(0, AT_ONCE - 1))


class Machine(RuleBasedStateMachine):
    """What may happen to deliveries: vendors, workers, the sweep, time, officers; each step changes both sides."""

    models: dict[UUID, Model] = {}

    @initialize(vendor=st.sampled_from(VENDORS), count=st.integers(1, LEADS))
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

    @rule(answers=ANSWERS, death=DEATH)
    def a_worker_acts(self, answers: tuple[str, ...], death: Death) -> None:
        if not self.claimable():
            assert outbox.claim(AT_ONCE) is None
            self.what_is_waited_for_comes()
        if self.claimable():
            self.act_on_some(answers, death)

    @rule(answers=ANSWERS, death=DEATH)
    def another_worker_acts(self, answers: tuple[str, ...], death: Death) -> None:
        self.a_worker_acts(answers, death)

    def what_is_waited_for_comes(self) -> None:
        if any(each.in_hand for each in self.models.values()):
            self.leases_end_and_the_sweep_comes()
        self.time_passes()
        outbox.resume(Connection.objects.get())
        self.paused.clear()

    def act_on_some(self, answers: tuple[str, ...], death: Death) -> None:
        claim = outbox.claim(AT_ONCE)
        assert claim is not None
        models = [self.models[each.pk] for each in claim.deliveries]
        free = self.claimable()
        assert all(each in free for each in models)
        before = [each.state for each in models]
        WORLD.act(answers, death)
        with contextlib.suppress(Killed):
            engine.deliver(claim, WORLD.next_one)
        worked_on(models, answers, death, self.paused)
        SEEN.update(zip(before, [each.state for each in models], strict=True))

    @precondition(lambda self: any(each.in_hand for each in self.models.values()))
    @rule()
    def leases_end_and_the_sweep_comes(self) -> None:
        end_leases()
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

    @rule(act=st.sampled_from(ACTS), which=st.integers(0, LEADS - 1))
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
            model.retried()

    def cancel(self, pk: UUID, model: Model) -> None:
        may = model.state in ("queued", "retrying", "waiting") and not model.in_hand
        assert outbox.cancel([pk]) == may
        if may:
            model.state = "cancelled"

    def decide(self, pk: UUID, model: Model) -> None:
        """As the vendor's own pages tell: it is there, or it is not."""
        asked = ("review", "unknown") if model.held else ("review",)
        may = model.state in asked and not model.in_hand
        if model.held:
            assert outbox.resolve_held(pk, f"seen-{pk}", "seen", self.officer) == may
            model.state = "delivered" if may else model.state
        else:
            assert outbox.send_again(pk, "they have none", self.officer) == may
            if may:
                model.state, model.due, model.lookups, model.absences = "queued", True, 0, 0
                model.attempts, model.once_unknown = 0, False  # whoever made sure is in no doubt

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
MOST_ROUNDS = 3


def wander(chance: Random, steps: int) -> None:
    """A walk by plain chance: in few steps it comes further than Hypothesis, which begins with what is simplest."""
    machine = Machine()
    machine.leads_come_in(vendor=chance.choice(VENDORS), count=chance.randint(1, LEADS))
    for _ in range(steps):
        what = chance.random()
        if what < 0.7:
            death = Death(chance.choice(DEATHS_AND_NONE), chance.randrange(AT_ONCE))
            machine.a_worker_acts(answers=tuple(chance.choices(WORDS, k=AT_ONCE)), death=death)
        elif what < 0.85 and any(each.in_hand for each in machine.models.values()):
            machine.leases_end_and_the_sweep_comes()
        elif what < 0.9:
            machine.time_passes()
        else:
            machine.an_officer_acts(act=chance.choice(ACTS), which=chance.randrange(LEADS))
        machine.both_agree()
        machine.no_vendor_holds_anything_twice()


@pytest.fixture(autouse=True)
def world(settings, monkeypatch):
    """The vendors are the model's; and a killed worker finishes nothing."""
    settings.DELIVERY_RETRIES, settings.DELIVERY_LOOKUPS = (60,) * TRIES, (60,) * LOOKUPS
    finish = outbox.finish
    monkeypatch.setattr(transport, "send", lambda *args, **named: WORLD.send(*args, **named))
    monkeypatch.setattr(outbox, "finish", lambda claim: None if WORLD.killed else finish(claim))
    SEEN.clear()


def test_the_engine_and_the_model_agree_on_every_walk():
    chance = Random(20261120)
    for _ in range(20):
        wander(chance, 30)
    assert set() == ALWAYS_SEEN - SEEN


def test_the_engine_and_the_model_never_differ():
    for _ in range(MOST_ROUNDS if FULL else 1):  # chance may take longer to have been everywhere
        run_state_machine_as_test(Machine, settings=HOW)
        if ALWAYS_SEEN <= SEEN:
            break
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
