"""How many workers are at a connection is counted by claims, not by deliveries in hand."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("crm_integrations", "0013_kinds_of_delivery")]

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="crm_integrations.connection",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["connection", "until"], name="lease_by_connection")]},
        ),
        migrations.RemoveIndex(model_name="delivery", name="delivery_leased"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["leased_until"], condition=Q(leased_until__isnull=False), name="delivery_leased"
            ),
        ),
    ]
