"""The reasons that officers choose from until the lender has its own."""

from django.db import migrations

REASONS = """
INSERT INTO leadops_dropreason (id, created_at, updated_at, name, active)
SELECT gen_random_uuid(), now(), now(), name, true FROM unnest(ARRAY[
    'Not interested', 'Cannot be reached', 'Took a loan elsewhere', 'Not eligible', 'Documents not given',
    'Entered by mistake'
]) AS name ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [
        ("leadops", "0032_work"),
    ]

    operations = [migrations.RunSQL(REASONS, migrations.RunSQL.noop)]
