"""The audit: its tables, and the functions that its triggers call."""

from django.db import migrations, models

TABLES = """
CREATE SEQUENCE leadops_auditact_id_seq;
CREATE TABLE leadops_auditact (
    id bigint NOT NULL DEFAULT nextval('leadops_auditact_id_seq'),
    at timestamptz NOT NULL DEFAULT now(),
    xact bigint NOT NULL,
    who text NOT NULL,
    officer_id bigint,
    on_behalf_of text NOT NULL,
    reason text NOT NULL,
    request_id text NOT NULL,
    origin text NOT NULL,
    db_role text NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE leadops_auditact_rest PARTITION OF leadops_auditact DEFAULT;
CREATE INDEX auditact_by_xact ON leadops_auditact (xact);
-- By the beginning of a name, too.
CREATE INDEX auditact_by_who ON leadops_auditact (who text_pattern_ops, id);
CREATE INDEX auditact_by_request ON leadops_auditact (request_id) WHERE request_id <> '';

CREATE SEQUENCE leadops_auditevent_id_seq;
CREATE TABLE leadops_auditevent (
    id bigint NOT NULL DEFAULT nextval('leadops_auditevent_id_seq'),
    act bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL,
    model text NOT NULL,
    record text NOT NULL,
    parent text,
    changes jsonb,
    PRIMARY KEY (act, id, at)
) PARTITION BY RANGE (at);
CREATE TABLE leadops_auditevent_rest PARTITION OF leadops_auditevent DEFAULT;
CREATE INDEX auditevent_by_record ON leadops_auditevent (record, act);
CREATE INDEX auditevent_by_parent ON leadops_auditevent (parent, act) WHERE parent IS NOT NULL;
-- Equal keys, one after the other: these take next to no room.
CREATE INDEX auditevent_by_model ON leadops_auditevent (model, act);
CREATE INDEX auditevent_by_deed ON leadops_auditevent (action, act)
    WHERE action NOT IN ('insert', 'update', 'delete');

CREATE TABLE leadops_auditseal (
    number bigint PRIMARY KEY,
    floor bigint NOT NULL,
    since bigint NOT NULL,
    upto bigint NOT NULL,
    last_act bigint NOT NULL,
    events integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    leaves bytea NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
"""

APPEND_ONLY = """
CREATE FUNCTION leadops_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON leadops_auditact
    FOR EACH ROW EXECUTE FUNCTION leadops_audit_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON leadops_auditevent
    FOR EACH ROW EXECUTE FUNCTION leadops_audit_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON leadops_auditseal
    FOR EACH ROW EXECUTE FUNCTION leadops_audit_refuse();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON leadops_auditact
    FOR EACH STATEMENT EXECUTE FUNCTION leadops_audit_refuse();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON leadops_auditact_rest
    FOR EACH STATEMENT EXECUTE FUNCTION leadops_audit_refuse();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON leadops_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION leadops_audit_refuse();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON leadops_auditevent_rest
    FOR EACH STATEMENT EXECUTE FUNCTION leadops_audit_refuse();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON leadops_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION leadops_audit_refuse();
"""

# By the owner's rights: the role that the product runs by may write events through these alone.
WRITERS = """
CREATE FUNCTION leadops_audit_act() RETURNS bigint
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
    note := coalesce(substring(left(current_query(), 9000) FROM '^/\\*audit:([A-Za-z0-9+/=]*)\\*/'), '');
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

CREATE FUNCTION leadops_audit_note(action text, model text, record text, parent text, details jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO leadops_auditevent (act, action, model, record, parent, changes)
    VALUES (leadops_audit_act(), action, model, record, parent, details)
$$;

-- The arguments of all three: label, primary key, parent, omitted columns, secret columns, whole rows or not.
CREATE FUNCTION leadops_audit_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    ELSIF TG_ARGV[5] = 'light' AND TG_ARGV[1] = 'id' THEN
        INSERT INTO leadops_auditevent (act, action, model, record)
        SELECT act.id, 'insert', TG_ARGV[0], n.id::text
        FROM (SELECT leadops_audit_act() AS id OFFSET 0) AS act, new_rows AS n;
    ELSE
        INSERT INTO leadops_auditevent (act, action, model, record, parent, changes)
        SELECT act.id, 'insert', TG_ARGV[0], n.told->>TG_ARGV[1], n.told->>TG_ARGV[2],
            n.told - TG_ARGV[3]::text[] - TG_ARGV[4]::text[]
        FROM (SELECT leadops_audit_act() AS id OFFSET 0) AS act,
            (SELECT to_jsonb(each) AS told FROM new_rows AS each) AS n;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION leadops_audit_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    act bigint;
    hidden boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM old_rows) THEN
        RETURN NULL;
    END IF;
    act := leadops_audit_act();
    hidden := coalesce(current_setting('leadops.audit_erasing', true), '') <> '';
    INSERT INTO leadops_auditevent (act, action, model, record, parent, changes)
    SELECT act, 'delete', TG_ARGV[0], o.told->>TG_ARGV[1], o.told->>TG_ARGV[2],
        CASE WHEN NOT hidden THEN o.told - TG_ARGV[3]::text[] - TG_ARGV[4]::text[] END
    FROM (SELECT to_jsonb(each) AS told FROM old_rows AS each) AS o;
    RETURN NULL;
END $$;

CREATE FUNCTION leadops_audit_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM leadops_audit_note('truncate', TG_ARGV[0], '', NULL, NULL);
    RETURN NULL;
END $$;

-- What is done to the engine's tables past our programs leaves events; what they do costs a look at their comment.
-- The arguments: label, primary key, parent, omitted columns, columns whose values are never copied.
CREATE FUNCTION leadops_audit_watched() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    act bigint := leadops_audit_act();
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    either jsonb := coalesce(is_now, was);
BEGIN
    INSERT INTO leadops_auditevent (act, action, model, record, parent, changes)
    SELECT act, lower(TG_OP), TG_ARGV[0], coalesce(was, is_now)->>TG_ARGV[1], either->>TG_ARGV[2],
        jsonb_object_agg(key, CASE WHEN key = ANY (TG_ARGV[4]::text[]) THEN 'null'::jsonb
            WHEN TG_OP = 'UPDATE' THEN jsonb_build_array(was->key, value) ELSE value END)
    FROM jsonb_each(either - TG_ARGV[3]::text[]) WHERE TG_OP <> 'UPDATE' OR value IS DISTINCT FROM was->key;
    RETURN NULL;
END $$;
"""

