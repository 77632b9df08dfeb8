import django.contrib.postgres.fields
import django.db.models.deletion
import leadops.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    """What is to be looked at again for gaps, and how far each connection's walk through all leads is."""

    dependencies = [("crm_integrations", "0004_inbound_told")]

    operations = [
        migrations.CreateModel(
            name="GapWalk",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="crm_integrations.connection",
                    ),
                ),
                ("rules", models.CharField(max_length=64)),
                ("below", models.UUIDField(null=True)),
                ("done", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Recheck",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "leads",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
            ],
        ),
    ]
