"""When the demo's leads came in: a month that grows, with full Mondays and empty Sundays."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

DAYS = 30
WEEKDAYS = (1.3, 1.1, 1.0, 1.0, 0.9, 0.5, 0.1)
"""How busy Monday to Sunday are."""
GROWTH = 1.0
"""How much busier the last day is than the first: 1 is twice as busy."""
NOON, HOURS, OPEN, CLOSED = 13.5, 2.6, 8.0, 20.5
"""Leads come in around the middle of the day, most of them within a few hours of it, all while the branch is open."""
JUST_NOW = (25, 17, 12, 7)
"""Minutes since the last leads came in, whatever the hour is."""
SEED = 77


def moments(count: int, now: datetime) -> list[datetime]:
    """`count` moments of the last month, the latest last; always the same ones for one `now`."""
    chance = Random(SEED)  # noqa: S311  the same month every time, on purpose
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    weights = [
        WEEKDAYS[day.weekday()] * (1 + GROWTH * place / DAYS) * _part_gone(day, now)
        for place, day in enumerate(days)
    ]
    chosen = chance.choices(days, weights, k=count - len(JUST_NOW))
    latest = [now - timedelta(minutes=minutes) for minutes in JUST_NOW]
    return sorted(_in(chance, day, latest[0]) for day in chosen) + latest


def _part_gone(day: datetime, now: datetime) -> float:
    """How much of the working day is over: all of it but for today."""
    return min(1.0, max(0.0, ((now - day) / timedelta(hours=1) - 9) / 9))


def _in(chance: Random, day: datetime, latest: datetime) -> datetime:
    """A moment of `day`, not after `latest`."""
    hour = chance.gauss(NOON, HOURS)
    while not OPEN <= hour <= CLOSED:  # never moved to the edge: two leads would be of one moment
        hour = chance.gauss(NOON, HOURS)
    return min(day + timedelta(hours=hour), latest - timedelta(hours=chance.random()))
