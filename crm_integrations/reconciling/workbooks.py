"""The differences of one comparison as a workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from django.db.models import Count
from django.utils import timezone

from crm_integrations.models import Difference, Reconciliation
from leadops.excel.writer import Cell, Style, Styled, Workbook

ROWS_A_READ = 500
COLUMNS = {
    "Difference": 22,
    "Kind": 14,
    "Lead": 36,
    "Loan account": 20,
    "Our reference": 36,
    "Vendor's id": 38,
    "Field": 24,
    "Ours": 28,
    "Theirs": 28,
    "Delivered": 20,
}


def workbook(reconciliation: Reconciliation) -> IO[bytes]:
    """A workbook of the sums and of a row for each difference, values masked as on the page; the caller closes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  handed to the caller
    with Workbook(file) as book:
        book.sheet("Sums", [24, 30]).add_all(_sums(reconciliation))
        book.sheet("Differences", list(COLUMNS.values())).add_all(_rows(reconciliation))
    file.seek(0)
    return file


def _sums(reconciliation: Reconciliation) -> Iterator[list[Cell]]:
    yield [Styled("Comparison", Style.HEADER), Styled(str(reconciliation.connection), Style.HEADER)]
    yield ["First day", reconciliation.first_on.isoformat()]
    yield ["Last day", reconciliation.last_on.isoformat()]
    yield ["Delivered by us", reconciliation.ours]
    yield ["Listed there", reconciliation.theirs]
    yield ["Agree", reconciliation.matched]
    kinds = reconciliation.differences.order_by("kind").values_list("kind").annotate(Count("id"))
    counts = dict(kinds)
    for kind in Difference.Kind:
        yield [str(kind.label), counts.get(kind.value, 0)]


def _rows(reconciliation: Reconciliation) -> Iterator[list[Cell]]:
    yield [Styled(name, Style.HEADER) for name in COLUMNS]
    found = reconciliation.differences.select_related("delivery__loan_account").order_by("id")
    for each in found.iterator(chunk_size=ROWS_A_READ):
        yield [each.get_kind_display(), *_record(each), each.ref, each.reference, each.field, each.ours, each.theirs,
               _delivered(each)]  # fmt: skip


def _record(difference: Difference) -> tuple[str, str, str]:
    delivery = difference.delivery
    if delivery is None:
        return "", "", ""
    account = delivery.loan_account.ref_id if delivery.loan_account else ""
    return delivery.get_kind_display(), str(delivery.lead_id), account


def _delivered(difference: Difference) -> str:
    moment = difference.delivery and difference.delivery.delivered_at
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
