import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm_integrations', '0005_gap_rechecks'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='replayitem',
            name='replay_item_open',
        ),
        # Nothing was ever replayed before this, so that the new column finds no row.
        migrations.AddField(
            model_name='replayitem',
            name='connection',
            field=models.ForeignKey(db_index=False, default=None, help_text="The delivery's: each connection is fed at its own pace.", on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm_integrations.connection'),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name='replayitem',
            index=models.Index(condition=models.Q(('left', ''), ('taken_at__isnull', True)), fields=['replay', 'connection', 'delivery'], name='replay_item_open'),
        ),
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_by_cause',
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('cause', ''), _negated=True), fields=['connection', 'cause', 'updated_at'], name='delivery_by_cause'),
        ),
    ]
