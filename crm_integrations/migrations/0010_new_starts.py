from django.db import migrations, models

# An earlier leadops could put back what a vendor had said yes to: it is looked up before anything else.
LOOK_UP = """
UPDATE crm_integrations_delivery SET state = 'unknown', once_unknown = true, lookups = 0, absences = 0
WHERE accepted AND state IN ('queued', 'retrying')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('crm_integrations', '0009_partition_exchanges'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='sent_again_at',
            field=models.DateTimeField(help_text='When an officer last had it sent again: its tries are counted from there.', null=True),
        ),
        migrations.RunSQL(LOOK_UP, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('accepted', True), ('state__in', ('queued', 'retrying')), _negated=True), name='what_was_accepted_is_never_sent'),
        ),
    ]
