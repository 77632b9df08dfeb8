"""Exchanges by month of their id, so that old ones are dropped a month at a time.

Constraints and indexes are made anew from what PostgreSQL says of the table that was there: they keep their names,
which later migrations look for.
"""

from django.db import migrations

REMAKE = """
DO $$
DECLARE
    constraints text[];
    indexes text[];
    statement text;
    month timestamp;
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    LOCK TABLE crm_integrations_exchange IN ACCESS EXCLUSIVE MODE;
    SELECT array_agg(format('ALTER TABLE crm_integrations_exchange ADD CONSTRAINT %I %s', conname,
            pg_get_constraintdef(oid)) ORDER BY contype = 'f', conname) INTO constraints
        FROM pg_constraint WHERE conrelid = 'crm_integrations_exchange'::regclass AND contype IN ('p', 'f');
    SELECT array_agg(replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')) INTO indexes
        FROM pg_index WHERE indrelid = 'crm_integrations_exchange'::regclass AND NOT indisprimary;

    CREATE TABLE crm_integrations_exchange_new (LIKE crm_integrations_exchange
        INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION) {partitioned};
    {partitions}
    INSERT INTO crm_integrations_exchange_new SELECT * FROM crm_integrations_exchange;
    DROP TABLE crm_integrations_exchange;
    ALTER TABLE crm_integrations_exchange_new RENAME TO crm_integrations_exchange;
    FOREACH statement IN ARRAY constraints || indexes LOOP
        EXECUTE statement;
    END LOOP;
END $$;
"""

# Months with rows get theirs here, the present and the next ones after every migrate. What is dated beyond belief
# stays in the one that takes all the rest.
PARTITIONS = """
    CREATE TABLE crm_integrations_exchange_rest PARTITION OF crm_integrations_exchange_new DEFAULT;
    FOR month IN
        SELECT DISTINCT date_trunc('month', to_timestamp(
            ('x0000' || left(replace(id::text, '-', ''), 12))::bit(64)::bigint / 1000.0) AT TIME ZONE 'UTC')
        FROM crm_integrations_exchange
        WHERE id >= '00dc6acf-ac00-7000-8000-000000000000' AND id < '03bb2cc3-d800-7000-8000-000000000000'
    LOOP
        EXECUTE format(
            'CREATE TABLE crm_integrations_exchange_%s PARTITION OF crm_integrations_exchange_new
                FOR VALUES FROM (%L) TO (%L)',
            to_char(month, 'YYYY_MM'),
            lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0') || '70008000000000000000',
            lpad(to_hex((extract(epoch FROM month + interval '1 month') * 1000)::bigint), 12, '0')
                || '70008000000000000000');
    END LOOP;
"""


def remade(partitioned: str = "", partitions: str = "") -> str:
    return REMAKE.replace("{partitioned}", partitioned).replace("{partitions}", partitions)


class Migration(migrations.Migration):

    dependencies = [
        ('crm_integrations', '0008_paused_by'),
    ]

    operations = [
        migrations.RunSQL(remade("PARTITION BY RANGE (id)", PARTITIONS), remade()),
    ]
