"""Indexes that others stand for, or that hold nothing but rows without a value, are let go."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leadops", "0003_words_of_names"),
    ]

    operations = [
        migrations.AlterField(
            model_name="lead",
            name="partner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="leads",
                to="leadops.partner",
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="program",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="leads",
                to="leadops.program",
            ),
        ),
    ]
