"""The officer's desk, on django-unfold: a module per record."""

from leadops.admin import (
    calls,
    documents,
    exports,
    import_batches,
    leads,
    loan_accounts,
    officers,
    partners,
    programs,
)

__all__ = [
    "calls",
    "documents",
    "exports",
    "import_batches",
    "leads",
    "loan_accounts",
    "officers",
    "partners",
    "programs",
]
