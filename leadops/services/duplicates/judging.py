"""The rule for duplicates: what becomes of each new lead, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from django.utils import timezone

from leadops.drafts import LeadDraft
from leadops.models import Common, DuplicateKey, DuplicatePolicy, Partner, Program
from leadops.prepared import Along
from leadops.services.duplicates.filling import filled
from leadops.services.duplicates.finding import LOOKED_AT, MOST, Key, Keys, Known, find, is_open, keys_of
from leadops.services.duplicates.records import Stored, stored


class Becomes(Enum):
    LEAD = "lead"
    REFUSED = "refused"
    FILLED = "filled"


@dataclass(slots=True)
class Match:
    """A lead that came before and has something in common with a new one.

    `earlier` is a lead that is here, or the place of a draft of the same request.
    """

    earlier: Known | int
    common: list[Common] = field(default_factory=list)
    only_mobile: bool = False
    """Nothing but a mobile, and both have PANs: two of a family, or of an agent's, and not the same borrower."""

    @property
    def known(self) -> Known | None:
        return self.earlier if isinstance(self.earlier, Known) else None

    @property
    def place(self) -> int:
        """The place of the draft, where the earlier one is no lead yet."""
        assert isinstance(self.earlier, int)
        return self.earlier

    def is_of(self, partner_id: UUID) -> bool:
        """Whether the partner that sends brought the earlier one too."""
        return self.known is None or self.known.partner_id == partner_id

    def doubt(self, keys: Keys, other_has_pan: bool) -> None:
        """Tell whether it is one telephone of two people; `keys` are those of the lead that is compared."""
        only_mobile = {common["key"] for common in self.common} == {DuplicateKey.MOBILE}
        self.only_mobile = only_mobile and other_has_pan and _has_pan(keys)


@dataclass(slots=True)
class Verdict:
    """What becomes of one draft: a lead, with what it repeats; nothing; or a part of the first lead.

    `because` is the match that decided where no lead is made of it.
    """

    becomes: Becomes = Becomes.LEAD
    matches: list[Match] = field(default_factory=list)
    because: Match | None = None
    paths: list[str] = field(default_factory=list)
    """What was filled in, as paths in the first lead."""
    into: Stored | None = None

    @property
    def repeats(self) -> bool:
        """Whether an earlier lead is of the same borrower; a family's telephone does not tell so."""
        return any(not match.only_mobile for match in self.matches)

    def known_to(self, partner_id: UUID) -> Match | None:
        """What decided, as far as the partner may know: where it was another's lead, its own earliest one, if any."""
        if self.because is None or self.because.is_of(partner_id):
            return self.because
        own = (match for match in self.matches if match.is_of(partner_id) and not match.only_mobile)
        return next(own, None)


class Foreseen(Protocol):
    """What somebody who only asks takes to be here as well."""

    def as_if(
        self, keys: Iterable[Key], found: Mapping[Key, Sequence[Known]], since: datetime
    ) -> dict[Key, list[Known]]: ...

    def stored(self, lead_ids: Collection[UUID]) -> dict[UUID, Stored]: ...


def judge(
    drafts: Sequence[LeadDraft],
    *,
    partner: Partner,
    program: Program,
    held: Sequence[Keys] = (),
    foreseen: Foreseen | None = None,
    along: Sequence[Along] = (),
) -> list[Verdict]:
    """What the program's rule makes of checked drafts of `partner`, in their order; writes nothing.

    `held`: by what each may be known, where that has been worked out. A draft that another one fills is changed. Until
    the caller's transaction ends, whoever else comes with one of these borrowers waits, unless it is only foreseen.
    Partners' references are not looked at: the database keeps them unique for ever. `along`: what is to be asked with
    it, if anything is.
    """
    if not program.looks_for_duplicates:
        return [Verdict() for _ in drafts]
    held = held or [keys_of(draft, program.duplicate_keys) for draft in drafts]
    now = timezone.now()
    known = find(
        held, program, at=now, in_test_space=partner.is_test_space, locked=foreseen is None, along=along
    )
    if foreseen is not None:
        keys = dict.fromkeys(key for each in held for key in each)
        known = foreseen.as_if(keys, known, now - timedelta(days=program.duplicate_days))
    judging = _Judging(partner, program, drafts, held, known, foreseen)
    return [judging.verdict(at) for at in range(len(drafts))]


