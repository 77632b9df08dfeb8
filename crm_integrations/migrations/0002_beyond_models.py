"""What models can't tell of our tables: exchanges by month, and the place of events that are being written."""

from django.db import migrations

# By month of their id, so that old ones are dropped a month at a time. Constraints and indexes are made anew from what
# PostgreSQL says of the table that was there: they keep their names, which later migrations look for. Rows, where
# there are any, go to the months that are made after every migrate.
REMAKE = """
DO $$
DECLARE
    constraints text[];
    indexes text[];
    statement text;
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    LOCK TABLE crm_integrations_exchange IN ACCESS EXCLUSIVE MODE;
    SELECT array_agg(format('ALTER TABLE crm_integrations_exchange ADD CONSTRAINT %I %s', conname,
            pg_get_constraintdef(oid)) ORDER BY contype = 'f', conname) INTO constraints
        FROM pg_constraint WHERE conrelid = 'crm_integrations_exchange'::regclass AND contype IN ('p', 'f');
    SELECT array_agg(replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
            ORDER BY indexrelid::regclass::text DESC) INTO indexes
        FROM pg_index WHERE indrelid = 'crm_integrations_exchange'::regclass AND NOT indisprimary;

    CREATE TABLE crm_integrations_exchange_new (LIKE crm_integrations_exchange
        INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION) {partitioned};
    {rest}
    INSERT INTO crm_integrations_exchange_new SELECT * FROM crm_integrations_exchange;
    DROP TABLE crm_integrations_exchange;
    ALTER TABLE crm_integrations_exchange_new RENAME TO crm_integrations_exchange;
    FOREACH statement IN ARRAY constraints || indexes LOOP
        EXECUTE statement;
    END LOOP;
END $$;
"""
REST = "CREATE TABLE crm_integrations_exchange_rest PARTITION OF crm_integrations_exchange_new DEFAULT;"
BY_MONTH = REMAKE.replace("{partitioned}", "PARTITION BY RANGE (id)").replace("{rest}", REST)
WHOLE = REMAKE.replace("{partitioned}", "").replace("{rest}", "")

# Whoever writes events holds, until its transaction ends, a lock whose number is the last event's before: who reads them
# stops there, because events with later numbers may be written sooner. By a trigger, so that nothing can write one
# without it. The first 24 bits of the number say whose lock it is: "evt".
HOLD = """
CREATE FUNCTION crm_integrations_hold_event_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared((x'657674'::bigint << 40) | last_value)
        FROM crm_integrations_partnerevent_number_seq;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_event_place BEFORE INSERT ON crm_integrations_partnerevent
    FOR EACH STATEMENT EXECUTE FUNCTION crm_integrations_hold_event_place();
"""
LET_GO = """
DROP TRIGGER hold_event_place ON crm_integrations_partnerevent;
DROP FUNCTION crm_integrations_hold_event_place();
"""


class Migration(migrations.Migration):

    replaces = [
        ('crm_integrations', '0009_partition_exchanges'),
    ]

    dependencies = [
        # The end of the earlier history: where half of it was done, this is refused (decision 48).
        ('crm_integrations', '0032_changed_deliveries'),
    ]

    operations = [
        migrations.RunSQL(BY_MONTH, WHOLE),
        migrations.RunSQL(HOLD, LET_GO),
    ]
