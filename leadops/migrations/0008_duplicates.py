"""The rule for duplicates, by program; what was found; and indexes that tell when a lead came."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import leadops.ids
import leadops.models.program
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadops', '0006_import_flow'),
    ]

    operations = [
        migrations.CreateModel(
            name='Duplicate',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('common', models.JSONField(default=list)),
                ('only_mobile', models.BooleanField(default=False, help_text="Nothing but a mobile, and the PANs differ: perhaps a family's telephone.")),
            ],
            options={
                'ordering': ['lead_id', 'earlier_id'],
            },
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('intake', models.CharField(choices=[('excel', 'Excel'), ('api', 'API'), ('admin', 'Back office'), ('dialect', 'Vendor dialect')], max_length=10)),
                ('partner_ref_id', models.CharField(blank=True, max_length=100, verbose_name='partner reference')),
                ('common', models.JSONField(default=list)),
                ('filled', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), default=list, size=None)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.RemoveIndex(
            model_name='applicant',
            name='applicant_by_pan',
        ),
        migrations.RemoveIndex(
            model_name='applicant',
            name='applicant_by_mobile',
        ),
        migrations.RemoveIndex(
            model_name='bank',
            name='bank_by_account',
        ),
        migrations.RemoveIndex(
            model_name='lead',
            name='lead_by_mobile',
        ),
        migrations.AddField(
            model_name='program',
            name='duplicate_days',
            field=models.PositiveSmallIntegerField(default=90, help_text="How old the earlier lead may be. 0: no lead is a duplicate; a partner's reference stays unique.", validators=[django.core.validators.MaxValueValidator(3650)], verbose_name='look back, in days'),
        ),
        migrations.AddField(
            model_name='program',
            name='duplicate_keys',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('pan', 'PAN'), ('mobile', 'Mobile'), ('account', 'Bank account with its IFSC')], max_length=7), blank=True, default=leadops.models.program.all_duplicate_keys, help_text='One in common is enough, whichever applicants of the two leads have it.', size=None, verbose_name='known by'),
        ),
        migrations.AddField(
            model_name='program',
            name='duplicate_policy',
            field=models.CharField(choices=[('refuse', 'Refuse the lead'), ('flag', 'Take the lead and mark it'), ('merge', 'Fill what the first lead lacks')], default='flag', help_text='What becomes of a lead whose borrower this program knows from an earlier one.', max_length=6),
        ),
        migrations.AddIndex(
            model_name='applicant',
            index=models.Index(condition=models.Q(('pan_no_index__isnull', False)), fields=['pan_no_index', 'lead'], name='applicant_by_pan'),
        ),
        migrations.AddIndex(
            model_name='applicant',
            index=models.Index(condition=models.Q(('primary_mobile_index__isnull', False)), fields=['primary_mobile_index', 'lead'], name='applicant_by_mobile'),
        ),
        migrations.AddIndex(
            model_name='bank',
            index=models.Index(condition=models.Q(('account_no_index__isnull', False)), fields=['account_no_index', 'id'], name='bank_by_account'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(fields=['primary_mobile_index', 'id'], name='lead_by_mobile'),
        ),
        migrations.AddField(
            model_name='duplicate',
            name='earlier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='repeated_by', to='leadops.lead'),
        ),
        migrations.AddField(
            model_name='duplicate',
            name='lead',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='repeats', to='leadops.lead'),
        ),
        migrations.AddField(
            model_name='merge',
            name='lead',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merges', to='leadops.lead'),
        ),
        migrations.AddConstraint(
            model_name='duplicate',
            constraint=models.UniqueConstraint(fields=('lead', 'earlier'), name='a_pair_of_duplicates_once'),
        ),
    ]
