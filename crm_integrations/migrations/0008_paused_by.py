from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm_integrations', '0007_watching'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='paused_by',
            field=models.CharField(blank=True, help_text='The officer who paused it; empty when its answers did.', max_length=150),
        ),
    ]
