"""Leads of a branch that need a person, for the first page of who sees a branch alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadops', '0007_report_reason'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('deleted_at__isnull', True), ('sync_status', 'needs_person')), fields=['branch', '-id'], name='stuck_lead_by_branch'),
        ),
    ]