class _Judging:
    """The drafts of one request, one after the other: each is compared with those before it too."""

    def __init__(
        self,
        partner: Partner,
        program: Program,
        drafts: Sequence[LeadDraft],
        held: Sequence[Keys],
        known: dict[Key, list[Known]],
        foreseen: Foreseen | None,
    ) -> None:
        self.partner, self.program = partner, program
        self.drafts, self.held, self.known = drafts, held, known
        self.made: dict[Key, list[int]] = defaultdict(list)
        merges = program.duplicate_policy == DuplicatePolicy.MERGE
        open_leads = {each.lead_id for found in known.values() for each in found if self._is_open(each)}
        read = foreseen.stored if foreseen is not None else stored
        self.stored = read(open_leads) if merges and open_leads else {}

    def verdict(self, at: int) -> Verdict:
        keys = self.held[at]
        verdict = Verdict(matches=self._matches(at) if keys else [])
        if verdict.repeats:
            self._decide(at, verdict)
        if verdict.becomes is Becomes.LEAD:
            for key in keys:
                self.made[key].append(at)
        return verdict

    def _matches(self, at: int) -> list[Match]:
        """The leads that came before, those that are here first, each with all that is common."""
        found: dict[object, Match] = {}
        for key, common in self.held[at].items():
            for each in (*self.known.get(key, ()), *self._first_made(key)):
                place = each.lead_id if isinstance(each, Known) else each
                found.setdefault(place, Match(each)).common.append(common)
        matches = sorted(found.values(), key=_age)
        for match in matches:
            other_has_pan = match.known.has_pan if match.known else _has_pan(self.held[match.place])
            match.doubt(self.held[at], other_has_pan)
        return matches

    def _first_made(self, key: Key) -> Iterable[int]:
        """The first drafts before with this key, and the first without a PAN where all of those have one."""
        made = self.made.get(key)
        if not made:
            return ()
        first = dict.fromkeys(made[:MOST])
        if len(made) > MOST and all(_has_pan(self.held[at]) for at in first):
            first |= dict.fromkeys([at for at in made[MOST:LOOKED_AT] if not _has_pan(self.held[at])][:1])
        return first

    def _decide(self, at: int, verdict: Verdict) -> None:
        same_borrower = [match for match in verdict.matches if not match.only_mobile]
        if self.program.duplicate_policy == DuplicatePolicy.REFUSE:
            verdict.becomes, verdict.because = Becomes.REFUSED, same_borrower[0]
        elif self.program.duplicate_policy == DuplicatePolicy.MERGE:
            self._fill(at, verdict, same_borrower)

    def _is_open(self, known: Known) -> bool:
        is_own = known.partner_id == self.partner.pk
        return is_own and is_open(known.status, has_account=known.has_account)

    def _fill(self, at: int, verdict: Verdict, matches: Iterable[Match]) -> None:
        """Fill the first open lead of the partner; where it and the draft contradict each other, it stays a lead."""
        for match in matches:
            into = self.stored.get(match.known.lead_id) if match.known else None
            first = into.draft if into else self.drafts[match.place] if match.known is None else None
            if first is None:
                continue
            if (done := filled(first, self.drafts[at])) is None:
                return
            whole, verdict.paths = done
            for name in LeadDraft.__dataclass_fields__:
                setattr(first, name, getattr(whole, name))
            verdict.becomes, verdict.because, verdict.into = Becomes.FILLED, match, into
            self._know(match, self.held[at])
            return

    def _know(self, match: Match, keys: Keys) -> None:
        """What was filled is known by the second lead's keys as well from now on."""
        for key in keys:
            if match.known is None:
                self.made[key].append(match.place)
            elif match.known not in (known := self.known.setdefault(key, [])):
                known.append(match.known)


def _age(match: Match) -> tuple[bool, object]:
    return match.known is None, match.known.lead_id if match.known else match.earlier


def _has_pan(keys: Keys) -> bool:
    return any(key.kind == DuplicateKey.PAN for key in keys)
