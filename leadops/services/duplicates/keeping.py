"""What is kept of the rule's verdicts: which lead repeats which, and what was filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models.functions import Now

from leadops.models import Duplicate, Lead, Merge, Program
from leadops.services.duplicates.finding import Key, Keys, Known, find, keys_of
from leadops.services.duplicates.judging import Foreseen, Match, Verdict
from leadops.services.duplicates.records import write
from leadops.services.insertion import Table

_DUPLICATES = Table(Duplicate, ("lead_id", "earlier_id", "common", "only_mobile"))


class Pair(NamedTuple):
    """A new lead and one that came before it."""

    lead_id: UUID
    earlier_id: UUID
    match: Match


def keep(pairs: Sequence[Pair]) -> None:
    """Store which leads repeat which."""
    _DUPLICATES.write(
        [
            _DUPLICATES.row((each.lead_id, each.earlier_id, each.match.common, each.match.only_mobile))
            for each in pairs
        ]
    )


def pairs_of(lead_id: UUID, matches: Iterable[Match]) -> list[Pair]:
    """`lead_id` with each of the leads it repeats that were here already."""
    return [Pair(lead_id, match.known.lead_id, match) for match in matches if match.known]


def keep_filled(lead_id: UUID, verdict: Verdict, intake: str, partner_ref_id: str) -> None:
    """Store that a verdict was filled into `lead_id`, and what; where the lead was here before, into its rows too."""
    assert verdict.because is not None
    if verdict.into is not None:
        write(verdict.into)
    told = {"intake": intake, "partner_ref_id": partner_ref_id, "filled": verdict.paths}
    Merge.objects.create(lead_id=lead_id, common=verdict.because.common, **told)


class Gain(NamedTuple):
    """A lead that is to be changed, with what it is known by before and after."""

    lead: Lead
    before: Keys
    after: Keys


def look_ahead(
    gains: Sequence[Gain], program: Program, foreseen: Foreseen | None = None
) -> list[list[Match]]:
    """What each of these leads of `program` will have in common with others that have nothing in common with it yet.

    Nobody waits, as at a change in the form. Asks once for all: of what many leads share, those that came within the
    window of the first of these are looked at.
    """
    if not gains:
        return []
    first = min(each.lead.created_at for each in gains)
    space = gains[0].lead.partner.is_test_space
    known = find([each.after for each in gains], program, at=first, in_test_space=space, locked=False)
    window = timedelta(days=program.duplicate_days)
    if foreseen is not None:
        known = foreseen.as_if({key for each in gains for key in each.after}, known, first - window)
    return [_new_to(each, known, window) for each in gains]


def _new_to(gain: Gain, known: Mapping[Key, Sequence[Known]], window: timedelta) -> list[Match]:
    shared = {each.lead_id for key in gain.before for each in known.get(key, ())}
    found: dict[UUID, Match] = {}
    for key, common in gain.after.items():
        for each in known.get(key, ()):
            is_near = abs(each.created_at - gain.lead.created_at) <= window
            if is_near and each.lead_id not in shared and each.lead_id != gain.lead.pk:
                found.setdefault(each.lead_id, Match(each)).common.append(common)
    for match in found.values():
        match.doubt(gain.after, other_has_pan=bool(match.known and match.known.has_pan))
    return [found[each] for each in sorted(found)]


def look_again(lead: Lead) -> list[Match]:
    """Find anew what `lead`, which was changed, has in common with others; returns what it had not before.

    It is marked whatever the policy: what an officer changes by hand is never refused.
    """
    whole = Lead.objects.with_parties().get(pk=lead.pk)
    keys = keys_of(whole, whole.program.duplicate_keys)
    paired = _forget_what_is_gone(lead, keys)
    pairs = [_in_order(lead, match) for match in _matches(whole, keys)]
    new = [each for each in pairs if (each.lead_id, each.earlier_id) not in paired]
    Duplicate.objects.bulk_create(
        (_duplicate(each) for each in pairs),
        update_conflicts=True,
        unique_fields=["lead", "earlier"],
        update_fields=["common", "only_mobile", "updated_at"],
    )
    return [each.match for each in new]


def _duplicate(pair: Pair) -> Duplicate:
    told = pair.match
    return Duplicate(
        lead_id=pair.lead_id, earlier_id=pair.earlier_id, common=told.common, only_mobile=told.only_mobile
    )


def forget(lead: Lead) -> None:
    """Delete the pairs of a lead that goes out of sight, or of whose borrower nothing is kept."""
    Duplicate.objects.about(lead).delete()


def _forget_what_is_gone(lead: Lead, keys: Keys) -> set[tuple[UUID, UUID]]:
    """Take what `lead` does not have any more out of its pairs; returns those that are left."""
    held = {(each["key"], each["shown"]) for each in keys.values()}
    left = set()
    for pair in Duplicate.objects.about(lead):
        common = [each for each in pair.common if (each["key"], each["shown"]) in held]
        if not common:
            pair.delete()
            continue
        left.add((pair.lead_id, pair.earlier_id))
        if common != pair.common:
            Duplicate.objects.filter(pk=pair.pk).update(common=common, updated_at=Now())
    return left


def _matches(lead: Lead, keys: Keys) -> list[Match]:
    """Other leads that come within the window of `lead`, earlier and later ones."""
    if not lead.program.looks_for_duplicates:
        return []
    latest = lead.created_at + timedelta(days=lead.program.duplicate_days)
    found: dict[UUID, Match] = {}
    space = lead.partner.is_test_space
    wanted = find([keys], lead.program, at=lead.created_at, in_test_space=space, but=lead.pk, locked=False)
    for key, known in wanted.items():
        for each in known:
            if each.created_at <= latest:
                found.setdefault(each.lead_id, Match(each)).common.append(keys[key])
    for match in found.values():
        match.doubt(keys, other_has_pan=bool(match.known and match.known.has_pan))
    return [found[each] for each in sorted(found)]


def _in_order(lead: Lead, match: Match) -> Pair:
    assert isinstance(match.earlier, Known)
    first, second = sorted((lead.pk, match.earlier.lead_id))
    return Pair(second, first, match)
