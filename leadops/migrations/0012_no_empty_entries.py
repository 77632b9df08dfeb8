"""Indexes without the entries that are empty, made while the tables are in use."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index is made beside its use only where no transaction is open; the old ones go when the new ones stand.
    atomic = False

    dependencies = [("leadops", "0011_what_a_preview_said")]

    operations = [
        AddIndexConcurrently(
            "importrow",
            models.Index(
                fields=["batch", "outcome", "number"],
                condition=~models.Q(outcome="waiting"),
                name="import_row_by_result",
            ),
        ),
        AddIndexConcurrently(
            "importrow",
            models.Index(
                fields=["lead"], condition=models.Q(lead__isnull=False), name="import_row_by_lead"
            ),
        ),
        AddIndexConcurrently(
            "lead",
            models.Index(
                fields=["created_by"], condition=models.Q(created_by__isnull=False), name="lead_by_maker"
            ),
        ),
        RemoveIndexConcurrently("importrow", "import_row_by_outcome"),
        migrations.AlterField(
            "importrow",
            "lead",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="import_rows",
                to="leadops.lead",
            ),
        ),
        migrations.AlterField(
            "lead",
            "created_by",
            models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
