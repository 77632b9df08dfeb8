from django.db import migrations, models

# By whatever road an officer is deactivated, and whatever an older copy of the row says: no session comes back.
END = """
CREATE FUNCTION leadops_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.sessions_since := CASE WHEN OLD.is_active AND NOT NEW.is_active THEN clock_timestamp()
        ELSE greatest(OLD.sessions_since, NEW.sessions_since) END;
    RETURN NEW;
END $$;
CREATE TRIGGER end_sessions BEFORE UPDATE ON leadops_officer
    FOR EACH ROW EXECUTE FUNCTION leadops_end_sessions();
"""
FORGET = """
DROP TRIGGER end_sessions ON leadops_officer;
DROP FUNCTION leadops_end_sessions();
"""
COUNT = """
CREATE FUNCTION leadops_count_deactivations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.deactivations := OLD.deactivations + (OLD.is_active AND NOT NEW.is_active)::int;
    RETURN NEW;
END $$;
CREATE TRIGGER count_deactivations BEFORE UPDATE ON leadops_officer
    FOR EACH ROW EXECUTE FUNCTION leadops_count_deactivations();
"""
COUNT_NO_MORE = """
DROP TRIGGER count_deactivations ON leadops_officer;
DROP FUNCTION leadops_count_deactivations();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("leadops", "0040_reports"),
    ]

    operations = [
        migrations.RunSQL(COUNT_NO_MORE, COUNT),
        migrations.RemoveField(model_name="officer", name="deactivations"),
        migrations.AlterField(
            model_name="officer",
            name="sessions_since",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="The database sets it when they are deactivated.",
                null=True,
            ),
        ),
        migrations.RunSQL(END, FORGET),
    ]
