"""Leads by branch and status, for who sees a branch alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadops', '0004_tellers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('deleted_at__isnull', True)), fields=['branch', 'status', '-id'], include=('program', 'intake', 'partner'), name='seen_lead_by_branch_status'),
        ),
    ]
