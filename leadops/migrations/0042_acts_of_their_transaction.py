from django.db import migrations

ACT = """
CREATE OR REPLACE FUNCTION leadops_audit_act() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    known text := coalesce(current_setting('leadops.audit_act', true), '');
    statement text := (extract(epoch FROM statement_timestamp()) * 1000000)::bigint::text;
    note text;
    told jsonb := '{}';
    act bigint;
BEGIN
    -- A setting is anybody's to set, so the act that it names counts only where this transaction made it.
    IF known <> '' AND NOT EXISTS (
        SELECT FROM leadops_auditact a WHERE a.id = split_part(known, ' ', 1)::bigint AND a.at = now()
        AND a.xact = pg_current_xact_id()::text::bigint
    ) THEN
        known := '';
    END IF;
    -- What is known is `act statement note`: another row of the same statement need not read its text again.
    IF split_part(known, ' ', 2) = statement THEN
        RETURN split_part(known, ' ', 1)::bigint;
    END IF;
    note := coalesce(substring(right(current_query(), 3000) FROM '/\\*audit:([A-Za-z0-9+/=]*)\\*/[\\s;]*$'), '');
    IF known <> '' AND split_part(known, ' ', 3) = note THEN
        act := split_part(known, ' ', 1)::bigint;
        PERFORM set_config('leadops.audit_act', concat_ws(' ', act, statement, note), true);
        RETURN act;
    END IF;
    IF note <> '' THEN
        told := convert_from(decode(note, 'base64'), 'UTF8')::jsonb;
    END IF;
    INSERT INTO leadops_auditact (xact, who, officer_id, on_behalf_of, reason, request_id, origin, db_role)
    VALUES (
        pg_current_xact_id()::text::bigint, coalesce(told->>'who', 'database role ' || session_user),
        (told->>'officer')::bigint, coalesce(told->>'for', ''), coalesce(told->>'reason', ''),
        coalesce(told->>'request', ''), coalesce(told->>'origin', ''), session_user
    ) RETURNING id INTO act;
    PERFORM set_config('leadops.audit_act', concat_ws(' ', act, statement, note), true),
        set_config('leadops.audit_erasing', coalesce(told->>'erasing', ''), true);
    RETURN act;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("leadops", "0041_sessions_since"),
    ]

    operations = [migrations.RunSQL(ACT, migrations.RunSQL.noop)]
