"""Why a legal hold is lifted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leadops", "0008_stuck_leads")]

    operations = [
        migrations.AddField(
            model_name="legalhold",
            name="lifting_reason",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=300, verbose_name="why lifted"
            ),
        ),
    ]
