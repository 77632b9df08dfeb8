"""Why somebody takes leads out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leadops", "0005_leads_of_a_branch")]

    operations = [
        migrations.AddField(
            model_name="export",
            name="reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The officer's words; a partner's is what it asked for.",
                max_length=300,
            ),
        ),
    ]
