"""Documents are delivered, too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm_integrations', '0003_needing_person'),
    ]

    operations = [
        migrations.AlterField(
            model_name='delivery',
            name='kind',
            field=models.CharField(choices=[('lead', 'Lead'), ('loan_account', 'Loan account'), ('bank', 'Bank'), ('document', 'Document'), ('event', 'Event')], max_length=20),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='record_id',
            field=models.UUIDField(help_text="The lead's id, the loan account's, or the event's; of a bank account its number and IFSC, of a document its file and type."),
        ),
    ]
