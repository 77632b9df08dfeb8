"""What the integrations add to the page of an import's row: where its lead went, and what the vendors call it."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from crm_integrations.admin.chips import state_chip
from crm_integrations.admin.steering import MAY_SEE
from crm_integrations.models import Delivery
from leadops.admin.import_batches import ImportBatchAdmin
from leadops.admin.scoped import seen
from leadops.models import ImportBatch, ImportRow

admin.site.unregister(ImportBatch)


@admin.register(ImportBatch)
class IntegratedImportBatchAdmin(ImportBatchAdmin):
    def row_panels(self, request: HttpRequest, row: ImportRow) -> list[SafeString]:
        panels = super().row_panels(request, row)
        if not request.user.has_perm(MAY_SEE):
            return panels
        sent = seen(Delivery.objects.filter(lead=row.lead_id), request)
        sent = sent.select_related("connection", "loan_account")
        shown = [{"delivery": each, "chip": state_chip(each)} for each in sent.order_by("id")]
        return [
            *panels,
            SafeString(render_to_string("admin/crm_integrations/row_deliveries.html", {"sent": shown})),
        ]
