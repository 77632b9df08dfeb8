"""Why a report is mailed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadops', '0006_export_reason'),
    ]

    operations = [
        migrations.AddField(
            model_name='reportsubscription',
            name='reason',
            field=models.CharField(blank=True, help_text='Why it was asked for.', max_length=300),
        ),
    ]
