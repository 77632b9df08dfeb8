"""The promises of docs/reliability.md in small: `make chaos` runs the same in its full size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.chaos import kills, soak
from benchmarks.chaos.dying import FATES
from benchmarks.chaos.judge import judge
from benchmarks.chaos.rig import Rig, rig

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("chaos")) as made:
        _trust_the_disk(made)
        yield made


def _trust_the_disk(made: Rig) -> None:
    """What was written outlives every process that is killed here; only a power cut would take it."""
    for name in ("fsync", "full_page_writes"):
        made.sql(f"ALTER SYSTEM SET {name} = off")
    made.sql("SELECT pg_reload_conf()")


@pytest.fixture
def chaos(running: Rig) -> Rig:
    running.clear()
    return running


def test_kills_lose_and_double_nothing(chaos):
    found = kills.run(chaos, kills.Plan(leads=10, workers=2, kills=3, postmaster=1, emptied=1))
    assert found.verdict.clean, str(found)
    assert found.verdict.open == 0, str(found)
    assert found.verdict.accepted == 50


def test_a_death_at_each_point_leaves_what_the_table_says(chaos):
    found = chaos.inside("dying", "kill", 3)
    assert {
        point: (what["as_told"], what["otherwise"]) for point, what in found["points"].items()
    } == dict.fromkeys(FATES, (3, []))
    assert judge(chaos, found["deliveries"]).clean


def test_a_worker_that_slept_past_its_lease_neither_sends_nor_writes(chaos):
    found = chaos.inside("dying", "freeze", 5)
    assert (found["late_outcomes"], found["duplicates"]) == (0, 0)
    assert judge(chaos, found["deliveries"]).clean


def test_all_that_waited_out_three_days_arrives(chaos):
    found = chaos.inside("outage", 3, "crego_crm")
    assert found["delivered"] == found["deliveries"] == 3
    assert found["hours"] >= 72
    assert found["most_tries"] <= 11


def test_with_every_fault_at_once_the_sum_is_right(chaos):
    found = soak.run(chaos, leads=10, seconds=10, workers=1, chunk=10)
    assert found.verdict.clean, str(found)


def test_the_judge_sees_what_is_wrong(chaos):
    accepted = int(chaos.inside("seeding", 2, "ispcrm"))
    chaos.sql("UPDATE crm_integrations_delivery SET state = 'delivered'")
    verdict = judge(chaos, accepted)
    assert (len(verdict.lost), verdict.clean) == (2, False)
    assert len(judge(chaos, accepted + 1).lost) == 3
