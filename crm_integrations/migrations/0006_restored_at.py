"""When the database was restored: what is first sent of older leads is looked up before."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm_integrations', '0005_rows_in_place'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='restored_at',
            field=models.DateTimeField(editable=False, help_text='The database was restored then: what is first sent of older leads is looked up before.', null=True),
        ),
    ]
