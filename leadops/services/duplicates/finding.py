"""Looking for leads of the same borrower: one round trip for any number of drafts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from leadops import masking
from leadops.drafts import LeadDraft
from leadops.ids import first_id_at
from leadops.models import Common, DuplicateKey, Lead, Program
from leadops.models.lead import reference_of
from leadops.prepared import AS_BEFORE, BY_ONE_PLAN, SET_ONE_PLAN, Along, Statement, run, width
from leadops.sealing import blind_index

MOST = 5
"""Of leads that share one mobile or account, the first so many are told: an agent's own may be on thousands."""
LOOKED_AT = 50
"""Among so many, one may decide where the first ones do not: `first_of` has it too."""
NOBODY = UUID(int=0)
OURS = 0x647570
"""The first half of our advisory locks."""
MANY_KEYS, TOO_MANY_KEYS, LARGE_AT_ONCE = 64, 2000, 2
"""PostgreSQL keeps all locks of all sessions in one table of some 6,400. A chunk of an import has up to 2,000 keys,
and two such are looked at a time; what has more has the whole rule to itself."""


class Key(NamedTuple):
    """What a borrower may be known by; of an account, `value` is its number's index and `ifsc` the rest of it."""

    kind: str
    value: bytes
    ifsc: str = ""


class Known(NamedTuple):
    """A lead that is here already, as far as the rule and its sentences need it."""

    lead_id: UUID
    created_at: datetime
    intake: str
    status: str
    partner_id: UUID
    partner_name: str
    partner_ref_id: str
    has_pan: bool
    has_account: bool
    branch_id: UUID | None = None

    @property
    def reference(self) -> str:
        return reference_of(self.lead_id, self.partner_ref_id)


Keys = Mapping[Key, Common]
"""What a lead has that it may be known by, and where."""


def keys_of(lead: LeadDraft | Lead, kinds: Collection[str]) -> Keys:
    """By what `lead` may be known: of all its applicants, each once, at the first place where it stands."""
    found: dict[Key, Common] = {}

    def add(kind: DuplicateKey, text: str, field: str, shown: str, ifsc: str = "") -> None:
        if kind in kinds and (value := blind_index(kind, text)) is not None:
            found.setdefault(
                Key(kind.value, value, ifsc), {"key": kind.value, "field": field, "shown": shown}
            )

    add(DuplicateKey.MOBILE, lead.primary_mobile, "primary_mobile", masking.dotted(lead.primary_mobile))
    for at, each in enumerate(_rows(lead.applicants)):
        path = f"applicants[{at}]"
        add(DuplicateKey.PAN, each.pan_no, f"{path}.pan_no", masking.pan(each.pan_no))
        mobile = each.primary_mobile
        add(DuplicateKey.MOBILE, mobile, f"{path}.primary_mobile", masking.dotted(mobile))
        for nth, bank in enumerate(_rows(each.banks)):
            if bank.ifsc:  # the same number may be another account at another bank
                shown = f"{masking.dotted(bank.account_no)} at {bank.ifsc}"
                add(
                    DuplicateKey.ACCOUNT, bank.account_no, f"{path}.banks[{nth}].account_no", shown, bank.ifsc
                )
    return found


def _rows(related: Any) -> Iterable[Any]:
    return related if isinstance(related, list) else related.all()


