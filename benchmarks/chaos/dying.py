"""Workers that die or freeze at a named point of a delivery: `python -m benchmarks.chaos.dying kill|freeze TIMES`.

The product knows nothing of this: a forked worker wraps the product's functions, and ends or stops itself in them.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Now

from benchmarks.chaos import seeding
from benchmarks.chaos.forking import forked
from benchmarks.chaos.judge import held_by_vendors, name_of
from benchmarks.chaos.rig import PATIENCE
from crm_integrations import delivery as engine
from crm_integrations import http1, outbox, transport
from crm_integrations.models import UNFINISHED, Connection, Delivery, Exchange, Health, State
from crm_integrations.outbox import settling
from tests.crm_integrations.in_hand import end_leases

Hit = Callable[[], None]
VENDORS = ("crego_crm", "ispcrm")
"""One that can be asked whether it holds a record, and one that can't."""
FROZEN_AT_ONCE = 10


class Left(NamedTuple):
    """What is found of a delivery after a death."""

    state: str
    leased: bool
    attempts: int
    calls_open: int


class Fate(NamedTuple):
    """What has to be found at once, after the sweep (where the vendor can be asked, where not), and at the vendor."""

    left: Left
    askable: str
    not_askable: str
    held: int


SENDING = Left("sending", leased=True, attempts=1, calls_open=1)
FATES = {
    "before_claim_commit": Fate(Left("queued", False, 0, 0), "queued", "queued", 0),
    "after_claim_commit": Fate(Left("sending", True, 0, 0), "queued", "queued", 0),
    "before_first_byte": Fate(SENDING, "unknown", "review", 0),
    "after_first_byte": Fate(SENDING, "unknown", "review", 1),
    "after_read": Fate(SENDING, "unknown", "review", 1),
    "before_outcome_commit": Fate(SENDING, "unknown", "review", 1),
    "after_outcome_commit": Fate(Left("delivered", False, 1, 0), "delivered", "delivered", 1),
}
"""The seven points; docs/architecture.md tells what each state means."""
FREEZING = ("after_claim_commit", "before_first_byte", "after_first_byte", "after_read")


# The points ---------------------------------------------------------------------------------------------------------


def before_claim_commit(hit: Hit) -> None:
    outbox.claim = _inside_transaction(outbox.claim, hit)


def after_claim_commit(hit: Hit) -> None:
    outbox.claim = _followed(outbox.claim, hit)


def before_first_byte(hit: Hit) -> None:
    """The exchange is stored, the connection to the vendor stands, and the last look at the lease comes next."""
    real = transport.send

    def send(base_url: str, request: Any, deadline: float, last_look: Hit) -> Any:
        return real(base_url, request, deadline, lambda: (hit(), last_look())[1])

    transport.send = send


def after_first_byte(hit: Hit) -> None:
    """The request has left, in one piece; its answer was not looked at."""
    real = http1.read
    http1.read = lambda sock: (hit(), real(sock))[1]


def after_read(hit: Hit) -> None:
    transport.send = _followed(transport.send, hit)


def before_outcome_commit(hit: Hit) -> None:
    outbox.settle = settling.settle = _inside_transaction(settling.settle, hit)


def after_outcome_commit(hit: Hit) -> None:
    outbox.settle = settling.settle = _followed(settling.settle, hit)


def _followed(real: Callable[..., Any], hit: Hit) -> Callable[..., Any]:
    def wrapped(*args: Any, **named: Any) -> Any:
        answer = real(*args, **named)
        hit()
        return answer

    return wrapped


def _inside_transaction(real: Callable[..., Any], hit: Hit) -> Callable[..., Any]:
    def wrapped(*args: Any, **named: Any) -> Any:
        with transaction.atomic():
            answer = real(*args, **named)
            hit()
        return answer

    return wrapped


# Workers ------------------------------------------------------------------------------------------------------------


def worker(point: str, signal_number: int) -> int:
    """A worker that takes one delivery and sends itself a signal at `point`, once."""
    hits = [signal_number]

    def hit() -> None:
        if hits:
            os.kill(os.getpid(), hits.pop())

    def act() -> None:
        globals()[point](hit)
        claim = outbox.claim(1)
        assert claim is not None
        engine.deliver(claim)

    return forked(act)


def await_silence() -> None:
    """Until PostgreSQL has noticed that the dead worker is gone."""
    others = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
    until = time.monotonic() + PATIENCE
    with database.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(others)
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.01)
    raise TimeoutError("a dead worker's session does not end")


def park(leads: int, lease: int, deadline: int) -> list[Delivery]:
    """New deliveries that are not due before somebody says so, one vendor's and the other's in turn."""
    # Between the two, in seconds, lies how long a busy machine may take from the claim to the first byte.
    settings.DELIVERY_LEASE_SECONDS, settings.DELIVERY_DEADLINE_SECONDS = lease, deadline
    seeding.main(leads, *VENDORS)
    Connection.objects.update(parallel=100)
    Delivery.objects.update(due_at=Now() + seeding.A_DAY)
    found = [list(Delivery.objects.filter(connection__vendor=each).order_by("id")) for each in VENDORS]
    return [delivery for pair in zip(*found, strict=True) for delivery in pair]


def make_due(*ids: UUID) -> None:
    Delivery.objects.filter(pk__in=ids).update(due_at=Now())