MONTHS = """
CREATE FUNCTION leadops_audit_make_month(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
    until timestamptz := (date_trunc('month', month) + interval '1 month')::timestamp AT TIME ZONE 'UTC';
    parent text;
    part text;
    taken boolean;
BEGIN
    FOREACH parent IN ARRAY ARRAY['leadops_auditact', 'leadops_auditevent'] LOOP
        part := parent || to_char(month, '_YYYY_MM');
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE at >= %L AND at < %L)', parent || '_rest', first, until)
            INTO taken;
        -- What lies in the rest stays there: it can't be moved, as nothing is deleted.
        IF taken OR to_regclass(part) IS NOT NULL THEN
            RETURN false;
        END IF;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent, first, until);
        EXECUTE format('CREATE TRIGGER not_emptied BEFORE TRUNCATE ON %I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION leadops_audit_refuse()', part);
    END LOOP;
    RETURN true;
END $$;

CREATE FUNCTION leadops_audit_drop_month(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (date_trunc('month', month) + interval '1 month')::timestamp AT TIME ZONE 'UTC' > now() - interval '1 year' THEN
        RAISE EXCEPTION 'Events are kept for a year at least.';
    END IF;
    PERFORM leadops_audit_note('pruned', 'leadops.auditevent', to_char(month, 'YYYY-MM'), NULL, NULL);
    EXECUTE format('DROP TABLE %I', 'leadops_auditevent' || to_char(month, '_YYYY_MM'));
    EXECUTE format('DROP TABLE %I', 'leadops_auditact' || to_char(month, '_YYYY_MM'));
END $$;
"""

UNDO = """
DROP TABLE leadops_auditact, leadops_auditevent, leadops_auditseal;
DROP SEQUENCE leadops_auditact_id_seq, leadops_auditevent_id_seq;
DROP FUNCTION leadops_audit_inserted, leadops_audit_deleted, leadops_audit_truncated,
    leadops_audit_watched, leadops_audit_note, leadops_audit_act, leadops_audit_refuse, leadops_audit_make_month,
    leadops_audit_drop_month CASCADE;
DO $$
DECLARE
    teller regprocedure;
BEGIN
    FOR teller IN SELECT oid FROM pg_proc WHERE starts_with(proname, 'leadops_audit_updated_') LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', teller);
    END LOOP;
END $$;
"""
"""With the functions go the triggers of all tables."""


class Migration(migrations.Migration):

    replaces = [
        ('leadops', '0037_audit'),
        ('leadops', '0042_acts_of_their_transaction'),
    ]

    dependencies = [
        ("leadops", "0002_beyond_models"),
    ]

    operations = [
        migrations.RunSQL(TABLES + APPEND_ONLY + WRITERS + MONTHS, UNDO),
        migrations.CreateModel(
            name='AuditAct',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('xact', models.BigIntegerField(help_text='The transaction, as the server numbers them.')),
                ('who', models.TextField(help_text="The officer, the partner's key, the task, the command, or the database's role.")),
                ('officer_id', models.BigIntegerField(null=True)),
                ('on_behalf_of', models.TextField()),
                ('reason', models.TextField()),
                ('request_id', models.TextField(verbose_name='request id')),
                ('origin', models.TextField(help_text='The address that was called, without its query.', verbose_name='by')),
                ('db_role', models.TextField(verbose_name='database role')),
            ],
            options={
                'db_table': 'leadops_auditact',
                'managed': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('action', models.TextField(choices=[('insert', 'Added'), ('update', 'Changed'), ('delete', 'Deleted'), ('truncate', 'Emptied table'), ('revealed', 'Personal data shown'), ('downloaded', 'Downloaded'), ('password shown', "Document's password shown"), ('exported', 'Export ordered'), ('export taken', 'Export downloaded'), ('replayed', 'Replay started'), ('decided', 'Delivery decided'), ('signed in', 'Signed in'), ('signed out', 'Signed out'), ('sign-in failed', 'Sign-in refused'), ('pruned', 'Old events dropped')], verbose_name='what')),
                ('model', models.TextField(help_text='Its label: leadops.lead.')),
                ('record', models.TextField(help_text='The primary key.')),
                ('parent', models.TextField(help_text='The record that it belongs to.', null=True)),
                ('changes', models.JSONField(null=True)),
            ],
            options={
                'verbose_name': 'audit event',
                'db_table': 'leadops_auditevent',
                'managed': False,
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('floor', models.BigIntegerField(help_text='Acts with greater ids: a restored server counts transactions anew.')),
                ('since', models.BigIntegerField()),
                ('upto', models.BigIntegerField()),
                ('last_act', models.BigIntegerField()),
                ('events', models.IntegerField()),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('leaves', models.BinaryField()),
                ('previous', models.BinaryField()),
                ('hash', models.BinaryField()),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'leadops_auditseal',
                'managed': False,
                'default_permissions': (),
            },
        ),
    ]
