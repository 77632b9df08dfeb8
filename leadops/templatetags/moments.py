"""Moments in our templates: the formats of `leadops.formats`, and one more."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.formats import date_format, get_format

register = template.Library()


@register.filter(expects_localtime=True)
def to_the_second(moment: datetime | None) -> str:
    """`21 Nov 2026, 14:05:09`, where several things happen in a minute; empty where there is no moment."""
    return date_format(moment, f"{get_format('DATETIME_FORMAT')}:s") if moment else ""