# Written so that there is one way to read it, whatever the tables held when it was planned: LIMIT and OFFSET 0 keep
# together what is inside. First the holders of a value, by their own index alone; it has the leads in the order they
# came, so the first few within the window are all that is read of thousands. A bank account is as old as its lead or
# younger.
HOLDERS = """
    SELECT {lead} AS lead_id FROM {table} t
    WHERE t.{index} = w.value AND (t.{index}, t.{came}) >= (w.value, %(since)s)
"""
ANY_HOLDER = """
SELECT '{kind}', w.value FROM unnest(%({kind}s)s) w(value) CROSS JOIN LATERAL ({holders} LIMIT 1) t
"""
ITS_LEADS = """
SELECT '{kind}', w.value, {ifsc}, hit.* FROM unnest({wanted}) w({columns}) CROSS JOIN LATERAL (
    SELECT l.id, l.created_at, l.intake, l.status, l.partner_id,
        (SELECT p.name FROM leadops_partner p WHERE p.id = l.partner_id), l.partner_ref_id,
        (SELECT count(x.pan_no_index) > 0 FROM leadops_applicant x WHERE x.lead_id = l.id),
        (SELECT count(*) > 0 FROM leadops_loanaccount x WHERE x.lead_id = l.id),
        l.branch_id
    FROM ({holders} {more} OFFSET 0) h CROSS JOIN LATERAL (
        SELECT * FROM leadops_lead
        WHERE id = h.lead_id AND id >= %(since)s AND id <> %(but)s AND program_id = %(program)s
            AND deleted_at IS NULL OFFSET 0
    ) l
    WHERE EXISTS (
        SELECT FROM leadops_partner p WHERE p.id = l.partner_id AND (p.test_of_id IS NOT NULL) = %(in_test_space)s
    )
    LIMIT {rows}
) hit
"""
_OF_BANK = "(SELECT a.lead_id FROM leadops_applicant a WHERE a.id = t.applicant_id)"
_PARTS = [
    {
        "kind": "mobile",
        "table": "leadops_lead",
        "index": "primary_mobile_index",
        "lead": "t.id",
        "came": "id",
    },
    {"kind": "mobile", "table": "leadops_applicant", "index": "primary_mobile_index", "lead": "t.lead_id"},
    {"kind": "pan", "table": "leadops_applicant", "index": "pan_no_index", "lead": "t.lead_id"},
    {"kind": "account", "table": "leadops_bank", "index": "account_no_index", "lead": _OF_BANK, "came": "id"},
]


def _statement(name: str, part: str, **types: str) -> Statement:
    texts = []
    for given in _PARTS:
        kind = given["kind"]
        told = {"came": "lead_id", "wanted": f"%({kind}s)s", "columns": "value", "ifsc": "''", "more": ""}
        if kind == DuplicateKey.ACCOUNT:
            told |= {"wanted": f"%({kind}s)s, %(ifscs)s", "columns": "value, ifsc", "ifsc": "w.ifsc"}
            told["more"] = "AND t.ifsc = w.ifsc"
        told |= given
        texts.append(part.format(**told, holders=HOLDERS.format(**told), rows=LOOKED_AT))
    arrays = {f"{kind.value}s": "bytea[]" for kind in DuplicateKey}
    return Statement(name, " UNION ALL ".join(texts), **arrays, since="uuid", **types)


KNOWN_AT_ALL = _statement("known_at_all", ANY_HOLDER)
FIND = _statement(
    "find_duplicates", ITS_LEADS, ifscs="text[]", program="uuid", but="uuid", in_test_space="bool"
)

# Two at once see nothing of each other's leads: the second waits until the first has ended, and looks then, in a
# statement of its own. Always in one order, the NULL first, so that nobody waits in a circle.
_SHARED, _EACH = f"pg_advisory_xact_lock_shared({OURS}, 0)", f"pg_advisory_xact_lock({OURS + 2}, number)"
EACH_KEY = Statement(
    "lock_each_key",
    f"{SET_ONE_PLAN}, count(CASE WHEN number IS NULL THEN {_SHARED}::text ELSE {_EACH}::text END)"
    " FROM unnest(%(locks)s) number",
    locks="int[]",
)
A_PLACE = f"SELECT pg_advisory_xact_lock({OURS + 1}, %(place)s)"
ALL = f"SELECT pg_advisory_xact_lock({OURS}, 0)"


