"""Changing leads by what came in anew: only what is given, and only when the whole lead stays right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Model

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, IdentityDocumentDraft, LeadDraft
from leadops.models import Address, Applicant, Bank, ImportBatch, Lead, Program
from leadops.services import alteration, duplicates, leads
from leadops.services.duplicates import Key, Keys
from leadops.services.lead_rows import (
    ADDRESS_FIELDS,
    APPLICANT_FIELDS,
    BANK_FIELDS,
    IDENTITY_FIELDS,
    LEAD_FIELDS,
)
from leadops.services.parts_meant import addresses_meant, applicant_meant, banks_meant
from leadops.validation import Finding, Severity, check_lead

T = TypeVar("T", AddressDraft, BankDraft)
ABOUT_MONEY = ("account_no", "ifsc", "account_holder_name")
"""What was verified of a bank account; changed, it has to be verified again."""
VERIFIED = "This account is verified: change it on the lead's page, where a second person approves it."


@dataclass(slots=True)
class Change:
    """A lead as it would become. Nothing is stored before `save`.

    `changed` are the records with the fields that have another value now; None for a record that is new. `before` and
    `after` is what the rule for duplicates knows it by.
    """

    lead: Lead
    draft: LeadDraft
    findings: list[Finding]
    before: Keys
    after: Keys
    changed: list[tuple[Model, set[str] | None]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether the lead says all of it already."""
        return not self.changed

    @property
    def gained(self) -> set[Key]:
        """What others may have in common with it now and had not before."""
        return self.after.keys() - self.before.keys()


def save(changes: Sequence[Change]) -> None:
    """Store them as new versions, announced, in the caller's transaction, which has the leads locked."""
    every = [each for change in changes for each in change.changed]
    new = [record for record, names in every if names is None]
    Applicant.objects.bulk_create(each for each in new if isinstance(each, Applicant))
    Address.objects.bulk_create(each for each in new if isinstance(each, Address))
    Bank.objects.bulk_create(each for each in new if isinstance(each, Bank))
    alteration.update((record, names) for record, names in every if names is not None)
    leads.revise_all([change.lead for change in changes])
    for change in changes:
        if change.before.keys() != change.after.keys():
            duplicates.look_again(change.lead)


