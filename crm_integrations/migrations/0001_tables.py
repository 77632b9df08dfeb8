"""All tables that models tell of."""

import crm_integrations.registry
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import leadops.fields
import leadops.ids
from django.conf import settings
from django.db import migrations, models
from leadops.migrations._together import Together


class Migration(migrations.Migration):

    initial = True
    replaces = [
        ('crm_integrations', '0001_initial'),
        ('crm_integrations', '0002_trust'),
        ('crm_integrations', '0003_exchange_version'),
        ('crm_integrations', '0004_inbound_told'),
        ('crm_integrations', '0005_gap_rechecks'),
        ('crm_integrations', '0006_replay_by_connection'),
        ('crm_integrations', '0007_watching'),
        ('crm_integrations', '0008_paused_by'),
        ('crm_integrations', '0010_new_starts'),
        ('crm_integrations', '0011_delivery_indexes'),
        ('crm_integrations', '0012_causes_of_failures'),
        ('crm_integrations', '0013_kinds_of_delivery'),
        ('crm_integrations', '0014_leases'),
        ('crm_integrations', '0015_fewer_indexes'),
        ('crm_integrations', '0016_announcements'),
        ('crm_integrations', '0023_test_space'),
        ('crm_integrations', '0026_events'),
        ('crm_integrations', '0027_bank_deliveries'),
        ('crm_integrations', '0028_roles'),
        ('crm_integrations', '0029_replay_proposed'),
        ('crm_integrations', '0030_consent_and_borders'),
        ('crm_integrations', '0032_changed_deliveries'),
    ]

    dependencies = [
        ('leadops', '0001_tables'),
    ]

    operations = [Together([
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('leads', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'ordering': ['tries', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('vendor', models.CharField(choices=crm_integrations.registry.choices, max_length=50)),
                ('name', models.CharField(max_length=50, unique=True)),
                ('base_url', models.CharField(help_text="Scheme and host; the vendor's own path is added by us.", max_length=200, verbose_name='base URL')),
                ('settings', models.JSONField(blank=True, default=dict)),
                ('sealed_secrets', leadops.fields.EncryptedTextField(blank=True, default='', editable=False)),
                ('enabled', models.BooleanField(default=True, help_text='A disabled connection takes no records and sends none.')),
                ('test_space', models.BooleanField(db_default=False, default=False, help_text="It takes the leads of partners' test keys and no others. Chosen once.", verbose_name='for test leads')),
                ('parallel', models.PositiveSmallIntegerField(default=8, help_text='Calls we make at the same time, at most.', validators=[django.core.validators.MinValueValidator(1)])),
                ('rate', models.FloatField(blank=True, help_text='Calls a second, at most; empty: as many as the vendor takes.', null=True, validators=[django.core.validators.MinValueValidator(0.01)])),
                ('paused_until', models.DateTimeField(blank=True, null=True)),
                ('pause_reason', models.CharField(blank=True, max_length=500)),
                ('paused_by', models.CharField(blank=True, help_text='The officer who paused it; empty when its answers did.', max_length=150)),
                ('jurisdiction', models.CharField(blank=True, help_text='ISO country whose law holds for the data there.', max_length=2)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                'ordering': ['name'],
                'permissions': [('pause_connection', 'Can pause, resume and check connections')],
            },
        ),
        migrations.CreateModel(
            name='Route',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('program', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadops.program')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='routes', to='crm_integrations.connection')),
                ('automatic', models.BooleanField(default=True, help_text="Send without an officer's word.")),
                ('purpose', models.CharField(blank=True, db_default='', default='', help_text='What borrowers must have agreed to, as consents name it; empty: any consent will do.', max_length=100, verbose_name='for what')),
                ('across_borders', models.BooleanField(db_default=False, default=False, help_text="Leads may go there although another country's law holds for the data.")),
                ('order', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'ordering': ['order', 'id'],
                'constraints': [models.UniqueConstraint(fields=('program', 'connection'), name='one_route_per_program_and_connection', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='PartnerEvent',
            fields=[
                ('number', models.BigAutoField(primary_key=True, serialize=False)),
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, unique=True)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadops.partner')),
                ('type', models.CharField(max_length=30)),
                ('data', models.JSONField(default=dict, help_text='Ids and states: no personal data.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'event',
                'ordering': ['number'],
                'indexes': [models.Index(fields=['partner', 'number'], name='event_by_partner'), models.Index(fields=['partner', 'created_at'], name='event_by_moment')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='leadops.partner')),
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='subscription', to='crm_integrations.connection')),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('lead.created', 'A lead was made'), ('lead.updated', 'A lead was changed'), ('lead.delivered', 'A vendor took a lead'), ('lead.rejected', 'A vendor refused a lead'), ('lead.needs_review', 'A delivery needs the lender'), ('account.status_changed', 'A loan account stands otherwise'), ('import.finished', 'An import has ended')], max_length=30), size=None)),
                ('failing_since', models.DateTimeField(editable=False, help_text='No event was taken since then.', null=True)),
                ('disabled_at', models.DateTimeField(editable=False, help_text='When we disabled it by ourselves.', null=True)),
                ('disabled_reason', models.CharField(blank=True, editable=False, max_length=200)),
                ('deleted_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'event subscription',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Untold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadops.partner')),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm_integrations.connection')),
                ('first', models.BigIntegerField(help_text='Number of the first event.')),
                ('last', models.BigIntegerField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('connection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='crm_integrations.connection')),
                ('kind', models.CharField(choices=[('lead', 'Lead'), ('loan_account', 'Loan account'), ('bank', 'Bank'), ('event', 'Event')], max_length=20)),
                ('lead', models.ForeignKey(help_text='Empty for what is no push of a lead: an event to its partner.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='leadops.lead')),
                ('loan_account', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='leadops.loanaccount')),
                ('event', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='crm_integrations.partnerevent')),
                ('record_id', models.UUIDField(help_text="The lead's id, the loan account's, or the event's; of a bank account its number and IFSC.")),
                ('version', models.PositiveIntegerField(help_text="The record's version this delivery was made for.")),
                ('ref', models.CharField(help_text='Our reference, as the vendor is told it.', max_length=100)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('queued', 'Queued'), ('sending', 'Sending'), ('retrying', 'Will retry'), ('delivered', 'Delivered'), ('rejected', 'Refused'), ('unknown', 'Outcome unknown'), ('review', 'Needs a decision'), ('dead', 'Given up'), ('failed', 'Failed here'), ('skipped', 'Skipped'), ('superseded', 'Superseded'), ('cancelled', 'Cancelled')], default='queued', max_length=10)),
                ('accepted', models.BooleanField(default=False, help_text='The vendor said yes, but gave no id yet.')),
                ('attempts', models.PositiveSmallIntegerField(default=0, help_text='Times it was sent.')),
                ('lookups', models.PositiveSmallIntegerField(default=0, help_text='Times the vendor was asked for it since it was last sent.')),
                ('absences', models.PositiveSmallIntegerField(default=0, help_text='Times the vendor said it has none, since it was last sent.')),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lease', models.UUIDField(help_text='Token of the worker that has it in hand.', null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('depends_on', models.CharField(blank=True, help_text='The vendor that has to know the lead first.', max_length=50)),
                ('reference', models.CharField(blank=True, max_length=200, verbose_name="vendor's id")),
                ('vendor_status', models.CharField(blank=True, help_text="The vendor's own word, verbatim.", max_length=100)),
                ('reason', models.TextField(blank=True, help_text='Why it stands where it stands, in one sentence.')),
                ('delivered_at', models.DateTimeField(null=True)),
                ('cause', models.CharField(blank=True, db_default='', default='', help_text='`reason` without its numbers and names: what failed alike.', max_length=200)),
                ('once_unknown', models.BooleanField(db_default=False, default=False, help_text='Nobody knew once whether the vendor has it: a replay looks it up first.')),
                ('leases_lost', models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Workers that died with it in hand, one after the other.')),
                ('sent_again_at', models.DateTimeField(help_text='When an officer last had it sent again: its tries are counted from there.', null=True)),
                ('no_consent', models.BooleanField(db_default=False, default=False, help_text="It waits for the borrower's consent; `due_at` is when it is next looked at.")),
                ('ask_at', models.DateTimeField(help_text='When the vendor is next asked how it stands.', null=True)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state__in', ('queued', 'retrying', 'unknown'))), fields=['connection', 'due_at', 'id'], name='delivery_due'), models.Index(condition=models.Q(('leased_until__isnull', False)), fields=['leased_until'], name='delivery_leased'), models.Index(condition=models.Q(('state', 'waiting')), fields=['lead'], name='delivery_waiting'), models.Index(condition=models.Q(('no_consent', True), ('state', 'waiting')), fields=['due_at'], name='delivery_without_consent'), models.Index(condition=models.Q(('loan_account__isnull', False)), fields=['loan_account'], name='delivery_by_account'), models.Index(condition=models.Q(('event__isnull', False)), fields=['event'], name='delivery_by_event'), models.Index(fields=['connection', 'state', '-id'], name='delivery_by_connection'), models.Index(fields=['state', '-id'], name='delivery_by_state'), models.Index(fields=['connection', 'ref'], name='delivery_by_ref'), models.Index(condition=models.Q(models.Q(('cause', ''), _negated=True), models.Q(('state', 'skipped'), _negated=True)), fields=['connection', 'cause', 'updated_at'], name='delivery_by_cause'), django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['updated_at'], name='delivery_changed', pages_per_range=16), models.Index(condition=models.Q(('ask_at__isnull', False)), fields=['ask_at'], name='delivery_to_ask'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['connection', 'reference'], name='delivery_by_reference')],
                'constraints': [models.UniqueConstraint(fields=('connection', 'kind', 'record_id', 'version'), name='one_delivery_per_version'), models.CheckConstraint(condition=models.Q(('accepted', True), ('state__in', ('queued', 'retrying')), _negated=True), name='what_was_accepted_is_never_sent')],
            },
        ),
        migrations.CreateModel(
            name='Exchange',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('connection', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='exchanges', to='crm_integrations.connection')),
                ('delivery', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='exchanges', to='crm_integrations.delivery')),
                ('purpose', models.CharField(choices=[('create', 'Create'), ('find', 'Look up'), ('token', 'Sign in'), ('status', 'Ask for its status'), ('list', 'List'), ('health', 'Health')], max_length=6)),
                ('version', models.PositiveIntegerField(help_text='The version of the record that a create call carried.', null=True)),
                ('operation', models.CharField(max_length=30)),
                ('method', models.CharField(max_length=7)),
                ('url', models.CharField(max_length=500)),
                ('request_headers', models.JSONField(default=dict)),
                ('request_body', models.TextField(blank=True)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('response_headers', models.JSONField(default=dict)),
                ('response_body', models.TextField(blank=True)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('duration_ms', models.PositiveIntegerField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'HTTP call',
                'ordering': ['id'],
                'indexes': [models.Index(fields=['connection', '-id'], name='exchange_by_connection'), models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['delivery'], name='exchange_under_way')],
            },
        ),
        migrations.CreateModel(
            name='Gap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='gaps', to='leadops.lead')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm_integrations.connection')),
                ('field', models.CharField(help_text='Without positions: `applicants.identity_document.series`.', max_length=100)),
                ('message', models.CharField(max_length=500)),
            ],
            options={
                'indexes': [models.Index(fields=['connection', 'field', '-lead'], name='gap_by_field')],
                'constraints': [models.UniqueConstraint(fields=('lead', 'connection', 'field'), name='one_gap_per_field')],
            },
        ),
        migrations.CreateModel(
            name='Recheck',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('leads', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
            ],
        ),
        migrations.CreateModel(
            name='GapWalk',
            fields=[
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='crm_integrations.connection')),
                ('rules', models.CharField(max_length=64)),
                ('below', models.UUIDField(null=True)),
                ('done', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Health',
            fields=[
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='health', serialize=False, to='crm_integrations.connection')),
                ('failures', models.PositiveIntegerField(default=0, help_text='Calls in a row that failed at the vendor.')),
                ('opened_at', models.DateTimeField(null=True)),
                ('openings', models.PositiveSmallIntegerField(default=0, help_text='Times it opened since it last worked; each doubles the hold.')),
                ('hold_until', models.DateTimeField(null=True)),
                ('hold_reason', models.CharField(blank=True, max_length=500)),
                ('pace', models.FloatField(default=1.0)),
                ('paced_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When `pace` was last changed.')),
                ('tokens', models.FloatField(default=0.0, help_text='Calls that may be made at once, at `filled_at`.')),
                ('filled_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name_plural': 'health',
            },
        ),
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('connection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm_integrations.connection')),
                ('until', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['connection', 'until'], name='lease_by_connection')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('connection', models.ForeignKey(help_text='Empty where it is about no vendor.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='crm_integrations.connection')),
                ('kind', models.CharField(choices=[('breaker', 'Vendor does not answer'), ('slowed', 'Vendor asks for less'), ('paused', 'Connection paused'), ('new_field', 'Answer with unknown fields'), ('new_status', 'Unknown status word'), ('reasons', 'Other reasons than usual'), ('slower', 'Slower than usual'), ('poison', 'A record kills workers'), ('differs', 'Records differ at the vendor'), ('webhook', 'Webhook refused'), ('disabled', "Partner's webhook disabled"), ('reveals', 'Too many reveals')], max_length=12)),
                ('subject', models.CharField(blank=True, help_text='What it is about, such as the status word.', max_length=200)),
                ('text', models.CharField(max_length=500)),
                ('seen', models.PositiveIntegerField(default=1, verbose_name='times seen')),
                ('last_seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('told_at', models.DateTimeField(blank=True, help_text='When it was mailed to operations.', null=True)),
            ],
            options={
                'ordering': ['-last_seen_at'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('connection', 'kind', 'subject'), name='one_open_notice_of_a_kind', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reconciliations', to='crm_integrations.connection')),
                ('first_on', models.DateField()),
                ('last_on', models.DateField()),
                ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='running', max_length=7)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('ours', models.PositiveIntegerField(default=0)),
                ('theirs', models.PositiveIntegerField(default=0)),
                ('matched', models.PositiveIntegerField(default=0)),
                ('officer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Difference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reconciliation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='differences', to='crm_integrations.reconciliation')),
                ('kind', models.CharField(choices=[('missing_there', 'Missing at the vendor'), ('missing_here', 'Missing here'), ('differs', 'Differs')], max_length=13)),
                ('delivery', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm_integrations.delivery')),
                ('reference', models.CharField(blank=True, max_length=200, verbose_name="vendor's id")),
                ('ref', models.CharField(blank=True, max_length=100, verbose_name='our reference')),
                ('field', models.CharField(blank=True, max_length=100)),
                ('ours', models.CharField(blank=True, help_text='Masked where it is personal.', max_length=200)),
                ('theirs', models.CharField(blank=True, help_text='Masked where it is personal.', max_length=200)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['reconciliation', 'kind', 'id'], name='difference_by_kind')],
            },
        ),
        migrations.CreateModel(
            name='Replay',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reason', models.CharField(max_length=500)),
                ('what', models.CharField(help_text='The choice in words: “ISPCRM · refused since 14:00”.', max_length=500)),
                ('state', models.CharField(choices=[('proposed', 'Waits for approval'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='running', max_length=10)),
                ('total', models.PositiveIntegerField(default=0)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ReplayItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('replay', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='crm_integrations.replay')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replay_items', to='crm_integrations.delivery')),
                ('connection', models.ForeignKey(db_index=False, help_text="The delivery's: each connection is fed at its own pace.", on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm_integrations.connection')),
                ('taken_at', models.DateTimeField(null=True)),
                ('left', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('left', ''), ('taken_at__isnull', True)), fields=['replay', 'connection', 'delivery'], name='replay_item_open')],
                'constraints': [models.UniqueConstraint(fields=('replay', 'delivery'), name='once_in_a_replay')],
            },
        ),
        migrations.CreateModel(
            name='StatusChange',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='status_changes', to='crm_integrations.delivery')),
                ('source', models.CharField(choices=[('answer', 'Answer to our call'), ('poll', 'Asked'), ('webhook', 'Webhook')], max_length=7)),
                ('before', models.CharField(blank=True, max_length=100)),
                ('after', models.CharField(max_length=100)),
                ('meaning', models.CharField(blank=True, help_text='Empty when the word is unknown to us.', max_length=20)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Inbound',
            fields=[
                ('id', models.UUIDField(default=leadops.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='inbound', to='crm_integrations.connection')),
                ('digest', models.CharField(help_text='SHA-256 of the raw body: the same call twice is one.', max_length=64)),
                ('event', models.CharField(blank=True, max_length=100)),
                ('reference', models.CharField(blank=True, db_default='', default='', help_text='Of a record that we sent.', max_length=200, verbose_name="vendor's id")),
                ('status', models.CharField(blank=True, db_default='', default='', help_text="The vendor's word for it now.", max_length=100)),
                ('body', models.TextField(help_text='Redacted.')),
                ('times', models.PositiveIntegerField(default=1)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('processed_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'verbose_name': 'webhook',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('processed_at__isnull', True)), fields=['id'], name='inbound_to_read')],
                'constraints': [models.UniqueConstraint(fields=('connection', 'digest'), name='one_inbound_per_body')],
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tallies', to='crm_integrations.connection')),
                ('hour', models.DateTimeField(help_text='Its first moment.')),
                ('calls', models.PositiveIntegerField(default=0)),
                ('failures', models.PositiveIntegerField(default=0, help_text='Calls without a 2xx answer.')),
                ('sent', models.PositiveIntegerField(default=0, help_text='Calls that carried a record.')),
                ('p50_ms', models.PositiveIntegerField(default=0)),
                ('p95_ms', models.PositiveIntegerField(default=0)),
                ('durations', models.JSONField(default=dict, help_text='How many took how long; `watching.durations` reads it.')),
                ('causes', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('connection', 'hour'), name='one_tally_per_hour')],
            },
        ),
        migrations.CreateModel(
            name='AnswerShape',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm_integrations.connection')),
                ('operation', models.CharField(max_length=30)),
                ('answers', models.PositiveIntegerField(default=0, help_text='How many were looked at.')),
                ('fields', models.JSONField(default=list)),
                ('words', models.JSONField(default=list)),
                ('unknown', models.JSONField(default=list, help_text='Fields that came later, until an officer knows of them.')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('connection', 'operation'), name='one_shape_per_operation')],
            },
        ),
        migrations.CreateModel(
            name='Lookout',
            fields=[
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='crm_integrations.connection')),
                ('after', models.UUIDField()),
                ('late', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
            ],
        ),
    ])]
