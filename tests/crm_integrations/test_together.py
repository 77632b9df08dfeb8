"""What several threads have to write at the same moment is one commit, and none of them suffers from another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from crm_integrations import outbox
from crm_integrations.models import Delivery, Exchange, State
from crm_integrations.outbox import Settlement, opening
from crm_integrations.outbox.together import NotWritten, Together
from leadops.models import Lead
from tests import patience
from tests.crm_integrations import holding
from tests.threads import together


class Slow:
    """Writes numbers as their doubles, once it is let; tells what it was given together."""

    def __init__(self) -> None:
        self.given: list[list[int]] = []
        self.begun, self.let = threading.Semaphore(0), threading.Semaphore(0)
        self.refused: set[int] = set()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.given.append(list(numbers))
        self.begun.release()
        assert self.let.acquire(timeout=patience.SECONDS)
        if self.refused & set(numbers):
            raise ValueError("refused")
        return [2 * number for number in numbers]


class Running:
    """A thread that writes one number, and what came of it."""

    def __init__(self, desk: Together[int, int], number: int) -> None:
        self.result: int | Exception | None = None
        self.thread = threading.Thread(target=self._run, args=(desk, number))
        self.thread.start()

    def _run(self, desk: Together[int, int], number: int) -> None:
        try:
            self.result = desk.write(number)
        except Exception as error:
            self.result = error

    def ended(self) -> int | Exception | None:
        self.thread.join(patience.SECONDS)
        return self.result


def crowd(desk: Together[int, int], slow: Slow, first: int, *others: int) -> list[Running]:
    """`first` is being written, and `others` wait for it."""
    running = [Running(desk, first)]
    assert slow.begun.acquire(timeout=patience.SECONDS)
    for place, number in enumerate(others, 1):
        running.append(Running(desk, number))
        await_waiting(desk, place)
    return running


def await_waiting(desk: Together[Any, Any], count: int) -> None:
    patience.wait_until(lambda: len(desk._waiting) == count, f"{count} wait")


@pytest.mark.parametrize(("most", "commits"), [(8, [[1], [2, 3, 4]]), (2, [[1], [2, 3], [4]])])
def test_who_comes_while_another_writes_is_written_with_all_who_do_but_no_more_than_may_be(most, commits):
    slow = Slow()
    desk = Together(slow, writers=1, most=most)
    running = crowd(desk, slow, 1, 2, 3, 4)
    slow.let.release(len(commits))
    assert [each.ended() for each in running] == [2, 4, 6, 8]
    assert slow.given == commits


def test_two_may_write_at_the_same_moment():
    slow = Slow()
    desk = Together(slow, writers=2, most=8)
    running = [Running(desk, number) for number in (1, 2)]
    for _ in running:
        assert slow.begun.acquire(timeout=patience.SECONDS)
    slow.let.release(2)
    assert [each.ended() for each in running] == [2, 4]


def test_all_are_told_when_they_could_not_be_written_and_the_next_one_is():
    slow = Slow()
    desk = Together(slow, writers=1, most=8)
    slow.refused = {3}
    running = crowd(desk, slow, 1, 2, 3)
    slow.let.release(3)
    told = [each.ended() for each in running]
    assert told[0] == 2
    assert [type(each) for each in told[1:]] == [NotWritten, NotWritten]
    assert desk.write(5) == 10


# In the outbox ------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(queue, transactional_db) -> list[outbox.Claim]:
    """Three workers with two deliveries each; the first of each was called, and its outcome is not written yet."""
    holding.connect("isp", parallel=3)
    queue(9)  # as no worker is given more than its share of what is due
    claims = [in_hand(2) for _ in range(3)]
    for claim in claims:
        first = claim.deliveries[0]
        call = Exchange(delivery=first, purpose=Exchange.Purpose.CREATE, version=1)
        outbox.open_exchange(claim, first, call)
        call.status, call.duration_ms = 200, 1
        settled = Settlement(State.DELIVERED, "", reference=first.pk.hex)
        outbox.settle_with_next(claim, first, settled, call)
        assert claim.unwritten is not None
    return claims


def in_hand(count: int) -> outbox.Claim:
    claim = outbox.claim(count)
    assert claim is not None
    assert len(claim.deliveries) == count
    return claim


def next_call(claim: outbox.Claim) -> Callable[[], None]:
    """Opens the second call of `claim`."""
    second = claim.deliveries[1]
    return lambda: outbox.open_exchange(
        claim, second, Exchange(delivery=second, purpose=Exchange.Purpose.CREATE, version=1)
    )


def gathered(monkeypatch: pytest.MonkeyPatch, crowd: int) -> list[int]:
    """Has nobody write before so many wait; how many were written together."""
    seen, real = list[int](), opening._write_soon

    def write(errands: Sequence[opening.Errand]) -> list[opening.Done]:
        if not seen:
            await_waiting(gathering, crowd - 1)
        seen.append(len(errands))
        return real(errands)

    gathering = Together(write, writers=1, most=8)
    monkeypatch.setattr(opening, "writers", gathering)
    return seen


def states(claims: Sequence[outbox.Claim]) -> list[list[str]]:
    found = dict(Delivery.objects.values_list("pk", "state"))
    return [[found[each.pk] for each in claim.deliveries] for claim in claims]


def calls_of(claim: outbox.Claim) -> int:
    return Exchange.objects.filter(delivery__in=claim.deliveries).count()


def test_outcomes_and_calls_of_several_threads_are_one_commit(three, monkeypatch):
    seen = gathered(monkeypatch, 3)
    assert together(*map(next_call, three)) == []
    assert seen == [1, 2]
    assert states(three) == [[State.DELIVERED, State.SENDING]] * 3
    assert [calls_of(claim) for claim in three] == [2, 2, 2]
    assert Exchange.objects.filter(status=200).exclude(finished_at=None).count() == 3
    references = Delivery.objects.filter(state=State.DELIVERED).values_list("reference", flat=True)
    assert set(references) == {claim.deliveries[0].pk.hex for claim in three}
    assert Lead.objects.filter(sync_status=Lead.SyncStatus.DELIVERED).count() == 3


def test_a_lease_that_was_lost_is_the_loss_of_its_own_thread_alone(three, monkeypatch, caplog):
    gathered(monkeypatch, 3)
    lost = three[1]
    Delivery.objects.filter(lease=lost.lease).update(lease=None, state=State.UNKNOWN)
    raised = together(*map(next_call, three))
    assert [type(each) for each in raised] == [outbox.LostLease]
    assert states(three) == [
        [State.DELIVERED, State.SENDING],
        [State.UNKNOWN] * 2,
        [State.DELIVERED, State.SENDING],
    ]
    assert [calls_of(claim) for claim in three] == [2, 1, 2]
    assert "was taken over by another worker" in caplog.text


def test_a_lead_that_another_holds_keeps_no_other_thread_from_its_call(three, monkeypatch, held_elsewhere):
    gathered(monkeypatch, 3)
    held = three[0].deliveries[0].lead_id
    waiting = threading.Thread(target=lambda: together(*map(next_call, three)))
    with held_elsewhere(f"SELECT 1 FROM leadops_lead WHERE id = '{held}' FOR UPDATE"):
        waiting.start()
        patience.wait_until(lambda: [calls_of(claim) for claim in three] == [1, 2, 2], "the others call")
        assert states(three)[1:] == [[State.DELIVERED, State.SENDING]] * 2
        assert states(three)[0] == [State.SENDING] * 2
    waiting.join(patience.SECONDS)
    assert states(three) == [[State.DELIVERED, State.SENDING]] * 3
