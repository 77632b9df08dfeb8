"""Comparing what was delivered with what the vendor lists: missing there, missing here, differs.

The row is the truth, as with deliveries: `start` writes what is asked for, `go_on` finds it, `run` does it, and is
simply done again when its worker died in it.
"""

from crm_integrations.reconciling.comparing import STATUS
from crm_integrations.reconciling.running import go_on, run, span
from crm_integrations.reconciling.starting import (
    CannotReconcile,
    listable,
    start,
    start_nightly,
    yesterday,
)
from crm_integrations.reconciling.workbooks import workbook

__all__ = [
    "STATUS",
    "CannotReconcile",
    "go_on",
    "listable",
    "run",
    "span",
    "start",
    "start_nightly",
    "workbook",
    "yesterday",
]
