"""Making two leads of one borrower one, on an officer's word; it can be undone for a day.

The other lead goes out of sight and keeps what vendors were told of it. What moves to the kept one is noted record by
record, and every value that is replaced, so that undoing puts back just that and nothing that came later.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from leadops.errors import Invalid, LeadopsError
from leadops.fields import indexes_of
from leadops.models import (
    Address,
    Applicant,
    Bank,
    Consent,
    Document,
    Lead,
    LeadMerge,
    Note,
    Officer,
    Task,
)
from leadops.services import consents, duplicates, leads, status_steps
from leadops.services.duplicates.records import draft_of
from leadops.services.lead_comparison import (
    Couple,
    account_of,
    couples,
    has_address,
    persons,
    says_the_same,
    strangers,
    withdrawal_of,
)
from leadops.signals import documents_changed
from leadops.validation import check_lead, errors_in

MODELS: dict[str, type[Model]] = {
    each.__name__: each for each in (Lead, Applicant, Address, Bank, Consent, Document, Note, Task)
}
_UNDER_WAY = (Lead.Status.SUBMITTED, Lead.Status.IN_REVIEW, Lead.Status.APPROVED)
"""A lead that vendors may have. What they have stays with it, so that a draft kept in its place would go out anew."""


class CantMerge(LeadopsError):
    """These two leads can't be made one."""


@transaction.atomic
def merge(kept_id: UUID, other_id: UUID, taken: Collection[str], by: Officer) -> LeadMerge:
    """Make the other lead a part of the kept one; `taken` are the paths whose value is taken from the other.

    Raises CantMerge, and Invalid where the kept lead would not be right as a whole.
    """
    kept, other = _both(kept_id, other_id, by)
    found = couples(kept, other)
    changes = _Changes()
    for couple in found:
        _take(couple, taken, changes)
    _unite_tags(kept, other, changes)
    _move_parts(kept, other, found, changes)
    withdrawn = _move_consents(kept, other, changes)
    _refuse_wrong(kept)
    merged = LeadMerge.objects.create(
        kept=kept, merged=other, by=by, taken=sorted(taken), before=changes.as_json(other.status)
    )
    _take_out_of_sight(kept, other, by)
    leads.revise(kept)
    documents_changed.send(Document, leads=[kept])  # the other's came along
    if withdrawn:
        consents.announce_withdrawal(kept)
    duplicates.look_again(kept)
    return merged


def why_not(kept: Lead, other: Lead) -> str:
    """Why these two can't be made one; empty where they can."""
    if kept.pk == other.pk:
        return _("A lead can't be merged with itself.")
    if kept.program_id != other.program_id:
        return _("The two leads are of different programs.")
    if erased := next((each for each in (kept, other) if each.erased_at), None):
        return _("The personal data of %(lead)s was erased: there is nothing left to merge.") % {
            "lead": erased
        }
    if other.loan_accounts.exists():
        return _("%(lead)s has a loan account: keep that one.") % {"lead": other}
    if is_held(other):
        return _("A legal hold stands on %(lead)s: keep that one, so that what is held stays with it.") % {
            "lead": other
        }
    if kept.status == Lead.Status.DRAFT and other.status in _UNDER_WAY:
        told = {"lead": other, "word": other.get_status_display().lower()}
        return (
            _("%(lead)s is %(word)s already: keep that one, or vendors would be sent the borrower twice.")
            % told
        )
    if kept.is_stopped:
        word = kept.get_status_display().lower()
        return _("%(lead)s is %(word)s: keep the other one, or reopen it.") % {"lead": kept, "word": word}
    return ""


def is_held(lead: Lead) -> bool:
    return lead.legal_holds.filter(lifted_at=None).exists()