def to_change(lead_ids: Iterable[UUID], *, lock: bool) -> dict[UUID, Lead]:
    """Leads with their parties, by id; locked in the order of their ids, so that two imports never wait in a ring."""
    found = Lead.objects.filter(pk__in=list(lead_ids))
    if lock:
        list(found.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return {lead.pk: lead for lead in found.with_parties().prefetch_related("loan_accounts")}


def why_not(lead: Lead, program: Program) -> Finding | None:
    """Why what comes in for `program` may not change `lead`: an error, or a note where the lead is left as it is."""
    if lead.program_id != program.pk:
        message = f"This lead is of the program {lead.program}, and this import of {program}: import it for that one."
        return Finding("", "other_program", message, Severity.ERROR)
    word = lead.get_status_display().lower()
    if lead.is_stopped:
        return _left("lead_ended", f"This lead is {word}; it was left as it is.")
    if lead.loan_accounts.all():
        return _left("lead_decided", "This lead has a loan account; it was left as it is.")
    if not duplicates.is_open(lead.status, has_account=False):
        return _left("lead_decided", f"This lead is {word}; it was left as it is.")
    return None


def _left(code: str, message: str) -> Finding:
    return Finding("", code, message, Severity.WARNING)


def keeps_verified(batch: ImportBatch) -> bool:
    """Whether an import leaves verified accounts as they are: an officer's does where a second person approves."""
    return bool(settings.APPROVALS) and batch.uploaded_by_id is not None


def change_of(lead: Lead, given: LeadDraft, batch: ImportBatch, *, placed: bool = False) -> Change:
    """What `given` would change in `lead`; the findings are about the lead as a whole.

    Of its parts those are meant that `parts_meant` finds; where they are `placed`, each stands at the place of the one
    it is about.
    """
    merging = _Merging(lead, placed)
    program = lead.program
    kinds = program.duplicate_keys if program.looks_for_duplicates else []
    before = duplicates.keys_of(merging.draft, kinds)
    merging.merge(given)
    findings = check_lead(merging.draft, country=batch.program.country)
    if keeps_verified(batch):
        findings += merging.verified_accounts_altered()
    change = Change(lead, merging.draft, findings, before, duplicates.keys_of(merging.draft, kinds))
    if not any(finding.is_error for finding in findings):
        change.changed = merging.written_back()
    return change


class _Merging:
    """A lead's draft made of its records, and the way back into them."""

    def __init__(self, lead: Lead, placed: bool) -> None:
        self._placed = placed
        self._pairs: list[tuple[Any, Any, Sequence[str], str]] = []
        self._new: set[int] = set()
        self._lead = lead
        self.draft = LeadDraft()
        self._take(self.draft, lead, LEAD_FIELDS)
        self.draft.applicants = [self._applicant(each) for each in lead.applicants.all()]

    def merge(self, given: LeadDraft) -> None:
        _fill(self.draft, given, LEAD_FIELDS)
        for at, person in enumerate(given.applicants):
            known = self._at(at) if self._placed else applicant_meant(self.draft.applicants, person)
            if known is None:
                self._add_applicant(person)
            else:
                self._merge_applicant(known, person)

    def written_back(self) -> list[tuple[Model, set[str] | None]]:
        """The records that are new or have another value now, parents first, with the values of the draft."""
        changed: dict[int, tuple[Model, set[str] | None]] = {}
        for draft, record, names, prefix in self._pairs:
            values = {prefix + name: getattr(draft, name) for name in names}
            differing = {name: value for name, value in values.items() if getattr(record, name) != value}
            if (
                isinstance(record, Bank)
                and id(record) not in self._new
                and differing.keys() & set(ABOUT_MONEY)
            ):
                differing["is_verified"] = False
            for name, value in differing.items():
                setattr(record, name, value)
            if id(record) in self._new:
                changed[id(record)] = record, None
            elif differing:
                before = changed.get(id(record), (record, set()))[1] or set()
                changed[id(record)] = record, before | differing.keys()
        return list(changed.values())

    def verified_accounts_altered(self) -> list[Finding]:
        """What would make an account another one than was verified: that is for two people, on the lead's page."""
        return [
            Finding(f"applicants[{at}].banks[{place}].{name}", "verified_account", VERIFIED, Severity.ERROR)
            for at, person in enumerate(self.draft.applicants)
            for place, bank in enumerate(person.banks)
            for name in ABOUT_MONEY
            if (record := self._record_of(bank)).is_verified and getattr(record, name) != getattr(bank, name)
        ]

    def _take(self, draft: Any, record: Any, names: Sequence[str], prefix: str = "") -> None:
        self._pairs.append((draft, record, names, prefix))
        for name in names:
            setattr(draft, name, getattr(record, prefix + name))

    def _pair(self, draft: Any, record: Any, names: Sequence[str], prefix: str = "") -> None:
        """A record that is not there yet; the draft fills it."""
        self._pairs.append((draft, record, names, prefix))
        self._new.add(id(record))

    def _applicant(self, record: Applicant) -> ApplicantDraft:
        draft = ApplicantDraft()
        self._take(draft, record, APPLICANT_FIELDS)
        self._take(draft.identity_document, record, IDENTITY_FIELDS, "identity_")
        for address in record.addresses.all():
            draft.addresses.append(AddressDraft())
            self._take(draft.addresses[-1], address, ADDRESS_FIELDS)
        for bank in record.banks.all():
            draft.banks.append(BankDraft())
            self._take(draft.banks[-1], bank, BANK_FIELDS)
        return draft

    def _record_of(self, draft: Any) -> Any:
        return next(record for each, record, _, _ in self._pairs if each is draft)

    def _at(self, place: int) -> ApplicantDraft | None:
        return self.draft.applicants[place] if place < len(self.draft.applicants) else None

    def _add_applicant(self, person: ApplicantDraft) -> None:
        self.draft.applicants.append(person)
        record = Applicant(lead=self._lead, position=len(self.draft.applicants) - 1)
        self._pair(person, record, APPLICANT_FIELDS)
        self._pair(person.identity_document, record, IDENTITY_FIELDS, "identity_")
        for at, address in enumerate(person.addresses):
            self._pair(address, Address(applicant=record, position=at), ADDRESS_FIELDS)
        for at, bank in enumerate(person.banks):
            self._pair(bank, Bank(applicant=record, position=at), BANK_FIELDS)

    def _merge_applicant(self, known: ApplicantDraft, person: ApplicantDraft) -> None:
        _fill(known, person, APPLICANT_FIELDS)
        _fill(known.identity_document, person.identity_document, IDENTITY_FIELDS)
        record = self._record_of(known)
        homes = self._meant(known.addresses, person.addresses, addresses_meant)
        for address, home in zip(person.addresses, homes, strict=True):
            if home is not None:
                names = [name for name in ADDRESS_FIELDS if name != "tags" or self._placed]
                _fill(home, address, names)
            else:
                self._pair(address, Address(applicant=record, position=len(known.addresses)), ADDRESS_FIELDS)
                known.addresses.append(address)
        accounts = self._meant(known.banks, person.banks, banks_meant)
        for bank, account in zip(person.banks, accounts, strict=True):
            if account is not None:
                _fill(account, bank, BANK_FIELDS)
            else:
                self._pair(bank, Bank(applicant=record, position=len(known.banks)), BANK_FIELDS)
                known.banks.append(bank)

    def _meant(
        self, known: list[T], given: list[T], find: Callable[[list[T], list[T]], list[T | None]]
    ) -> list[T | None]:
        if not self._placed:
            return find(known, given)
        return [known[at] if at < len(known) else None for at in range(len(given))]


_EMPTY = {
    kind: kind() for kind in (LeadDraft, ApplicantDraft, AddressDraft, BankDraft, IdentityDocumentDraft)
}


def _fill(known: Any, given: Any, names: Iterable[str]) -> None:
    """Put what is given in place of what is known; what is not given stays."""
    empty = _EMPTY[type(given)]
    for name in names:
        value = getattr(given, name)
        if value != getattr(empty, name) and name != "is_primary":
            setattr(known, name, value)
