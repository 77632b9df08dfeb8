"""A delivery in plain Python, as docs/architecture.md tells it, and the vendors that it goes to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from crm_integrations import errors
from crm_integrations.connector import Request, Response
from crm_integrations.models import Health

VENDORS = ("crego_crm", "ispcrm")
"""One that can be asked whether it holds a record, and one that can't."""
TRIES, LOOKUPS, DEATHS = 3, 3, 3
STORED = ("yes", "yes, then the line is cut", "yes, then 502")
"""Answers after which the vendor holds it; after the others it does not."""
NOT_STORED = ("no", "busy", "the line is cut", "502", "no connection", "wrong credentials", "nonsense")
AGAIN = ("rejected", "dead", "failed", "skipped", "cancelled")
BEFORE_IT = "before it is begun"
POINTS = (BEFORE_IT, "before the call", "after the call")


class Killed(BaseException):
    """The worker is no more."""


class Death(NamedTuple):
    """A worker dies at `point` of what it acts on as number `place`; nowhere when `point` is empty."""

    point: str = ""
    place: int = 0


class World:
    """The vendors as the transport sees them: what they hold, and how they answer next."""

    def begin(self) -> None:
        self.held: Counter[str] = Counter()
        self.told: dict[str, dict[str, Any]] = {}
        self.act(["yes"], Death())

    def act(self, answers: Sequence[str], death: Death) -> None:
        """A worker begins with a claim: what it hears to each delivery of it, and when it dies."""
        self.answers, self.death, self.place, self.killed = answers, death, -1, False

    def next_one(self) -> bool:
        """The worker turns to the next delivery of its claim."""
        Health.objects.all().delete()  # the breaker and the pace have tests of their own
        self.place += 1
        self._die_at(BEFORE_IT)
        return False

    def _die_at(self, point: str) -> None:
        if self.death == (point, self.place):
            self.killed = True
            raise Killed

    @property
    def answer(self) -> str:
        return self.answers[self.place]

    def send(self, base_url: str, request: Request, deadline: float, last_look: Any) -> Response:
        self._die_at("before the call")
        last_look()
        try:
            return self._find(request) if request.method == "GET" else self._create(request)
        finally:
            self._die_at("after the call")

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
    once_unknown: bool = False

    @property
    def askable(self) -> bool:
        return self.vendor == "crego_crm"

    @property
    def claimable(self) -> bool:
        return self.state in ("queued", "retrying", "unknown") and not self.in_hand

    def doubtful(self, lookups: int = 0, absences: int = 0) -> None:
        """Nobody knows whether the vendor has it."""
        self.once_unknown = True
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
                self._settled("dead" if self.attempts > TRIES else "queued", due=True)
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
            self.calling = point != BEFORE_IT
            self.attempts += self.calling
            self.held += point == "after the call" and answer in STORED

    def given_back(self) -> None:
        """It was taken in hand, and its connection was paused before it was begun."""
        self.state = "unknown" if self.state == "unknown" else "queued"

    def retried(self) -> None:
        """An officer sends it again; what was unknown once is looked up first."""
        look_up = self.once_unknown and self.state in AGAIN
        self._settled("unknown" if look_up else "queued", due=True)
        self.attempts = 0

    def reaped(self) -> None:
        """The sweep after its lease ended."""
        self.deaths, self.in_hand = self.deaths + 1, False
        may_be_there, self.calling = self.calling, False
        if self.deaths >= DEATHS:
            may_be_there = may_be_there or self.state == "unknown"
            self.state = "review" if may_be_there else "dead"
            self.once_unknown = self.once_unknown or may_be_there
            self.deaths = 0
        elif self.state == "sending":
            if may_be_there:
                self._settled("unknown" if self.askable else "review", due=False)
                self.once_unknown = True
            else:
                self.state, self.due = "queued", True


def worked_on(models: Sequence[Model], answers: Sequence[str], death: Death, paused: set[str]) -> None:
    """What becomes of those that one worker took, which acts on one after the other."""
    dead = stopped = False
    for place, (model, answer) in enumerate(zip(models, answers, strict=False)):
        dead = dead or (not stopped and death == (BEFORE_IT, place))
        stopped = stopped or (not dead and model.vendor in paused)
        if dead:
            model.died(BEFORE_IT, answer)
        elif stopped:
            model.given_back()
        elif death.point and death.place == place:
            dead = True
            model.died(death.point, answer)
        elif death == (BEFORE_IT, place + 1) and place + 1 < len(models) and _unwritten(model, answer):
            model.died("after the call", answer)
        else:
            model.told(answer, paused)


def _unwritten(model: Model, answer: str) -> bool:
    """Its outcome waits for the next call to be opened; Crego's lead is waited for, so it is written at once."""
    return answer == "yes" and model.state != "unknown" and model.vendor == "ispcrm"
