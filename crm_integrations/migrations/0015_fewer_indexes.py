"""Indexes that others stand for, or that hold nothing but rows without a value, are let go."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm_integrations", "0014_leases"),
        ("leadops", "0004_fewer_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="loan_account",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="leadops.loanaccount",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("loan_account__isnull", False)),
                fields=["loan_account"],
                name="delivery_by_account",
            ),
        ),
    ]
