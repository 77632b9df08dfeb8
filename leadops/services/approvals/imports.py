"""Importing a large workbook, once its preview was looked at."""

from __future__ import annotations

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from leadops import masking
from leadops.models import ImportBatch, PendingChange
from leadops.models.pending_change import Line
from leadops.services import import_previews, import_steering
from leadops.services.approvals.kind import Data, Kind, Reach, line, version_of


class Import(Kind):
    """Its base is the preview: with other columns, or judged anew, it is another import."""

    name = "import"
    label = _("Large import")
    model = ImportBatch
    rights = ("leadops.add_importbatch",)
    seen_with = "leadops.view_importbatch"

    def what(self, batch: ImportBatch, data: Data) -> str:
        return f"Import {batch.rows} rows of {masking.text(batch.file_name)}"

    def describe(self, batch: ImportBatch, data: Data) -> list[Line]:
        preview = import_previews.shown(batch) or {}
        return [
            line(_("State"), batch.get_state_display(), _("Importing")),
            line(_("Rows of new leads"), 0, preview.get("new")),
            line(_("Rows of changed leads"), 0, preview.get("update")),
            line(_("Duplicates"), "", preview.get("duplicate")),
            line(_("Other rows left out"), "", preview.get("left_out")),
            line(_("Rows that look like duplicates and go in"), "", preview.get("marked")),
            line(_("Rows refused"), "", preview.get("refused")),
            line(_("Partner"), "", batch.partner),
            line(_("Program"), "", batch.program),
        ]

    def base(self, batch: ImportBatch, data: Data) -> str:
        return version_of([batch.state, batch.stage_began_at, batch.mode, batch.layout, batch.mapping])

    def apply(self, batch: ImportBatch, data: Data, change: PendingChange) -> Model | None:
        import_steering.go_on(batch)
        return None

    def reach(self, batch: ImportBatch, data: Data) -> Reach:
        return Reach.of({batch.partner.branch_id})
