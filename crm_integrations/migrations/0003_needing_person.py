"""Deliveries that need a person, for who has them counted by the branch of their leads."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm_integrations', '0002_beyond_models'),
        ('leadops', '0006_export_reason'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state__in', ('rejected', 'review', 'dead', 'failed'))), fields=['connection', 'state', 'lead'], name='delivery_needing_person'),
        ),
    ]
