"""What the rows of an import so far would make: for a preview, as if those leads were here already.

Of each lead are kept hashes of what it would be known by, its row and, where a later row may fill or change it, its
draft, packed: some hundred bytes to a thousand a row.
"""

from __future__ import annotations

import pickle
import zlib
from array import array
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone

from leadops.drafts import LeadDraft
from leadops.ids import uuid7
from leadops.models import DuplicatePolicy, ImportBatch, ImportMode, ImportRow, Lead
from leadops.services import duplicates, lead_updates
from leadops.services.duplicates import Becomes, Key, Known, Stored, Verdict
from leadops.services.imagined_leads import imagined
from leadops.services.import_claims import names_of
from leadops.services.import_judging import Result

T = TypeVar("T", bound=Hashable)


class Foresight:
    """Leads that are to come, and leads that are here as they would be by now.

    Each has a place, counted from 0. One that is to come has an id that follows those of all leads here.
    """

    def __init__(self, batch: ImportBatch) -> None:
        program = batch.program
        self._partner, self._program = batch.partner, program
        self._kinds = program.duplicate_keys if program.looks_for_duplicates else []
        self._keeps_drafts = (
            batch.mode != ImportMode.CREATE or program.duplicate_policy == DuplicatePolicy.MERGE
        )
        self._began, self._first_id = timezone.now(), uuid7().int
        self._holders: dict[int, int | list[int]] = {}
        self._rows, self._has_pan = array("L"), bytearray()
        self._drafts: dict[int, bytes] = {}
        self._here: dict[UUID, int] = {}
        self._facts: dict[int, dict[str, Any]] = {}
        self._references: dict[int, str] = {}
        self._names_now: dict[int, frozenset[int]] = {}
        self._changed_by: dict[UUID, int] = {}
        self.mended = set[UUID]()
        """The refused rows of earlier imports that the rows so far would mend."""

    # What comes in ------------------------------------------------------------------------------------------

    def take_in(self, results: Iterable[Result], verdicts: Iterable[Verdict]) -> None:
        """Count these rows, and what the rule for duplicates made of them, as done."""
        for result in results:
            if result.change is not None:
                self._change(result.change.lead, result.change.draft)
            elif result.draft is not None and result.outcome == ImportRow.Outcome.CREATED:
                result.lead_id = self._id(self._add(result.draft, result.number))
        for verdict in verdicts:
            if verdict.becomes is Becomes.FILLED and verdict.into is not None and verdict.paths:
                self._change(verdict.into.lead, verdict.into.draft)

    def note_changes(self, results: Iterable[Result]) -> None:
        """Note which rows change or fill leads, once all that these become is told."""
        for result in results:
            if result.outcome == ImportRow.Outcome.UPDATED and result.lead_id is not None:
                self._changed_by[result.lead_id] = result.number

    def _add(self, draft: LeadDraft, row: int) -> int:
        place = len(self._rows)
        self._rows.append(row)
        self._has_pan.append(any(each.pan_no for each in draft.applicants))
        self._keep(place, draft)
        return place

    def _change(self, lead: Lead, draft: LeadDraft) -> None:
        place = self._place_of(lead.pk)
        if place is None:
            place = self._here[lead.pk] = self._add(draft, 0)
            self._facts[place] = {"created_at": lead.created_at, "intake": lead.intake, "status": lead.status}
            self._facts[place] |= {"id": lead.pk, "version": lead.version}
            self._references[place] = lead.partner_ref_id
        else:
            self._has_pan[place] = any(each.pan_no for each in draft.applicants)
            self._keep(place, draft)
        self._facts.setdefault(place, self._facts_of(place))["version"] += 1
        self._names_now[place] = frozenset(self._names(draft))

    def _keep(self, place: int, draft: LeadDraft) -> None:
        for name in self._names(draft):
            held = self._holders.setdefault(name, place)
            if isinstance(held, list):
                if place not in held[-1:]:
                    held.append(place)
            elif held != place:
                self._holders[name] = [held, place]
        if self._keeps_drafts:
            self._drafts[place] = zlib.compress(pickle.dumps(draft), 1)

    def _names(self, draft: LeadDraft) -> list[int]:
        """By what a row may mean this lead, or repeat it."""
        return [hash(each) for each in (*duplicates.keys_of(draft, self._kinds), *names_of(draft))]

    # What is asked ------------------------------------------------------------------------------------------

    def named(self, names: Iterable[T], found: Mapping[T, Sequence[UUID]]) -> dict[T, list[UUID]]:
        """The leads with these references, or of these people; `found` are those that are here."""
        told: dict[T, list[UUID]] = {}
        for name in names:
            ids = dict.fromkeys(each for each in found.get(name, ()) if self._is_still(each, name))
            ids |= dict.fromkeys(self._id(place) for place in self._holding(name))
            if ids:
                told[name] = list(ids)
        return told

    def as_if(
        self, keys: Iterable[Key], found: Mapping[Key, Sequence[Known]], since: datetime
    ) -> dict[Key, list[Known]]:
        """The leads with these keys, the first ones first; `found` are those that are here and came since then."""
        told: dict[Key, list[Known]] = {}
        for key in keys:
            leads = {each.lead_id: each for each in found.get(key, ()) if self._is_still(each.lead_id, key)}
            for known in map(self._known, self._holding(key)):
                if known.created_at >= since:
                    leads[known.lead_id] = known
            if leads:
                told[key] = duplicates.first_of(leads.values())
        return told

    def stored(self, lead_ids: Collection[UUID]) -> dict[UUID, Stored]:
        """Leads as they would be, each with the draft that it would come of."""
        places = {each: place for each in lead_ids if (place := self._place_of(each)) is not None}
        told = {each: Stored(self._lead(place), self._draft(place)) for each, place in places.items()}
        return told | duplicates.stored([each for each in lead_ids if each not in told], lock=False)

    def to_change(self, lead_ids: Collection[UUID]) -> dict[UUID, Lead]:
        """Leads as they would be, with their parties."""
        told = {each: self._lead(place) for each in lead_ids if (place := self._place_of(each)) is not None}
        return told | lead_updates.to_change([each for each in lead_ids if each not in told], lock=False)

    def is_changed(self, lead_id: UUID) -> bool:
        """Whether a row so far changes this lead, which is here."""
        return lead_id in self._here

    def last_rows(self, lead_ids: Iterable[UUID]) -> dict[UUID | None, int]:
        """The last row so far that makes or changes each of these leads; not of those that none does."""
        rows = {each: self._changed_by.get(each) or self.row_of(each) for each in lead_ids}
        return {each: row for each, row in rows.items() if row}

    def row_of(self, lead_id: UUID) -> int | None:
        """The row that makes this lead, None where it is here."""
        place = self._place_of(lead_id)
        return None if place is None else self._rows[place] or None

    # Places -------------------------------------------------------------------------------------------------

    def _holding(self, name: Hashable) -> Iterator[int]:
        held = self._holders.get(hash(name), [])
        for place in [held] if isinstance(held, int) else held:
            now = self._names_now.get(place)
            if now is None or hash(name) in now:
                yield place

    def _is_still(self, lead_id: UUID, name: Hashable) -> bool:
        """Whether a lead that is here would be known by this yet."""
        place = self._here.get(lead_id)
        return place is None or hash(name) in self._names_now[place]

    def _place_of(self, lead_id: UUID) -> int | None:
        if (place := self._here.get(lead_id)) is not None:
            return place
        place = lead_id.int - self._first_id
        return place if 0 <= place < len(self._rows) else None

    def _id(self, place: int) -> UUID:
        known = self._facts.get(place)
        return known["id"] if known else UUID(int=self._first_id + place)

    def _facts_of(self, place: int) -> dict[str, Any]:
        to_come = {"status": Lead.Status.SUBMITTED, "intake": Lead.Intake.EXCEL, "created_at": self._began}
        return self._facts.get(place) or {"id": UUID(int=self._first_id + place), "version": 1, **to_come}

    def _draft(self, place: int) -> LeadDraft:
        draft: LeadDraft = pickle.loads(zlib.decompress(self._drafts[place]))  # noqa: S301  packed above
        return draft

    def _lead(self, place: int) -> Lead:
        facts = self._facts_of(place) | {"partner": self._partner, "program": self._program}
        return imagined(self._draft(place), **facts)

    def _known(self, place: int) -> Known:
        facts = self._facts_of(place)
        return Known(
            lead_id=facts["id"],
            created_at=facts["created_at"],
            intake=facts["intake"],
            status=facts["status"],
            partner_id=self._partner.pk,
            partner_name=self._partner.name,
            partner_ref_id=self._references.get(place, f"of row {self._rows[place]}"),
            has_pan=bool(self._has_pan[place]),
            has_account=False,
        )
