from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm_integrations', '0002_trust'),
    ]

    operations = [
        migrations.AddField(
            model_name='exchange',
            name='version',
            field=models.PositiveIntegerField(help_text='The version of the record that a create call carried.', null=True),
        ),
    ]
