"""What the work on a lead adds to its timeline: statuses, notes, tasks, and merges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadops.admin.timeline import Entry, source
from leadops.models import Lead, LeadMerge

STATUS, NOTE, TASK, MERGE = "status", "note", "task", "merge"
BELOW = "#work"
"""Where the page of the lead has more of it."""


@source({STATUS: gettext_lazy("Statuses")})
def steps(lead: Any, limit: int) -> Iterator[Entry]:
    """The statuses that it came into, with the reasons; as its page has read them."""
    for step in lead.steps[:limit]:
        before, after = Lead.Status(step["from_status"]).label, Lead.Status(step["to_status"]).label
        why = ". ".join(filter(None, [step["why"], step["note"]]))
        words = f"{before} → {after}: {why}" if why else f"{before} → {after}"
        who = step["who"] or str(lead.partner)
        yield Entry(datetime.fromisoformat(step["at"]), who, STATUS, words, BELOW, "warn")


@source({NOTE: gettext_lazy("Notes")})
def notes(lead: Lead, limit: int) -> Iterator[Entry]:
    """The notes on it."""
    newest = sorted(lead.notes.all(), key=lambda note: note.pk, reverse=True)
    for note in newest[:limit]:
        yield Entry(note.created_at, str(note.by or lead.partner), NOTE, note.text, BELOW)


@source({TASK: gettext_lazy("Tasks")})
def tasks(lead: Lead, limit: int) -> Iterator[Entry]:
    """The tasks that were set and done; who is mentioned in a note has no entry of their own."""
    told = [entry for task in lead.tasks.all() if task.note_id is None for entry in _of_task(lead, task)]
    yield from sorted(told, key=lambda entry: entry.at, reverse=True)[:limit]


def _of_task(lead: Lead, task: Any) -> Iterator[Entry]:
    said = {"owner": task.owner, "title": task.title}
    words = _("Task for %(owner)s: %(title)s") % said
    yield Entry(task.created_at, str(task.by or lead.partner), TASK, words, BELOW, "busy")
    if task.done_at is not None:
        by = str(task.done_by or lead.partner)
        yield Entry(task.done_at, by, TASK, _("Done: %(title)s") % said, BELOW, "busy")


@source({MERGE: gettext_lazy("Merges")})
def merges(lead: Lead, limit: int) -> Iterator[Entry]:
    """The leads that officers made one with it, which a lead of the first version has none of."""
    if lead.version == 1:
        return
    told = []
    for merge in LeadMerge.objects.filter(kept=lead).select_related("by", "merged", "undone_by")[:limit]:
        said, by = {"lead": merge.merged.reference}, str(merge.by or lead.partner)
        words = _("Lead %(lead)s was merged into this one") % said
        told.append(Entry(merge.created_at, by, MERGE, words, BELOW, "warn"))
        if merge.undone_at is not None:
            by, words = str(merge.undone_by or lead.partner), _("The merge with %(lead)s was undone") % said
            told.append(Entry(merge.undone_at, by, MERGE, words, BELOW, "warn"))
    yield from sorted(told, key=lambda entry: entry.at, reverse=True)
