"""The flow of an import: asking, previewing, stopping, undoing; what a partner's columns are."""

import django.db.models.deletion
import django.utils.timezone
import leadops.fields
import leadops.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadops', '0004_fewer_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnMapping',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('headers', models.CharField(help_text='SHA-256 of the normalised headers, in their order.', max_length=64)),
                ('mapping', models.JSONField(help_text='Our column for each of the headers, empty where it is left out.')),
                ('layout', models.CharField(choices=[('flat', 'Each row is one lead'), ('grouped', 'Rows with the same partner reference are one lead')], default='flat', max_length=10)),
            ],
            options={
                'ordering': ['partner_id', '-updated_at'],
            },
        ),
        migrations.RemoveIndex(
            model_name='importrow',
            name='import_row_waiting',
        ),
        migrations.AddField(
            model_name='importbatch',
            name='earlier',
            field=models.ForeignKey(help_text='The same file before.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='repeats', to='leadops.importbatch'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='judged',
            field=models.PositiveIntegerField(default=0, help_text='Rows that the preview has looked at.'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='layout',
            field=models.CharField(choices=[('flat', 'Each row is one lead'), ('grouped', 'Rows with the same partner reference are one lead')], default='flat', max_length=10),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='mapping',
            field=models.JSONField(help_text="Our column for each of the header's, empty where it is left out; null: by name.", null=True),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='mends',
            field=models.ForeignKey(help_text='The import whose refused rows this workbook brings again.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='mended_by', to='leadops.importbatch'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='mode',
            field=models.CharField(choices=[('create', 'Make new leads only'), ('update', 'Change leads that are here only'), ('both', 'Change leads that are here, make the others')], default='create', max_length=6, verbose_name='what it may do'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='preview',
            field=leadops.fields.EncryptedTextField(blank=True, default='', help_text='What the import would do, its values masked, as JSON.'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='proposal',
            field=leadops.fields.EncryptedTextField(blank=True, default='', help_text='The columns with masked samples, for the officer to correct.'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='review',
            field=models.BooleanField(default=False, help_text='Its preview is confirmed before leads are made.'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='road',
            field=models.CharField(choices=[('desk', 'the back office'), ('api', 'the API'), ('command', 'the command line')], default='command', max_length=7),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='stage_began_at',
            field=models.DateTimeField(help_text='When its state began, to tell how fast it is.', null=True),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='stayed',
            field=models.PositiveIntegerField(default=0, help_text='Leads that its undoing left, with the reason.'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='undone',
            field=models.PositiveIntegerField(default=0, help_text='Leads that its undoing deleted.'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='undone_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='undone_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importrow',
            name='lead_row',
            field=models.PositiveIntegerField(default=0, help_text='The row that its lead begins with, mostly itself.'),
            preserve_default=False,
        ),
        migrations.RunSQL("UPDATE leadops_importrow SET lead_row = number", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='importbatch',
            name='state',
            field=models.CharField(choices=[('known', 'Imported before'), ('queued', 'Queued'), ('reading', 'Reading'), ('mapping', 'Columns to check'), ('judging', 'Checking'), ('ready', 'Ready to import'), ('importing', 'Importing'), ('cancelling', 'Stopping'), ('undoing', 'Undoing'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('undone', 'Undone')], default='queued', max_length=10),
        ),
        migrations.AddIndex(
            model_name='importrow',
            index=models.Index(condition=models.Q(('outcome', 'waiting')), fields=['batch', 'lead_row', 'number'], name='import_row_to_do'),
        ),
        migrations.AddField(
            model_name='columnmapping',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='columnmapping',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='column_mappings', to='leadops.partner'),
        ),
        migrations.AddConstraint(
            model_name='columnmapping',
            constraint=models.UniqueConstraint(fields=('partner', 'headers'), name='one_mapping_per_header_set'),
        ),
    ]
