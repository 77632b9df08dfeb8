"""Making two leads again of what was merged."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from leadops.errors import LeadopsError
from leadops.fields import indexes_of
from leadops.models import Document, Lead, LeadMerge, Officer
from leadops.services import duplicates, leads, status_steps
from leadops.services.lead_merging import MODELS, is_held
from leadops.signals import documents_changed


class CantUndo(LeadopsError):
    """This merge can't be undone any more."""


@transaction.atomic
def undo(merge_id: UUID, by: Officer) -> list[str]:
    """Make them two leads again; returns the fields that were changed since, which stay as they are now.

    Raises CantUndo after a day, or where it was undone before.
    """
    merged = LeadMerge.objects.select_for_update().get(pk=merge_id)
    if not merged.can_be_undone:
        raise CantUndo(_("This merge can't be undone any more."))
    pair = Lead.with_deleted.filter(pk__in=[merged.kept_id, merged.merged_id]).order_by("pk")
    both = {lead.pk: lead for lead in pair.select_for_update(no_key=True)}
    kept, other = both[merged.kept_id], both[merged.merged_id]
    if kept.deleted_at is not None:
        raise CantUndo(_("The lead that was kept was deleted or merged itself: undo that first."))
    if is_held(kept):
        raise CantUndo(
            _("A legal hold stands on %(lead)s: all of it stays there until it is lifted.") % {"lead": kept}
        )
    told = json.loads(merged.before)
    # In their order: a person is back in their own lead before they are its primary applicant again.
    stayed = [name for change in told["values"] if (name := _put_back(change))]
    _bring_back(other, told["status"], by)
    merged.undone_at, merged.undone_by, merged.before = timezone.now(), by, ""
    merged.save(update_fields=["undone_at", "undone_by", "before", "updated_at"])
    leads.revise_all([kept, other])
    documents_changed.send(Document, leads=[kept, other])
    for lead in (kept, other):
        duplicates.look_again(lead)
    return stayed


def as_it_was(merge: LeadMerge) -> Lead:
    """The lead that went, with the status that undoing gives it back."""
    lead = merge.merged
    if merge.before:
        lead.status = json.loads(merge.before)["status"]
    return lead


def _put_back(change: dict[str, Any]) -> str:
    """Put one value back; its name where it was changed since, or the record is gone."""
    model = MODELS[change["model"]]
    row = model._base_manager.filter(pk=change["id"]).first()
    if row is None:
        return ""
    name: str = change["name"]
    field: Any = model._meta.get_field(name)
    before, after = (field.to_python(change[key]) for key in ("before", "after"))
    if getattr(row, name) != after:
        return name
    setattr(row, name, before)
    row.save(update_fields=[name, *indexes_of(model, [name]), "updated_at"])
    return ""


def _bring_back(other: Lead, status: str, by: Officer) -> None:
    Lead.with_deleted.filter(pk=other.pk).update(deleted_at=None, updated_at=Now())
    other.refresh_from_db(from_queryset=Lead.with_deleted.all())
    status_steps.take([other], status, by=by, note=_("The merge was undone."))
