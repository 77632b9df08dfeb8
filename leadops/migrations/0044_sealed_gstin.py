from itertools import islice

from django.db import migrations, models

import leadops.fields

AT_ONCE = 1000


def seal(apps, schema_editor):
    """Some at a time; only businesses have one."""
    applicants = apps.get_model("leadops", "Applicant")
    field = applicants._meta.get_field("gstin")
    found = applicants.objects.exclude(gstin_in_clear="").values_list("id", "gstin_in_clear").order_by()
    with schema_editor.connection.cursor() as cursor:
        for some in batched(found.iterator(AT_ONCE)):
            sealed = [(bytes(field.seal(applicants, key, text)), key) for key, text in some]
            cursor.executemany("UPDATE leadops_applicant SET gstin = %s WHERE id = %s", sealed)
        # What is still to be checked of these rows would forbid to alter their table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def batched(rows):
    while some := list(islice(rows, AT_ONCE)):
        yield some


class Migration(migrations.Migration):

    dependencies = [
        ("leadops", "0043_reveals_of_addresses"),
    ]

    operations = [
        migrations.RenameField("applicant", "gstin", "gstin_in_clear"),
        migrations.AlterField(
            "applicant", "gstin_in_clear", models.CharField(blank=True, default="", max_length=15)
        ),
        migrations.AddField(
            "applicant",
            "gstin",
            leadops.fields.EncryptedTextField(
                blank=True, default="", help_text="It holds the PAN of its business.", verbose_name="GSTIN"
            ),
        ),
        migrations.RunPython(seal),
        migrations.RemoveField("applicant", "gstin_in_clear"),
    ]
