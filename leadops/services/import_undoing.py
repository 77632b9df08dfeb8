"""Undoing an import: leads that nobody has touched since are deleted, all others stay and say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from leadops import signals, statements
from leadops.errors import NotInThisState
from leadops.literals import in_json
from leadops.models import ImportBatch, ImportRow, Lead, Officer
from leadops.services import import_corrections, import_leases
from leadops.services.import_duplicates import MERGED, MERGED_ROW
from leadops.services.import_judging import row_note
from leadops.services.import_leases import Lease

State, Outcome = ImportBatch.State, ImportRow.Outcome
CHUNK = 200
FEW, MOST_LOOKED_AT = 50, 2000
"""The page of what would happen looks at so many leads; counting a hundred thousand would keep the officer waiting."""
EDITED = "It was changed since: this is its version {version}."
HAS_ACCOUNT = "It has a loan account."
HAS_DOCUMENT = "It has documents."
HAS_NOTE, HAS_TASK = "It has notes.", "It has tasks."
HAS_RECORD = "A record about it has to be kept."
"""A legal hold, or that somebody saw its personal data: who undoes an import need not be told which of them."""
GONE = "It was deleted since."
HAD_DOCUMENT = "It had documents, and their log stays."
FILLED = "Another lead was filled into it."
DELETED = "Its lead was deleted when the import was undone."
DELETED_ELSEWHERE = "Its lead was deleted when the import of {file} was undone."
STAYED = "Its lead stayed when the import was undone. "
UNDONE_CODE, STAYED_CODE = "undone", "stayed_at_undo"
# An undoing that was broken off goes on where it left: what stayed has said so, and what went is no row's lead now. All
# rows of a lead, and not its first alone: rows that were one lead are several once some of them were mended.
_NEXT = """
SELECT number, lead_id FROM leadops_importrow WHERE batch_id = %s AND outcome = 'created' AND number >= %s
AND lead_id IS NOT NULL AND NOT problems @> '[{"code": "stayed_at_undo"}]' ORDER BY number LIMIT %s
"""
# What the import itself did to the leads it made: new versions, and repeats that it filled into them.
_OWN_DOING = """
SELECT lead_id, count(DISTINCT lead_row) FILTER (WHERE outcome = 'updated' AND NOT problems @> %s::jsonb),
    count(DISTINCT lead_row) FILTER (WHERE problems @> %s::jsonb OR problems @> %s::jsonb)
FROM leadops_importrow WHERE batch_id = %s AND lead_id = ANY(%s) AND outcome IN ('updated', 'skipped') GROUP BY lead_id
"""
_MERGES = "SELECT lead_id, count(*) FROM leadops_merge WHERE lead_id = ANY(%s) GROUP BY lead_id"
_NOTE = """
UPDATE leadops_importrow SET updated_at = clock_timestamp(),
    problems = problems || CASE WHEN batch_id = %s THEN %s::jsonb ELSE %s::jsonb END
WHERE lead_id = ANY(%s) RETURNING 1
"""
_NOTE_EACH = """
UPDATE leadops_importrow AS kept SET problems = problems || new.note::jsonb, updated_at = clock_timestamp()
FROM unnest(%s::uuid[], %s::text[]) AS new (lead_id, note)
WHERE kept.batch_id = %s AND kept.lead_id = new.lead_id AND kept.outcome = 'created' RETURNING 1
"""


def may_be_undone(batch: ImportBatch) -> bool:
    """Whether it brought leads, has ended, and was not undone to the end yet."""
    return batch.state in (State.DONE, State.CANCELLED, State.FAILED) and batch.created > 0


def begin(batch: ImportBatch, officer: Officer | None) -> None:
    """Have the import undone in the background."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if not may_be_undone(batch):
            word = batch.get_state_display().lower()
            raise NotInThisState(
                f"This import is {word}: only one that has ended and made leads can be undone."
            )
        batch.undone_by, batch.state, batch.stage_began_at = officer, State.UNDOING, timezone.now()
        batch.leased_until, batch.problem = None, ""
        batch.save()
        import_leases.ring(batch.pk)


def undo(batch: ImportBatch, lease: Lease) -> None:
    """Undo all its leads, each chunk in a transaction of its own."""
    after = 0
    while rows := statements.rows(_NEXT, [batch.pk, after, CHUNK]):
        after = rows[-1][0]
        with transaction.atomic():
            lease = lease.renewed()
            mended = import_corrections.lock(batch)
            _undo(batch, mended, list({lead_id for _, lead_id in rows}))
            batch.save(update_fields=["undone", "stayed", "updated_at"])
    with transaction.atomic():
        lease.renewed()
        batch.state, batch.undone_at, batch.leased_until = State.UNDONE, timezone.now(), None
        batch.save(update_fields=["state", "undone_at", "leased_until", "updated_at"])


