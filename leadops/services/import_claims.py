"""What the rows of a chunk have named so far: a later row that is about the same waits until they are done."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from leadops.drafts import LeadDraft
from leadops.models import Applicant, Lead, Program
from leadops.services import duplicates
from leadops.services.duplicates import Key
from leadops.services.lead_updates import Change

MOBILE_INDEX = Lead._meta.get_field("primary_mobile_index")
_PAN_INDEX = Applicant._meta.get_field("pan_no_index")
Person = tuple[bytes | None, bytes | None]
Name = UUID | str | Person


def reference_of(draft: LeadDraft | None) -> str:
    return draft.partner_ref_id if draft else ""


def person_of(draft: LeadDraft | None) -> Person | None:
    """The blind indexes of mobile and PAN of the primary applicant, None unless both are given."""
    if draft is None or not draft.applicants:
        return None
    pan = next((each.pan_no for each in draft.applicants if each.is_primary), draft.applicants[0].pan_no)
    mobile = draft.primary_mobile
    if not mobile or not pan:
        return None
    return MOBILE_INDEX.index(mobile), _PAN_INDEX.index(pan)


def names_of(draft: LeadDraft | None) -> list[Name]:
    """By what a later row may mean this lead."""
    return [each for each in (reference_of(draft), person_of(draft)) if each]


class Claims:
    """Leads, references, people, and what the program's rule for duplicates looks at.

    Two rows that make leads are compared by that rule itself; a change is seen by it once it is stored.
    """

    def __init__(self, program: Program) -> None:
        self._kinds = program.duplicate_keys if program.looks_for_duplicates else []
        self._names: set[Name] = set()
        self._made: set[Key] = set()
        self._changed: set[Key] = set()

    def meet(self, ids: Iterable[UUID], draft: LeadDraft | None) -> bool:
        """Whether a row before has named one of these leads, or what this row knows its lead by."""
        return not self._names.isdisjoint((*ids, *names_of(draft)))

    def take_change(self, ids: Collection[UUID], change: Change) -> bool:
        """Note a row that changes a lead; no where it has to wait."""
        every = change.before.keys() | change.after.keys()
        if not self._made.isdisjoint(every) or not self._changed.isdisjoint(change.gained):
            return False
        self._changed |= every
        self._names.update(ids, names_of(change.draft))
        return True

    def take_waiting(self, ids: Iterable[UUID], draft: LeadDraft | None, change: Change | None) -> None:
        """Note a row that waits: none after it that is about the same may overtake it."""
        self._names.update(ids, names_of(draft), names_of(change.draft if change else None))
        keys = duplicates.keys_of(draft, self._kinds).keys() if draft else set[Key]()
        keys = keys | change.before.keys() | change.after.keys() if change else keys
        self._made |= keys
        self._changed |= keys

    def take_new(self, draft: LeadDraft) -> bool:
        """Note a row that makes a lead; no where it has to wait."""
        keys = duplicates.keys_of(draft, self._kinds).keys()
        if not self._changed.isdisjoint(keys):
            return False
        self._made |= keys
        self._names.update(names_of(draft))
        return True
