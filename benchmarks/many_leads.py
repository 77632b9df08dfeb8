"""Very many leads that were here before, made in the database of copies of one."""

from __future__ import annotations

from django.db import connection

# Copies of a real lead, their ids in the order they were made: 60 first names, so that many share one, and indexes of
# nobody's numbers.
RANDOM = "decode(replace(gen_random_uuid()::text, '-', ''), 'hex')"
ID = """overlay(overlay(gen_random_uuid()::text
    placing lpad(to_hex(24000000 + n), 8, '0') from 1 for 8) placing '7' from 15 for 1)::uuid"""
NAME = "'Given' || to_char(n %% 60, 'FM00') || ' Family' || to_char(n %% 4999, 'FM0000')"
MANY = (
    "DROP TABLE IF EXISTS made",
    f"""CREATE TEMPORARY TABLE made AS SELECT n, {ID} AS lead, {ID} AS applicant
    FROM generate_series(1, %(count)s) n""",
    f"""INSERT INTO leadops_lead SELECT r.* FROM made JOIN leadops_lead l ON l.partner_ref_id = %(like)s
    CROSS JOIN LATERAL jsonb_populate_record(l, jsonb_build_object(
        'id', made.lead, 'partner_ref_id', 'OLD-' || n, 'primary_mobile_index', {RANDOM}
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
)


def copy(count: int, like: str) -> None:
    """Add `count` copies of the lead with this reference, with its applicants and bank accounts."""
    with connection.cursor() as cursor:
        for statement in MANY:
            cursor.execute(statement, {"count": count, "like": like})
        cursor.execute("VACUUM ANALYZE")