def finish(*ids: UUID) -> None:
    """Let other workers bring these to their end, whatever they wait for."""
    ours = Delivery.objects.filter(pk__in=ids, state__in=UNFINISHED)
    for _ in range(20):
        if not ours.exists():
            return
        Health.objects.all().delete()
        make_due(*ids)
        os.waitpid(forked(engine.drain), 0)
    raise TimeoutError(
        f"not ended: {list(ours.values_list('connection__vendor', 'state', 'leased_until', 'reason'))}"
    )


def held(delivery: Delivery) -> int:
    """How often the vendor holds it."""
    names = Counter(name_of(entry) for entry in held_by_vendors(Path(os.environ["CHAOS_LEDGER"])))
    return names[delivery.connection.vendor, delivery.ref]


# Killing ------------------------------------------------------------------------------------------------------------


def kill(times: int) -> dict[str, Any]:
    """So many deaths at each point; by point, how many left exactly what the table says, and what the others left."""
    parked = park((len(FATES) * times + 1) // 2, lease=90, deadline=30)  # who dies is not waited for
    found: dict[str, Any] = {point: {"as_told": 0, "otherwise": []} for point in FATES}
    for turn, delivery in enumerate(parked[: len(FATES) * times]):
        point = list(FATES)[turn % len(FATES)]
        told = _killed_at(point, delivery)
        if told == "":
            found[point]["as_told"] += 1
        else:
            found[point]["otherwise"].append(told)
    return {"deliveries": len(parked), "points": found}


def _killed_at(point: str, delivery: Delivery) -> str:
    """What was not as the table says, in words; nothing when all was."""
    fate, askable = FATES[point], delivery.connection.vendor == VENDORS[0]
    make_due(delivery.pk)
    if not os.WIFSIGNALED(os.waitpid(worker(point, signal.SIGKILL), 0)[1]):
        return "the point was not reached"
    await_silence()
    left, there = _left(delivery), _taken(delivery, fate.held)
    end_leases()  # the place at the connection too, or the dead soon have them all
    outbox.reap()
    swept = Delivery.objects.values_list("state", flat=True).get(pk=delivery.pk)
    finish(delivery.pk)
    in_the_end = (Delivery.objects.values_list("state", flat=True).get(pk=delivery.pk), held(delivery))
    wanted = (State.DELIVERED, 1) if askable or fate.not_askable != "review" else (State.REVIEW, fate.held)
    seen = (left, there, swept, in_the_end)
    awaited = (fate.left, fate.held, fate.askable if askable else fate.not_askable, wanted)
    return "" if seen == awaited else f"{delivery.connection.vendor}: {seen} instead of {awaited}"


def _taken(delivery: Delivery, awaited: int) -> int:
    """How often the vendor holds it, once it has read what left before the death."""
    until = time.monotonic() + PATIENCE
    while (there := held(delivery)) < awaited and time.monotonic() < until:
        time.sleep(0.02)
    return there


def _left(delivery: Delivery) -> Left:
    now = Delivery.objects.get(pk=delivery.pk)
    calls = Exchange.objects.filter(delivery=delivery, finished_at=None).count()
    return Left(str(now.state), now.lease is not None, now.attempts, calls)


# Freezing -----------------------------------------------------------------------------------------------------------


def freeze(times: int, seed: int = 20261120) -> dict[str, Any]:
    """So many workers that sleep past their lease and wake when others have done their work."""
    chance, found = random.Random(seed), Counter[str]()
    parked, frozen = park((times + 1) // 2, lease=20, deadline=8), list[int]()
    try:
        for start in range(0, times, FROZEN_AT_ONCE):
            found.update(_frozen(parked[start : min(start + FROZEN_AT_ONCE, times)], chance, frozen))
    finally:
        for process in frozen:  # after a fault: or who waits for what they print would wait for ever
            os.kill(process, signal.SIGKILL)
    return {"deliveries": len(parked), "times": times, **found}


def _frozen(batch: list[Delivery], chance: random.Random, frozen: list[int]) -> Counter[str]:
    """What became of the batch; `frozen` holds the processes that sleep."""
    found = Counter[str]()
    for delivery in batch:
        make_due(delivery.pk)
        point = chance.choice(FREEZING)
        process = worker(point, signal.SIGSTOP)
        assert os.WIFSTOPPED(os.waitpid(process, os.WUNTRACED)[1]), point
        frozen.append(process)
        found[f"at_{point}"] += 1
    time.sleep(settings.DELIVERY_LEASE_SECONDS + 0.5)
    outbox.reap()
    finish(*(ids := [delivery.pk for delivery in batch]))
    before = list(_rows(ids))
    while frozen:
        os.kill(frozen[-1], signal.SIGCONT)
        os.waitpid(frozen.pop(), 0)
    found["late_outcomes"] = sum(one != other for one, other in zip(before, _rows(ids), strict=True))
    found["duplicates"] = sum(held(delivery) > 1 for delivery in batch)
    Health.objects.all().delete()
    return found


def _rows(ids: list[UUID]) -> Any:
    told = ("pk", "state", "lease", "attempts", "reference", "reason", "updated_at")
    return Delivery.objects.filter(pk__in=ids).order_by("id").values_list(*told)


if __name__ == "__main__":
    print(json.dumps({"kill": kill, "freeze": freeze}[sys.argv[1]](int(sys.argv[2]))))
