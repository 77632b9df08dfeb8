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
        migrations.AlterField(
            model_name='delivery',
            name='once_unknown',
            field=models.BooleanField(db_default=False, default=False, help_text='Nobody knew once whether the vendor has it: it is looked up before it is sent again.'),
        ),
    ]
