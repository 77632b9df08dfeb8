"""Leads by branch and stage, for who sees some branches alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadops', '0004_tellers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('deleted_at__isnull', True)), fields=['branch', 'program', 'status', '-id'], include=('intake', 'partner'), name='seen_lead_by_branch_stage'),
        ),
    ]