def _both(kept_id: UUID, other_id: UUID, by: Officer) -> tuple[Lead, Lead]:
    """The two leads, locked, with their parties."""
    seen = Lead.objects.visible_to(by).filter(pk__in=[kept_id, other_id])
    list(seen.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    both = {lead.pk: lead for lead in seen.with_parties()}
    if len(both) != len({kept_id, other_id}):
        raise CantMerge(_("One of the two leads is gone."))
    kept, other = both[kept_id], both[other_id]
    if reason := why_not(kept, other):
        raise CantMerge(reason)
    return kept, other


class _Changes:
    """What a merge alters, value by value, so that it can be put back."""

    def __init__(self) -> None:
        self._values: list[dict[str, Any]] = []

    def set(self, row: Model, **values: Any) -> None:
        """Store these values of `row`, and note the ones before."""
        for name, value in values.items():
            told = {"model": type(row).__name__, "id": str(row.pk), "name": name}
            self._values.append({**told, "before": getattr(row, name), "after": value})
            setattr(row, name, value)
        row.save(update_fields=[*values, *indexes_of(type(row), list(values)), "updated_at"])

    def as_json(self, status: str) -> str:
        # Moments whole: Django's encoder cuts them, and undoing would take them for changed since.
        return json.dumps({"status": status, "values": self._values}, default=str)


def _take(couple: Couple, taken: Collection[str], changes: _Changes) -> None:
    picked = {each.name: each.other for each in couple.differing() if each.path in taken}
    if picked:
        changes.set(couple.kept, **picked)


def _unite_tags(kept: Lead, other: Lead, changes: _Changes) -> None:
    if more := [tag for tag in other.tags if tag not in kept.tags]:
        changes.set(kept, tags=[*kept.tags, *more])


def _move_parts(kept: Lead, other: Lead, found: Sequence[Couple], changes: _Changes) -> None:
    """Persons, addresses and accounts that only the other has; documents, notes and tasks all of them."""
    same: dict[UUID, UUID] = {other.pk: kept.pk}
    place, led = len(kept.applicants.all()), any(each.is_primary for each in kept.applicants.all())
    for at, person in enumerate(strangers(other, found)):
        leads_now = person.is_primary and not led
        changes.set(person, lead_id=kept.pk, position=place + at, is_primary=leads_now)
    for mine, theirs in persons(found):
        same[theirs.pk] = mine.pk
        for address in theirs.addresses.all():
            if not has_address(mine, address):
                changes.set(
                    address, applicant_id=mine.pk, position=address.position + len(mine.addresses.all())
                )
        for bank in theirs.banks.all():
            if (known := account_of(bank, mine)) is not None:
                same[bank.pk] = known.pk
            else:
                changes.set(bank, applicant_id=mine.pk, position=bank.position + len(mine.banks.all()))
                _verify_anew(bank)
    for document in Document.objects.filter(lead=other):
        about = same.get(document.related_model_id, document.related_model_id)
        changes.set(document, lead_id=kept.pk, related_model_id=about)
    for model in (Note, Task):
        for row in model.objects.filter(lead=other):
            changes.set(row, lead_id=kept.pk)


def _move_consents(kept: Lead, other: Lead, changes: _Changes) -> bool:
    """Bring along each consent that only the other has; returns whether one that stood is withdrawn by that.

    What the borrower agreed to at one moment and took back in either lead is taken back in both.
    """
    own, theirs = list(kept.consents.all()), list(other.consents.all())
    come = [each for each in theirs if not any(says_the_same(each, mine) for mine in own)]
    for consent in come:
        changes.set(consent, lead_id=kept.pk)
    taken_back = [each for each in [*own, *theirs] if each.withdrawn_at]
    standing = [each for each in [*own, *come] if not each.withdrawn_at]
    ended = [(each, gone) for each in standing if (gone := withdrawal_of(each, taken_back))]
    for consent, gone in ended:
        names = ("withdrawn_at", "withdrawn_by_id", "withdrawal_reason")
        changes.set(consent, **{name: getattr(gone, name) for name in names})
    return bool(ended)


def _verify_anew(bank: Bank) -> None:
    """It was verified for another record of the person, whose name may be another.

    Not noted: undoing would bring the word back for an account that may have been changed since.
    """
    if bank.is_verified:
        bank.is_verified = False
        bank.save(update_fields=["is_verified", "updated_at"])


def _refuse_wrong(kept: Lead) -> None:
    whole = Lead.objects.with_parties().get(pk=kept.pk)
    if errors := errors_in(check_lead(draft_of(whole), country=whole.program.country)):
        raise Invalid(errors)


def _take_out_of_sight(kept: Lead, other: Lead, by: Officer) -> None:
    if not other.is_stopped:
        note = _("Merged into %(lead)s.") % {"lead": kept}
        status_steps.take([other], Lead.Status.DROPPED, by=by, note=note)
    leads.revise(other)  # first, because it changes leads in sight alone
    Lead.objects.filter(pk=other.pk).update(deleted_at=timezone.now(), updated_at=Now())
    duplicates.forget(other)
