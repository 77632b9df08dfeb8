"""The pieces of HTML that lists and pages have in common, and counts in words."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def chip(tone: str, word: object) -> SafeString:
    """A small coloured label: always with its word, never by colour alone. The style sheet names the tones."""
    return format_html('<span class="lo-chip lo-{}"><b>{}</b></span>', tone, word)


def link(url: str, text: object) -> SafeString:
    return format_html('<a class="lo-link" href="{}">{}</a>', url, text)


def sent_in_words(made: int) -> str:
    """What submitting leads brought about."""
    if not made:
        return _("Nothing new to send: every connection holds this lead already, or it is on its way.")
    return ngettext("%(count)s delivery was queued.", "%(count)s deliveries were queued.", made) % {
        "count": made
    }


def time_left(seconds: float | None) -> str:
    """How long it takes yet: `about 50 s left`, `about 12 minutes left`; empty where there is nothing to say."""
    if not seconds:
        return ""
    minutes = round(seconds / 60)
    if seconds < 90:
        return _("about %(seconds)s s left") % {"seconds": f"{seconds:.0f}"}
    if minutes < 90:
        return _("about %(minutes)s minutes left") % {"minutes": minutes}
    return _("about %(hours)s h %(minutes)s min left") % {"hours": minutes // 60, "minutes": minutes % 60}


def with_pace(progress: dict[str, Any]) -> dict[str, Any]:
    """How far something is, with how long it takes yet in words behind the numbers."""
    left = time_left(progress["seconds_left"])
    return {**progress, "pace": f", {left}" if left else ""}


def counted(count: int, model: type[Model]) -> str:
    """So many records, in words: `1 lead`, `3 deliveries`."""
    names = model._meta
    return f"{count} {names.verbose_name if count == 1 else names.verbose_name_plural}"
