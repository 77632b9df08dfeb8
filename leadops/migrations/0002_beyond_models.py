"""What models can't tell of our tables: how they are kept, what watches them, what is in them from the first day on."""

from django.db import migrations

# Written at every call, and worth nothing after a minute: it need not go through the log.
UNLOGGED = "ALTER TABLE leadops_callwindow SET UNLOGGED"

# By whatever road an officer is deactivated, and whatever an older copy of the row says: no session comes back.
END_SESSIONS = """
CREATE FUNCTION leadops_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.sessions_since := CASE WHEN OLD.is_active AND NOT NEW.is_active THEN clock_timestamp()
        ELSE greatest(OLD.sessions_since, NEW.sessions_since) END;
    RETURN NEW;
END $$;
CREATE TRIGGER end_sessions BEFORE UPDATE ON leadops_officer
    FOR EACH ROW EXECUTE FUNCTION leadops_end_sessions();
"""
KEEP_SESSIONS = """
DROP TRIGGER end_sessions ON leadops_officer;
DROP FUNCTION leadops_end_sessions();
"""

# A lead's timeline asks for the log of one record; Django's own table has no index for that.
LOG_BY_OBJECT = "CREATE INDEX logentry_by_object ON django_admin_log (object_id)"

# What officers choose from until the lender has its own.
REASONS = """
INSERT INTO leadops_dropreason (id, created_at, updated_at, name, active)
SELECT gen_random_uuid(), now(), now(), name, true FROM unnest(ARRAY[
    'Not interested', 'Cannot be reached', 'Took a loan elsewhere', 'Not eligible', 'Documents not given',
    'Entered by mistake'
]) AS name ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):

    replaces = [
        ('leadops', '0033_drop_reasons'),
        ('leadops', '0041_sessions_since'),
    ]

    dependencies = [
        # The end of the earlier history: where half of it was done, this is refused (decision 48).
        ('leadops', '0045_watched_tables'),
        ('admin', '0003_logentry_add_action_flag_choices'),
    ]

    operations = [
        migrations.RunSQL(UNLOGGED, migrations.RunSQL.noop),
        migrations.RunSQL(END_SESSIONS, KEEP_SESSIONS),
        migrations.RunSQL(LOG_BY_OBJECT, "DROP INDEX logentry_by_object"),
        migrations.RunSQL(REASONS, migrations.RunSQL.noop),
    ]
