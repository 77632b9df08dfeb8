"""What a service may refuse; the docstring is the default message."""

from __future__ import annotations

from collections.abc import Sequence

from leadops.languages.said import said
from leadops.validation import Finding

DELETED_REFERENCE = "The record with this reference was deleted; a reference is used once."


class LeadopsError(Exception):
    """This can't be done."""

    def __init__(self, message: str = "") -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        super().__init__(self.message)

    @property
    def shown(self) -> str:
        """The message in the reader's language; the API and what is kept have it in English."""
        return said(self.message)


class Invalid(LeadopsError):
    """Some values are not valid."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(f"{f.field}: {f.message}" for f in findings))
        self.findings = list(findings)


class DuplicateReference(LeadopsError):
    """A record with this reference already exists."""

    def __init__(self, existing_id: str, was_deleted: bool = False) -> None:
        """One that was deleted is not there to be found any more, so its id is not told."""
        super().__init__(DELETED_REFERENCE if was_deleted else "")
        self.existing_id = None if was_deleted else existing_id


class DuplicateLead(LeadopsError):
    """The program refuses a borrower whom it knows from an earlier lead."""

    def __init__(self, message: str, findings: Sequence[Finding], existing_id: str | None) -> None:
        """`existing_id`: the earlier lead's, None where the caller may not know it."""
        super().__init__(message)
        self.findings, self.existing_id = list(findings), existing_id


class LeadStopped(LeadopsError):
    """A lead that is dropped or declined is not sent."""


class NotInThisState(LeadopsError):
    """This can't be done in its present state."""


class Gone(LeadopsError):
    """This was deleted meanwhile."""


class TakesNoLeads(LeadopsError):
    """An inactive partner or program takes no new leads."""


class UnreadableFile(LeadopsError):
    """This file can't be read as a workbook."""


class Away(LeadopsError):
    """Something that this needs is away; the same may be tried again in a while."""
