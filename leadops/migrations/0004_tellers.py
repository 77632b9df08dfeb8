"""What changed in a row is told by a function of its table, which is made with its triggers after `migrate`."""

from django.db import migrations

# The one for all tables, where there is one yet.
BY_NAMES = "DROP FUNCTION IF EXISTS leadops_audit_updated CASCADE"


class Migration(migrations.Migration):

    dependencies = [
        ("leadops", "0003_audit"),
    ]

    operations = [
        migrations.RunSQL(BY_NAMES, migrations.RunSQL.noop),
    ]
