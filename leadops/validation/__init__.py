"""The one place where incoming lead data is brought to its right spelling and checked.

`check_lead` mends a whole draft and reports every finding; the checks of single values answer with `Checked`;
`refuse_cards` looks through raw input for what must never come in.
"""

from leadops.validation.amounts import amount, tenure
from leadops.validation.applicants import check_address, check_applicant, check_bank
from leadops.validation.bank_accounts import account_no, ifsc
from leadops.validation.cards import names_card_data, refuse_cards, refuse_cell, refuse_header
from leadops.validation.contacts import email, mobile
from leadops.validation.dates import birth_date, day, expiry_date
from leadops.validation.extras import check_extra, declare_extra
from leadops.validation.findings import (
    CODES,
    Checked,
    Code,
    Finding,
    Problem,
    Severity,
    errors_in,
    findings_at,
    problem,
    warnings_in,
)
from leadops.validation.lead import check_lead, ip_address
from leadops.validation.places import complete_address, pincode
from leadops.validation.plain_text import free_text, name, plain, tags
from leadops.validation.tax_numbers import gstin, inn, pan, snils
from leadops.validation.words import applicant_type, country_code, gender, tenure_unit

__all__ = [
    "CODES",
    "Checked",
    "Code",
    "Finding",
    "Problem",
    "Severity",
    "account_no",
    "amount",
    "applicant_type",
    "birth_date",
    "check_address",
    "check_applicant",
    "check_bank",
    "check_extra",
    "check_lead",
    "complete_address",
    "country_code",
    "day",
    "declare_extra",
    "email",
    "errors_in",
    "expiry_date",
    "findings_at",
    "free_text",
    "gender",
    "gstin",
    "ifsc",
    "inn",
    "ip_address",
    "mobile",
    "name",
    "names_card_data",
    "pan",
    "pincode",
    "plain",
    "problem",
    "refuse_cards",
    "refuse_cell",
    "refuse_header",
    "snils",
    "tags",
    "tenure",
    "tenure_unit",
    "warnings_in",
]
