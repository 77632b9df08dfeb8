"""The lender's records."""

from leadops.models.applicant import Address, Applicant
from leadops.models.bank import Bank
from leadops.models.borrower_token import BorrowerToken
from leadops.models.calls import CallCount, CallWindow
from leadops.models.column_mapping import ColumnMapping
from leadops.models.consent import Consent
from leadops.models.document import Document, DocumentEvent
from leadops.models.document_type import DocumentType
from leadops.models.duplicate import Common, Duplicate, Merge
from leadops.models.export import Export
from leadops.models.import_batch import ImportBatch, ImportMode, ImportRow, ImportState, Layout, RowProblem
from leadops.models.kept_answer import KeptAnswer
from leadops.models.lead import Lead, TenureUnit
from leadops.models.lead_number import LeadNumber
from leadops.models.loan_account import LoanAccount
from leadops.models.officer import Officer
from leadops.models.partner import ApiKey, Partner, Scope
from leadops.models.program import DuplicateKey, DuplicatePolicy, Program

__all__ = [
    "Address",
    "ApiKey",
    "Applicant",
    "Bank",
    "BorrowerToken",
    "CallCount",
    "CallWindow",
    "ColumnMapping",
    "Common",
    "Consent",
    "Document",
    "DocumentEvent",
    "DocumentType",
    "Duplicate",
    "DuplicateKey",
    "DuplicatePolicy",
    "Export",
    "ImportBatch",
    "ImportMode",
    "ImportRow",
    "ImportState",
    "KeptAnswer",
    "Layout",
    "Lead",
    "LeadNumber",
    "LoanAccount",
    "Merge",
    "Officer",
    "Partner",
    "Program",
    "RowProblem",
    "Scope",
    "TenureUnit",
]
