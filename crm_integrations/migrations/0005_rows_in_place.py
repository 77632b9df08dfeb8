"""Opening and ending a call changes no index: nothing indexed changes then, and pages leave room for the changed row."""

import django.db.models.deletion
from django.db import migrations, models

# What is there already stays as it is; from now on rows are written so. Parted tables have no pages of their own.
LEAVE_ROOM = """
ALTER TABLE crm_integrations_delivery SET (fillfactor = 80);
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'crm_integrations_exchange'::regclass LOOP
        EXECUTE format('ALTER TABLE %s SET (fillfactor = 80)', part);
    END LOOP;
END $$
"""
FILL_UP = LEAVE_ROOM.replace("SET (fillfactor = 80)", "RESET (fillfactor)")


class Migration(migrations.Migration):

    dependencies = [
        ('crm_integrations', '0004_document_kind'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='exchange',
            name='exchange_under_way',
        ),
        migrations.AlterField(
            model_name='exchange',
            name='connection',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='exchanges', to='crm_integrations.connection'),
        ),
        migrations.RunSQL(LEAVE_ROOM, FILL_UP),
    ]
