"""What the first page counts, by stage and by day, from one index; and what was logged about one record by another."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leadops", "0033_drop_reasons"), ("admin", "0003_logentry_add_action_flag_choices")]

    operations = [
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True)),
                fields=["program", "status", "-id"],
                include=("intake", "partner", "branch"),
                name="seen_lead_by_stage",
            ),
        ),
        # A lead's timeline asks for the log of one record; Django's own table has no index for that.
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS logentry_by_object ON django_admin_log (object_id)",
            "DROP INDEX IF EXISTS logentry_by_object",
        ),
    ]
