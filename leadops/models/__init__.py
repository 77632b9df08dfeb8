"""The lender's records."""

from leadops.models.applicant import Address, Applicant
from leadops.models.assignment import Absence, AssignmentRule, NewLeads
from leadops.models.audit import AuditAct, AuditEvent, AuditSeal
from leadops.models.bank import Bank, BankVerification
from leadops.models.borrower_token import BorrowerToken
from leadops.models.branch import Branch
from leadops.models.bulk_action import BulkAction
from leadops.models.calls import CallCount, CallWindow
from leadops.models.column_mapping import ColumnMapping
from leadops.models.consent import Consent
from leadops.models.document import Document, DocumentEvent
from leadops.models.document_type import DocumentType
from leadops.models.duplicate import Common, Duplicate, Merge
from leadops.models.erasure import Erasure, LegalHold
from leadops.models.export import Export
from leadops.models.holder import Holder
from leadops.models.import_batch import ImportBatch, ImportMode, ImportState, Layout
from leadops.models.import_row import ImportRow, RowProblem
from leadops.models.kept_answer import KeptAnswer
from leadops.models.lead import Lead, TenureUnit
from leadops.models.lead_merge import LeadMerge
from leadops.models.lead_number import LeadNumber
from leadops.models.loan_account import LoanAccount
from leadops.models.officer import Officer
from leadops.models.partner import ApiKey, Partner, Scope
from leadops.models.pending_change import PendingChange
from leadops.models.program import DuplicateKey, DuplicatePolicy, Program
from leadops.models.report import ReportClock, ReportDay, ReportSubscription
from leadops.models.reveal import Reveal
from leadops.models.saved_view import SavedView
from leadops.models.second_factor import Authenticator, RecoveryCode
from leadops.models.sla_rule import Holiday, SlaRule
from leadops.models.status_step import DropReason, StatusStep
from leadops.models.task import Note, Task

__all__ = [
    "Absence",
    "Address",
    "ApiKey",
    "Applicant",
    "AssignmentRule",
    "AuditAct",
    "AuditEvent",
    "AuditSeal",
    "Authenticator",
    "Bank",
    "BankVerification",
    "BorrowerToken",
    "Branch",
    "BulkAction",
    "CallCount",
    "CallWindow",
    "ColumnMapping",
    "Common",
    "Consent",
    "Document",
    "DocumentEvent",
    "DocumentType",
    "DropReason",
    "Duplicate",
    "DuplicateKey",
    "DuplicatePolicy",
    "Erasure",
    "Export",
    "Holder",
    "Holiday",
    "ImportBatch",
    "ImportMode",
    "ImportRow",
    "ImportState",
    "KeptAnswer",
    "Layout",
    "Lead",
    "LeadMerge",
    "LeadNumber",
    "LegalHold",
    "LoanAccount",
    "Merge",
    "NewLeads",
    "Note",
    "Officer",
    "Partner",
    "PendingChange",
    "Program",
    "RecoveryCode",
    "ReportClock",
    "ReportDay",
    "ReportSubscription",
    "Reveal",
    "RowProblem",
    "SavedView",
    "Scope",
    "SlaRule",
    "StatusStep",
    "Task",
    "TenureUnit",
]
