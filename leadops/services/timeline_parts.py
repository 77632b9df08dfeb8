"""What officers did about a lead, as rows for its timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from leadops.models import Lead, LeadMerge, Officer

MOST = 100
"""The newest of each kind."""


class Row(NamedTuple):
    """One thing that happened: when, by whom (None: by itself, or by its partner), and what, in words."""

    moment: datetime
    who: Officer | str | None
    words: str
    kind: str


def notes_of(lead: Lead) -> list[Row]:
    """The notes on `lead`, the newest first."""
    notes = sorted(lead.notes.all(), key=lambda note: note.pk, reverse=True)[:MOST]
    return [Row(note.created_at, note.by, note.text, "note") for note in notes]


def tasks_of(lead: Lead) -> list[Row]:
    """The tasks that were set and done, the newest first; who is mentioned in a note has no row of their own."""
    rows = []
    for task in [each for each in lead.tasks.all() if each.note_id is None][:MOST]:
        told = {"owner": task.owner, "title": task.title}
        rows.append(Row(task.created_at, task.by, _("Task for %(owner)s: %(title)s") % told, "task"))
        if task.done_at is not None:
            rows.append(Row(task.done_at, task.done_by, _("Done: %(title)s") % told, "task"))
    return sorted(rows, reverse=True, key=lambda row: row.moment)


def steps_of(lead: Any) -> list[Row]:
    """The statuses that `lead` came into, the newest first, with the reasons; as its page has read them."""
    rows = []
    for step in lead.steps:
        before, after = Lead.Status(step["from_status"]).label, Lead.Status(step["to_status"]).label
        why = ". ".join(filter(None, [step["why"], step["note"]]))
        words = f"{before} → {after}: {why}" if why else f"{before} → {after}"
        rows.append(Row(datetime.fromisoformat(step["at"]), step["who"], words, "status"))
    return rows


def merges_of(lead: Lead) -> list[Row]:
    """The leads that officers made one with `lead`, the newest first."""
    rows = []
    for merge in LeadMerge.objects.filter(kept=lead).select_related("by", "merged", "undone_by")[:MOST]:
        told = {"lead": merge.merged.reference}
        rows.append(
            Row(merge.created_at, merge.by, _("Lead %(lead)s was merged into this one") % told, "merge")
        )
        if merge.undone_at is not None:
            rows.append(
                Row(merge.undone_at, merge.undone_by, _("The merge with %(lead)s was undone") % told, "merge")
            )
    return sorted(rows, reverse=True, key=lambda row: row.moment)
