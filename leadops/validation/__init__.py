"""The one place where incoming lead data is brought to its right spelling and checked.

`check_lead` mends a whole draft and reports every finding; the checks of single values answer with `Checked`;
`refuse_cards` looks through raw input for what must never come in. What others use is named here.
"""

from leadops.validation.bank_accounts import ifsc
from leadops.validation.cards import refuse_cards, refuse_cell, refuse_header
from leadops.validation.codes import Severity
from leadops.validation.contacts import mobile
from leadops.validation.extras import declare_extra
from leadops.validation.findings import (
    Checked,
    Finding,
    Problem,
    errors_in,
    findings_at,
    problem,
    warnings_in,
)
from leadops.validation.lead import check_lead
from leadops.validation.long_numbers import LongNumber, declare_long_numbers
from leadops.validation.places import pincode
from leadops.validation.plain_text import free_text, joined, tidied

__all__ = [
    "Checked",
    "Finding",
    "LongNumber",
    "Problem",
    "Severity",
    "check_lead",
    "declare_extra",
    "declare_long_numbers",
    "errors_in",
    "findings_at",
    "free_text",
    "ifsc",
    "joined",
    "mobile",
    "pincode",
    "problem",
    "refuse_cards",
    "refuse_cell",
    "refuse_header",
    "tidied",
    "warnings_in",
]
