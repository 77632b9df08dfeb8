"""Takes what was searched for out of views that were shared with it before."""

from urllib.parse import parse_qsl, urlencode

from django.db import migrations


def leave_out(apps, editor):
    views = apps.get_model("leadops", "SavedView").objects
    for view in views.filter(shared=True, query__regex="(^|&)q="):
        filters = parse_qsl(view.query, keep_blank_values=True)
        view.query = urlencode([(name, text) for name, text in filters if name != "q"])
        view.save(update_fields=["query"])


class Migration(migrations.Migration):
    dependencies = [("leadops", "0009_reason_of_lifting")]

    operations = [migrations.RunPython(leave_out, migrations.RunPython.noop)]
