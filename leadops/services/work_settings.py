"""When the lender is open, as the environment says it."""

from __future__ import annotations

from datetime import time

from django.core.exceptions import ImproperlyConfigured


def opening_hours(text: str) -> tuple[time, time]:
    """The two times of `10:00-18:30`; raises ImproperlyConfigured for anything else."""
    try:
        opens, closes = (time.fromisoformat(each.strip()) for each in text.split("-"))
    except ValueError:
        raise ImproperlyConfigured(f"BUSINESS_HOURS is no pair of times as 10:00-18:30: {text}.") from None
    if not opens < closes:
        raise ImproperlyConfigured(f"BUSINESS_HOURS ends before it begins: {text}.")
    return opens, closes


def business_days(days: tuple[int, ...]) -> frozenset[int]:
    """The days of the week, 1 for Monday to 7 for Sunday."""
    if not days or not set(days) <= set(range(1, 8)):
        raise ImproperlyConfigured("BUSINESS_DAYS are numbers from 1 (Monday) to 7 (Sunday), at least one.")
    return frozenset(days)