def find(
    held: Sequence[Keys],
    program: Program,
    *,
    at: datetime,
    in_test_space: bool,
    but: UUID = NOBODY,
    locked: bool = True,
    along: Sequence[Along] = (),
) -> dict[Key, list[Known]]:
    """The leads of `program` that have one of these keys and came within its window before `at`, the first ones first.

    Those of test spaces, or those of partners: neither is a duplicate of the other.
    `but`: a lead that is not looked at. `locked`: whoever looks for the same keys waits until this transaction ends.
    `along`: what is asked with it, where anything is.
    """
    keys = sorted({key for each in held for key in each})
    if not keys:
        return {}
    named = {
        "since": first_id_at(at, timedelta(days=-program.duplicate_days)),
        "program": program.pk,
        "but": but,
        "in_test_space": in_test_space,
    }
    with connection.cursor() as cursor:
        run(
            cursor,
            _arrays(keys) | named,
            *(_locks(keys) if locked else [BY_ONE_PLAN]),
            KNOWN_AT_ALL,
            AS_BEFORE,
            *along,
        )
        held_by_any = {(kind, bytes(value)) for kind, value in _answer(cursor, of=2)}
        known = [key for key in keys if (key.kind, key.value) in held_by_any]
        if not known:
            return {}
        run(cursor, _arrays(known) | named, BY_ONE_PLAN, FIND, AS_BEFORE)
        return _by_key(_answer(cursor, of=3 + len(Known._fields)))


def _answer(cursor: CursorWrapper, of: int) -> list[Any]:
    """The rows of so many columns: locks before and settings around them answer too."""
    answered = cursor.cursor
    while width(cursor) != of:
        answered.nextset()
    rows: list[Any] = answered.fetchall()
    return rows


def _locks(keys: Sequence[Key]) -> list[Statement | str]:
    if len(keys) > TOO_MANY_KEYS:
        return [ALL, BY_ONE_PLAN]
    return [A_PLACE, EACH_KEY] if len(keys) > MANY_KEYS else [EACH_KEY]


def _arrays(keys: Sequence[Key]) -> dict[str, Any]:
    """The keys, and the numbers of their locks, as PostgreSQL reads arrays: the driver takes ten times as long."""
    numbers = sorted({int.from_bytes(key.value[:4], "big", signed=True) for key in keys})
    accounts = [key for key in keys if key.kind == DuplicateKey.ACCOUNT]
    return {
        "pans": _array(key.value for key in keys if key.kind == DuplicateKey.PAN),
        "mobiles": _array(key.value for key in keys if key.kind == DuplicateKey.MOBILE),
        "accounts": _array(key.value for key in accounts),
        "ifscs": [key.ifsc for key in accounts],
        "locks": f"{{{','.join(['NULL', *map(str, numbers)])}}}",
        "place": numbers[0] % LARGE_AT_ONCE,
    }


def _array(values: Iterable[bytes]) -> str:
    return "{" + ",".join(rf'"\\x{value.hex()}"' for value in values) + "}"


def _by_key(rows: Iterable[Sequence[Any]]) -> dict[Key, list[Known]]:
    found: dict[Key, dict[UUID, Known]] = defaultdict(dict)
    for kind, value, ifsc, *facts in rows:
        known = Known(*facts)
        found[Key(kind, bytes(value), ifsc)][known.lead_id] = known
    return {key: first_of(leads.values()) for key, leads in found.items()}


def first_of(leads: Iterable[Known]) -> list[Known]:
    """The first of them, and beyond those the first of each sort that the rule tells apart.

    Whose lead it is, whether it may be filled, and whether a PAN shows that it is another person of the same telephone.
    """
    ordered = sorted(leads)
    first = ordered[:MOST]
    sorts = {_sort_of(each) for each in first}
    for each in ordered[MOST:LOOKED_AT]:
        if (sort := _sort_of(each)) not in sorts:
            sorts.add(sort)
            first.append(each)
    return first


def _sort_of(known: Known) -> tuple[UUID, bool, bool]:
    return known.partner_id, known.has_pan, is_open(known.status, has_account=known.has_account)


def is_open(status: str, *, has_account: bool) -> bool:
    """Whether what comes in may still fill or change a lead."""
    return status in Lead.OPEN and not has_account
