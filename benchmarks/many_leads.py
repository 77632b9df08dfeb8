"""Very many leads that were here before, made in the database of copies of one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

# Copies of a real lead, their ids in the order they were made or of one moment: 60 first names, so that many share one,
# and indexes of nobody's numbers. What is sealed in their applicants can't be
# opened, because it is sealed for one row; a list shows no more than the lead's own mobile, and they have none.
RANDOM = "decode(replace(gen_random_uuid()::text, '-', ''), 'hex')"
SPREAD = "%(until)s::bigint - (%(first)s + %(count)s - n) * %(every)s::bigint"
MOMENT = f"lpad(to_hex(coalesce(%(at)s::bigint, {SPREAD}, (24000000 + n)::bigint << 16)), 12, '0')"
STATUS = "coalesce((%(statuses)s::text[])[1 + n %% cardinality(%(statuses)s::text[])], l.status)"
BRANCH = "coalesce((%(branches)s::uuid[])[1 + n %% cardinality(%(branches)s::uuid[])], l.branch_id)"
SYNC = "CASE right(n::text, 2) WHEN %(refused)s THEN 'needs_person' ELSE l.sync_status END"
OWNER = "CASE WHEN n %% 3000 = 1 THEN %(owner)s::bigint ELSE l.owner_id END"
ID = f"""overlay(overlay(gen_random_uuid()::text
    placing left({MOMENT}, 8) || '-' || right({MOMENT}, 4) from 1 for 13) placing '7' from 15 for 1)::uuid"""
NAME = "'Given' || to_char(n %% 60, 'FM00') || ' Family' || to_char(n %% 4999, 'FM0000')"
MANY = (
    "DROP TABLE IF EXISTS made",
    f"""CREATE TEMPORARY TABLE made AS SELECT n, {ID} AS lead, {ID} AS applicant
    FROM generate_series(%(first)s, %(first)s + %(count)s - 1) n""",
    f"""INSERT INTO leadops_lead SELECT r.* FROM made JOIN leadops_lead l ON l.partner_ref_id = %(like)s
    CROSS JOIN LATERAL jsonb_populate_record(l, jsonb_build_object(
        'id', made.lead, 'partner_ref_id', 'OLD-' || n, 'primary_mobile', '\\x', 'primary_mobile_index', {RANDOM},
        'status', {STATUS}, 'branch_id', {BRANCH}, 'owner_id', {OWNER},
        'sync_status', {SYNC}
    )) r""",
    f"""INSERT INTO leadops_applicant SELECT r.* FROM made JOIN leadops_lead l ON l.partner_ref_id = %(like)s
    JOIN leadops_applicant a ON a.lead_id = l.id
    CROSS JOIN LATERAL jsonb_populate_record(a, jsonb_build_object(
        'id', made.applicant, 'lead_id', made.lead, 'primary_mobile_index', {RANDOM}, 'pan_no_index', {RANDOM},
        'name', {NAME}
    )) r""",
    f"""INSERT INTO leadops_bank SELECT r.* FROM made JOIN leadops_lead l ON l.partner_ref_id = %(like)s
    JOIN leadops_applicant a ON a.lead_id = l.id JOIN leadops_bank b ON b.applicant_id = a.id
    CROSS JOIN LATERAL jsonb_populate_record(b, jsonb_build_object(
        'id', made.lead, 'applicant_id', made.applicant, 'account_no_index', {RANDOM}
    )) r""",
    """INSERT INTO leadops_address SELECT r.* FROM made JOIN leadops_lead l ON l.partner_ref_id = %(like)s
    JOIN leadops_applicant a ON a.lead_id = l.id JOIN leadops_address d ON d.applicant_id = a.id
    CROSS JOIN LATERAL jsonb_populate_record(d, jsonb_build_object(
        'id', gen_random_uuid(), 'applicant_id', made.applicant
    )) r""",
)


def copy(
    count: int,
    like: str,
    first: int = 1,
    at: int | None = None,
    spread: tuple[int, int] | None = None,
    statuses: list[str] | None = None,
    branches: list[UUID] | None = None,
    owner: int | None = None,
    refused: str | None = None,
) -> None:
    """Add `count` copies of the lead with this reference, with its applicant, bank account and address.

    They are numbered from `first`, and the higher the number, the newer the copy; or all made at `at`, in milliseconds;
    or `spread`: the last at its first, and each so many milliseconds before the next. `statuses` and `branches` are
    given in turns, and one in 3,000 is `owner`'s. Those whose number ends in `refused` need a person.
    """
    until, every = spread or (None, None)
    told: dict[str, Any] = {
        "count": count,
        "like": like,
        "first": first,
        "at": at,
        "until": until,
        "every": every,
    }
    told |= {"statuses": statuses, "branches": branches, "owner": owner, "refused": refused}
    with connection.cursor() as cursor:
        for statement in MANY:
            cursor.execute(statement, told)
        cursor.execute("VACUUM ANALYZE")