def _undo(batch: ImportBatch, mended: Sequence[UUID], ids: Sequence[UUID]) -> None:
    leads = list(Lead.with_deleted.filter(pk__in=ids).order_by("pk").select_for_update())
    reasons = why_they_stay(batch, leads, lock=True)
    gone = [lead.pk for lead in leads if lead.pk not in reasons]
    if reasons:
        notes = [in_json([row_note(STAYED_CODE, STAYED + reason)]) for reason in reasons.values()]
        statements.rows(_NOTE_EACH, [list(reasons), notes, batch.pk])
    if gone:
        import_corrections.give_back(batch, mended, gone)
        elsewhere = DELETED_ELSEWHERE.format(file=batch.file_name)
        notes = [in_json([row_note(UNDONE_CODE, words)]) for words in (DELETED, elsewhere)]
        statements.rows(_NOTE, [batch.pk, *notes, gone])
        Lead.objects.filter(pk__in=gone).delete()
    batch.undone += len(gone)
    batch.stayed += len(reasons)


def why_they_stay(batch: ImportBatch, leads: Sequence[Lead], *, lock: bool) -> dict[UUID, str]:
    """The reason in words for each of `leads` that must not be deleted, in the caller's transaction.

    Who delivers them is asked too. `lock`: what was not begun to be sent is held back until the transaction ends.
    """
    answers: list[tuple[Any, Any]] = signals.leads_to_be_deleted.send(Lead, leads=leads, lock=lock)
    reasons: dict[UUID, str] = {key: reason for _, held in answers for key, reason in (held or {}).items()}
    ids = [lead.pk for lead in leads]
    return reasons | _kept_for_what_it_has(ids) | _done_since(batch, leads)


_HAS = {
    "reveal": HAS_RECORD,
    "legalhold": HAS_RECORD,  # a lifted one too: who placed it and who lifted it goes with the lead
    "note": HAS_NOTE,
    "task": HAS_TASK,
    "documentevent": HAD_DOCUMENT,
    "document": HAS_DOCUMENT,
    "loanaccount": HAS_ACCOUNT,
}
"""Why a lead stays that a row of these tables belongs to, the weightiest last."""
_HOLDS = " UNION ALL ".join(
    f"SELECT DISTINCT lead_id, {rank} FROM leadops_{table} WHERE lead_id = ANY(%(ids)s)"  # noqa: S608  our own names
    for rank, table in enumerate(_HAS)
)


def _kept_for_what_it_has(ids: Sequence[UUID]) -> dict[UUID, str]:
    reasons = list(_HAS.values())
    found = statements.rows(f"{_HOLDS} ORDER BY 2", {"ids": list(ids)})
    return {lead_id: reasons[rank] for lead_id, rank in found}


def _done_since(batch: ImportBatch, leads: Sequence[Lead]) -> dict[UUID, str]:
    """Which of `leads` somebody else than the import that made them has changed, or filled another lead into."""
    ids = [lead.pk for lead in leads]
    codes = [in_json([{"code": code}]) for code in (MERGED_ROW, MERGED, MERGED_ROW)]
    own = {lead_id: done for lead_id, *done in statements.rows(_OWN_DOING, [*codes, batch.pk, ids])}
    merges: dict[UUID, int] = dict(statements.rows(_MERGES, [ids]))
    reasons = {}
    for lead in leads:
        versions, filled = own.get(lead.pk, (0, 0))
        if lead.deleted_at:
            reasons[lead.pk] = GONE
        elif merges.get(lead.pk, 0) > filled:
            reasons[lead.pk] = FILLED
        elif lead.version > 1 + versions:
            reasons[lead.pk] = EDITED.format(version=lead.version)
    return reasons


def why_in_vain(batch: ImportBatch) -> str:
    """Why no lead of it would go, in the words that hold for most; empty where one would, or where nobody can tell.

    A few leads are looked at first: mostly one of them would go, or all of the import was sent.
    """
    for most in (FEW, MOST_LOOKED_AT):
        foreseen = foresee(batch, most)
        if foreseen["gone"]:
            return ""
        if foreseen["in_vain"]:
            return next((reason for reason, _ in foreseen["stay"]), GONE)
    return ""


def foresee(batch: ImportBatch, most: int | None = None) -> dict[str, Any]:
    """What undoing would do with the first leads of an import: how many go, and why the others stay."""
    most = most or MOST_LOOKED_AT
    rows = statements.rows(_NEXT, [batch.pk, 0, most + 1])
    looked_at = list(Lead.with_deleted.filter(pk__in={lead_id for _, lead_id in rows[:most]}))
    reasons = why_they_stay(batch, looked_at, lock=False)
    return {
        "in_vain": 0 < len(looked_at) == len(reasons) and len(rows) <= most,
        "more": len(rows) > most,
        "looked_at": len(looked_at),
        "gone": len(looked_at) - len(reasons),
        "stay_count": len(reasons),
        "stay": Counter(reasons.values()).most_common(),
        "changed": batch.updated,
    }
