"""What a kind of change is to the approvals: what it says, what it was made on, and how it is carried out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.db.models import Model

from leadops.models import Officer, PendingChange
from leadops.models.pending_change import Line
from leadops.sealing import fingerprint

Data = dict[str, Any]
"""What carries a change out, as JSON; it is sealed while it is kept."""
NOTHING = "–"


class Reach(NamedTuple):
    """The branches whose leads a change is about, and whether some of its leads are of none."""

    branch_ids: list[UUID]
    head_office: bool

    @classmethod
    def of(cls, found: Iterable[UUID | None]) -> Reach:
        branch_ids = set(found)
        return cls(sorted(each for each in branch_ids if each), None in branch_ids)

    def is_within(self, branch_ids: Iterable[UUID]) -> bool:
        """Whether who is of these branches sees all that it is about."""
        return not self.head_office and set(self.branch_ids) <= set(branch_ids)


class Kind:
    """One kind of change that a second person approves; an app registers its own.

    `subject` is the record that is changed, None where there is none, or none yet.
    """

    name: ClassVar[str]
    label: ClassVar[Any]
    model: ClassVar[type[Model] | None] = None
    """What its subjects are."""
    rights: ClassVar[tuple[str, ...]]
    """What a checker must be allowed besides approving: nobody approves what they could not do."""
    seen_with: ClassVar[str]
    """The right to look at such records: who has it may look at the change."""

    def find(self, subject_id: str, data: Data, *, lock: bool = False) -> Any:
        """The subject as it is now, None where it is gone or there is none.

        With `lock` nobody else can change what the base tells of until the transaction ends.
        """
        if self.model is None or not subject_id:
            return None
        found = self.model._base_manager.filter(pk=subject_id)
        return (found.select_for_update() if lock else found).first()

    def what(self, subject: Any, data: Data) -> str:
        """The change in words, without personal data."""
        raise NotImplementedError

    def describe(self, subject: Any, data: Data) -> list[Line]:
        """Before and after, for people: masked, and never a secret."""
        raise NotImplementedError

    def base(self, subject: Any, data: Data) -> str:
        """What tells the present version of what is changed from any other; empty where nothing can move."""
        return ""

    def apply(self, subject: Any, data: Data, change: PendingChange) -> Model | None:
        """Do it, within the transaction of the approval; returns the record that was made, if one was.

        Raises LeadopsError or ValidationError when it can't be done now; then it still waits.
        """
        raise NotImplementedError

    def dropped(self, subject: Any) -> None:
        """Tidy up after a change that was refused, withdrawn, or is out of date."""

    def reach(self, subject: Any, data: Data) -> Reach | None:
        """The branches it is about, by its leads or what they come from; None where it is about none."""
        return None

    def may_check(self, officer: Officer, subject: Any, data: Data) -> bool:
        """Whether `officer`, who sees what is in its reach, could do this alone, were it not for the second person."""
        return officer.has_perms(self.rights) and _sees(officer, subject)


def _sees(officer: Officer, subject: Model | None) -> bool:
    """Whether a record is within the officer's reach, where its model has bounds."""
    records = type(subject)._default_manager.all() if subject is not None else None
    visible_to = getattr(records, "visible_to", None)
    if subject is None or visible_to is None:
        return True
    return bool(visible_to(officer).filter(pk=subject.pk).exists())


def line(field: object, old: object, new: object) -> Line:
    """A row of the table before and after; what is empty is a dash."""
    return Line(field=str(field), old=_shown(old), new=_shown(new))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return NOTHING if value in (None, "", [], {}) else str(value)


def version_of(values: object) -> str:
    """A short text that is another one as soon as one of `values` is; it tells nothing of them."""
    said = json.dumps(values, sort_keys=True, default=str).encode()
    return fingerprint("approval", hashlib.sha256(said).digest()).hex()
