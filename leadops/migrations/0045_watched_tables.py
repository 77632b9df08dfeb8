"""What is done to the engine's tables past our programs leaves events; what they do costs a look at their comment."""

from django.db import migrations

WATCHED = """
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


class Migration(migrations.Migration):
    dependencies = [("leadops", "0044_sealed_gstin")]

    operations = [migrations.RunSQL(WATCHED, "DROP FUNCTION leadops_audit_watched CASCADE")]
