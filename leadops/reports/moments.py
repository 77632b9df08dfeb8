"""When a lead reached each stage of its road, as every app that knows of it tells.

A source is a SELECT of `lead_id, stage, at`: the lead reached the stage then, or at a moment nobody knows (null). Where
several tell of one stage, the earliest moment counts. The core knows its own; other apps add theirs when they start.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from leadops.models import Lead


class Stage(TextChoices):
    """The stages of the road; a lead may leave some out."""

    SUBMITTED = "submitted", _("Submitted")
    ANSWERED = "answered", _("Answered")
    DELIVERED = "delivered", _("Delivered")
    ACCEPTED = "accepted", _("Accepted")
    DECIDED = "decided", _("Decided")
    ACCOUNT = "account", _("Loan account")


class Source(NamedTuple):
    """`select` ends in a condition; `lead` is its column of the lead's id, by which it is narrowed with an index.

    `changed` selects the ids of the leads of whom it tells something new since the moment %(since)s; empty where
    whatever it tells changes the lead too.
    """

    select: str
    lead: str
    changed: str = ""


_TOLD = {
    Lead.Status.SUBMITTED: (Stage.SUBMITTED,),
    Lead.Status.IN_REVIEW: (Stage.SUBMITTED,),
    Lead.Status.APPROVED: (Stage.SUBMITTED, Stage.ACCEPTED, Stage.DECIDED),
    Lead.Status.DECLINED: (Stage.SUBMITTED, Stage.DECIDED),
}
"""What a status tells, though not since when."""
_PAIRS = ", ".join(
    f"('{status.value}', '{stage.value}')" for status, stages in _TOLD.items() for stage in stages
)
SOURCES = [
    Source(
        f"SELECT own.id, told.stage, NULL::timestamptz FROM leadops_lead own "
        f"JOIN (VALUES {_PAIRS}) told(status, stage) ON told.status = own.status WHERE TRUE",
        "own.id",
        "SELECT id FROM leadops_lead WHERE updated_at >= %(since)s",
    ),
    Source(
        f"SELECT s.lead_id, told.stage, s.at FROM leadops_statusstep s "
        f"JOIN (VALUES {_PAIRS}) told(status, stage) ON told.status = s.to_status WHERE TRUE",
        "s.lead_id",
    ),
    Source(
        f"SELECT a.lead_id, '{Stage.ACCOUNT.value}', a.created_at FROM leadops_loanaccount a WHERE TRUE",
        "a.lead_id",
        "SELECT lead_id FROM leadops_loanaccount WHERE updated_at >= %(since)s",
    ),
]


def add(source: Source) -> None:
    """Have the moments of `source` counted too."""
    SOURCES.append(source)


def narrowed(condition: str) -> str:
    """All moments of the leads whose id fits `condition`, in which {id} stands for it."""
    parts = (f"{each.select} AND {condition.format(id=each.lead)}" for each in SOURCES)
    return " UNION ALL ".join(parts)
