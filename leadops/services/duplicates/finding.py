"""Looking for leads of the same borrower: one round trip for any number of drafts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from leadops import masking
from leadops.drafts import LeadDraft
from leadops.ids import first_id_at
from leadops.models import Common, DuplicateKey, Lead, Program
from leadops.models.lead import reference_of
from leadops.prepared import Statement, run
from leadops.sealing import blind_index

MOST = 5
"""Of leads that share one mobile or account, the first so many are told: an agent's own may be on thousands."""
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


_COLUMNS = 3 + 9
"""Of a row that was found: what was looked for, and the lead that has it."""


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


KNOWN = """
    l.id, l.created_at, l.intake, l.status, l.partner_id, p.name, l.partner_ref_id,
    COALESCE(
        (SELECT true FROM leadops_applicant x WHERE x.lead_id = l.id AND x.pan_no_index IS NOT NULL LIMIT 1), false
    ),
    COALESCE((SELECT true FROM leadops_loanaccount x WHERE x.lead_id = l.id LIMIT 1), false)
"""
# Each value meets one index, in which the leads stand by their ids, and so by the time they came: however many have it,
# the first few within the window are all that is read. What joins the leads stands inside, so that no plan ever reads
# their whole table because it expects many to be found.
PART = """
SELECT '{kind}', w.value, {ifsc}, hit.* FROM unnest({wanted}) w({columns}) CROSS JOIN LATERAL (
    SELECT DISTINCT ON (h.lead_id) {known} FROM {holders}
    JOIN leadops_lead l ON l.id = h.lead_id JOIN leadops_partner p ON p.id = l.partner_id
    WHERE l.program_id = %(program)s AND l.id <> %(but)s
    ORDER BY h.lead_id LIMIT {most}
) hit
"""


def _part(kind: str, holder: str, columns: str = "value", wanted: str = "", ifsc: str = "''") -> str:
    wanted = wanted or f"%({kind}s)s"
    return PART.format(
        kind=kind, ifsc=ifsc, wanted=wanted, columns=columns, known=KNOWN, holders=f"({holder}) h", most=MOST
    )


LOOK = " UNION ALL ".join(
    [
        _part(
            "pan",
            "SELECT lead_id FROM leadops_applicant WHERE pan_no_index = w.value AND lead_id >= %(since)s",
        ),
        _part(
            "mobile",
            "SELECT lead_id FROM leadops_applicant WHERE primary_mobile_index = w.value AND lead_id >= %(since)s",
        ),
        _part(
            "mobile",
            "SELECT id AS lead_id FROM leadops_lead WHERE primary_mobile_index = w.value AND id >= %(since)s",
        ),
        # A bank account is as old as its lead or younger, so its own id narrows by the same moment.
        _part(
            "account",
            "SELECT a.lead_id FROM leadops_bank b JOIN leadops_applicant a ON a.id = b.applicant_id"
            " WHERE b.account_no_index = w.value AND b.ifsc = w.ifsc AND b.id >= %(since)s AND a.lead_id >= %(since)s",
            columns="value, ifsc",
            wanted="%(accounts)s, %(ifscs)s",
            ifsc="w.ifsc",
        ),
    ]
)
TYPES = {
    "pans": "bytea[]", "mobiles": "bytea[]", "accounts": "bytea[]", "ifscs": "text[]",
    "since": "uuid", "program": "uuid", "but": "uuid",
}  # fmt: skip
FIND = Statement("find_duplicates", LOOK, **TYPES)
# Planning takes six times as long as looking, and one plan suits one lead and five hundred: by the indexes, whatever
# the tables held when it was made. Left alone the server would plan anew each time, as it takes arrays for longer.
BY_ONE_PLAN = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off"
AS_BEFORE = "SET LOCAL plan_cache_mode TO DEFAULT; SET LOCAL enable_seqscan TO DEFAULT"

# Two at once see nothing of each other's leads: the second waits until the first has ended, and looks then, in a
# statement of its own. Always in one order, so that nobody waits in a circle.
ALL_SHARED = f"SELECT pg_advisory_xact_lock_shared({OURS}, 0)"
ALL = f"SELECT pg_advisory_xact_lock({OURS}, 0)"
A_PLACE = f"SELECT pg_advisory_xact_lock({OURS + 1}, %(place)s)"
EACH_KEY = f"SELECT count(pg_advisory_xact_lock({OURS + 2}, number)) FROM unnest(%(locks)s::int[]) number"  # noqa: S608  our own


def find(
    held: Sequence[Keys], program: Program, *, at: datetime, but: UUID = NOBODY, locked: bool = True
) -> dict[Key, list[Known]]:
    """The leads of `program` that have one of these keys and came within its window before `at`, the first ones first.

    `but`: a lead that is not looked at. `locked`: whoever looks for the same keys waits until this transaction ends.
    """
    keys = sorted({key for each in held for key in each})
    if not keys:
        return {}
    locks = _locks(keys) if locked else []
    since = first_id_at(at, timedelta(days=-program.duplicate_days))
    with connection.cursor() as cursor:
        run(
            cursor,
            {**_arrays(keys), "since": since, "program": program.pk, "but": but},
            *locks,
            BY_ONE_PLAN,
            FIND,
            AS_BEFORE,
        )
        while (
            cursor.description is None or len(cursor.description) < _COLUMNS
        ):  # what locks and settings answer
            cursor.nextset()
        return _by_key(cursor.fetchall())


def _locks(keys: Sequence[Key]) -> list[str]:
    if len(keys) > TOO_MANY_KEYS:
        return [ALL]
    return [ALL_SHARED, *([A_PLACE] if len(keys) > MANY_KEYS else []), EACH_KEY]


def _arrays(keys: Sequence[Key]) -> dict[str, Any]:
    """The keys, and the numbers of their locks, as PostgreSQL reads arrays: the driver takes ten times as long."""
    numbers = sorted({int.from_bytes(key.value[:4], "big", signed=True) for key in keys})
    accounts = [key for key in keys if key.kind == DuplicateKey.ACCOUNT]
    return {
        "pans": _array(key.value for key in keys if key.kind == DuplicateKey.PAN),
        "mobiles": _array(key.value for key in keys if key.kind == DuplicateKey.MOBILE),
        "accounts": _array(key.value for key in accounts),
        "ifscs": [key.ifsc for key in accounts],
        "locks": f"{{{','.join(map(str, numbers))}}}",
        "place": numbers[0] % LARGE_AT_ONCE,
    }


def _array(values: Iterable[bytes]) -> str:
    return "{" + ",".join(rf'"\\x{value.hex()}"' for value in values) + "}"


def _by_key(rows: Iterable[Sequence[Any]]) -> dict[Key, list[Known]]:
    found: dict[Key, dict[UUID, Known]] = defaultdict(dict)
    for kind, value, ifsc, *facts in rows:
        known = Known(*facts)
        found[Key(kind, bytes(value), ifsc)][known.lead_id] = known
    return {key: sorted(leads.values())[:MOST] for key, leads in found.items()}
