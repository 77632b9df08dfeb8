"""Tallies that are too old for any page or notice are let go, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from crm_integrations import tasks, watching
from crm_integrations.admin import connection_page
from crm_integrations.models import Connection, Notice, Tally
from crm_integrations.watching import drifting, looking, pruning
from tests import people
from tests.crm_integrations import holding

pytestmark = pytest.mark.django_db


@pytest.fixture
def isp(db) -> Connection:
    return holding.connect("isp")


def tallies(connection: Connection, ages: Iterable[timedelta]) -> list[datetime]:
    """One for each of `ages`; their hours, the oldest first."""
    this = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    made = [Tally(connection=connection, hour=this - age, calls=40, sent=40) for age in ages]
    Tally.objects.bulk_create(made)
    return sorted(each.hour for each in made)


def test_tallies_of_ninety_days_stay_and_older_ones_go(isp):
    other = holding.connect("other")
    ages = [timedelta(days=days) for days in (0, 8, 89, 91, 400)]
    hours = tallies(isp, ages)
    tallies(other, ages)
    assert watching.prune() == 4
    for connection in (isp, other):
        kept = Tally.objects.filter(connection=connection).order_by("hour")
        assert [each.hour for each in kept] == hours[2:]
    assert watching.prune() == 0


def test_one_statement_prunes_however_many_there_are(isp, django_assert_num_queries):
    tallies(isp, (timedelta(days=100, hours=hours) for hours in range(300)))
    with django_assert_num_queries(1):
        assert watching.prune() == 300


def test_the_daily_task_prunes_them(isp):
    recent = tallies(isp, [timedelta(hours=1), timedelta(days=365)])[1]
    tasks.prune()
    assert Tally.objects.get().hour == recent


def test_no_page_and_no_notice_misses_what_was_pruned(isp):
    """Every hour of the last weeks, told by the page and judged before and after."""
    tallies(isp, (timedelta(hours=hours) for hours in range(24 * 20)))
    tallies(isp, (timedelta(days=days) for days in (91, 120)))
    Tally.objects.filter(hour__gt=timezone.now() - timedelta(hours=1)).update(causes={"mobile …": 30})
    now = timezone.now()

    def told() -> tuple[object, list[str]]:
        Notice.objects.all().delete()
        drifting.judge(isp, now)
        shown = connection_page.shown(isp, people.officer("asha"))
        return (shown["chart"]["bars"], shown["causes"]), [each.text for each in Notice.objects.all()]

    before = told()
    assert before[1]
    assert watching.prune() == 2
    assert told() == before


def test_what_is_counted_first_after_an_upgrade_is_kept():
    assert 10 * looking.FIRST_LOOK_BACK < pruning.KEPT
    assert 10 * drifting.WEEK < pruning.KEPT
