"""Changing a bank account after it was verified, and saying that one is: money may go to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Model, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leadops import masking
from leadops.models import Bank, Lead, Officer, PendingChange
from leadops.models.pending_change import Line
from leadops.services import duplicates, leads
from leadops.services.approvals.asking import needed
from leadops.services.approvals.kind import Data, Kind, Reach, line, version_of
from leadops.services.lead_updates import ABOUT_MONEY

GATED = (*ABOUT_MONEY, "is_verified")
"""What makes a verified account another one, or is the word that it is verified."""
LABELS = {
    "account_no": _("Account number"),
    "ifsc": _("IFSC"),
    "account_holder_name": _("Account holder"),
    "is_verified": _("Verified"),
}


class BankChange(Kind):
    """Another number, IFSC or holder has to be verified again, as it does when it comes by the API.

    An officer's word that an account is verified is one too: a new account with it would go past this.
    """

    name = "bank"
    label = _("Verified bank account")
    model = Bank
    rights = ("leadops.change_lead", "leadops.change_bank")
    seen_with = "leadops.view_lead"

    def find(self, subject_id: str, data: Data, *, lock: bool = False) -> Any:
        if lock:  # the lead before the account, as its page does
            lead = Lead.with_deleted.select_for_update(no_key=True, of=("self",))
            lead.filter(applicants__banks=UUID(subject_id)).order_by().values_list("pk").first()
        return super().find(subject_id, data, lock=lock)

    def what(self, bank: Bank, data: Data) -> str:
        changed = "Delete" if data.get("delete") else "Change"
        verb = "Verify the" if data.get("verify") else f"{changed} the verified"
        return f"{verb} bank account {bank}{_of(_lead(bank))}"

    def describe(self, bank: Bank, data: Data) -> list[Line]:
        if data.get("delete"):
            lines = [line(LABELS[name], _said(name, getattr(bank, name)), "") for name in GATED]
        else:
            changed = {name: value for name, value in _values(data).items() if getattr(bank, name) != value}
            lines = [_line(name, getattr(bank, name), value) for name, value in changed.items()]
        return [{**each, "lead": str(_lead(bank).pk)} for each in lines]

    def base(self, bank: Bank, data: Data) -> str:
        return version_of([getattr(bank, name) for name in GATED])

    def apply(self, bank: Bank, data: Data, change: PendingChange) -> Model | None:
        lead = _lead(bank)
        if data.get("delete"):
            bank.delete()
        else:
            for name, value in _values(data).items():
                setattr(bank, name, value)
            bank.save()
        leads.revise(lead)
        duplicates.look_again(lead)
        return lead

    def reach(self, bank: Bank, data: Data) -> Reach:
        return Reach.of({_lead(bank).branch_id})

    def may_check(self, officer: Officer, bank: Bank, data: Data) -> bool:
        seen = Lead.objects.visible_to(officer).filter(pk=_lead(bank).pk).exists()
        return seen and super().may_check(officer, bank, data)


def keep_from_deletion(applicant_ids: Collection[UUID]) -> bool:
    """Whether deleting these applicants would take verified accounts along, past the second person."""
    return needed() and Bank.objects.filter(applicant__in=applicant_ids, is_verified=True).exists()


def forget(lead: Lead) -> None:
    """Empty what changes of this lead's accounts say of their holders; those that wait are over."""
    stored = Bank.objects.filter(applicant__lead=lead).values_list("pk", flat=True)
    about = Q(subject_model="leadops.bank", subject_id__in=[str(key) for key in stored])
    about |= Q(subject_model="leadops.lead", subject_id=str(lead.pk))  # its subject once it is approved
    found = PendingChange.objects.filter(about | Q(pk__in=_of_deleted(lead)), kind=BankChange.name)
    over = {"state": PendingChange.State.STALE, "decided_at": Now(), "words": "Its personal data was erased."}
    found.waiting().update(**over)
    found.update(diff=[], sealed_data="", updated_at=Now())


def _of_deleted(lead: Lead) -> list[UUID]:
    """The changes of accounts that are gone: only the changes themselves still say of which lead they were.

    Those that were asked for before their lines did so say it in words, which other partners' leads may share.
    """
    in_words = Q(what__endswith=_of(lead), diff__0__lead__isnull=True)
    told = PendingChange.objects.filter(
        in_words | Q(diff__0__lead=str(lead.pk)), kind=BankChange.name, subject_model="leadops.bank"
    )
    subjects = {key: UUID(bank) for key, bank in told.values_list("pk", "subject_id")}
    there = set(Bank.objects.filter(pk__in=subjects.values()).values_list("pk", flat=True))
    return [key for key, bank in subjects.items() if bank not in there]


def _of(lead: Lead) -> str:
    """How the words of such a change end."""
    return f" of lead {lead.reference}"


def _lead(bank: Bank) -> Lead:
    return Lead.with_deleted.get(applicants=bank.applicant_id)


def _values(data: Data) -> dict[str, Any]:
    """The new values; what was verified is not what is written now."""
    if data.get("verify"):
        return {"is_verified": True}
    given: dict[str, Any] = data["fields"]
    return {**given, "is_verified": False}


def _line(name: str, old: Any, new: Any) -> Line:
    before, after = _said(name, old), _said(name, new)
    if before == after:  # another number may end alike
        return line(LABELS[name], before, _("{value} (another one)").format(value=after))
    return line(LABELS[name], before, after)


def _said(name: str, value: Any) -> Any:
    return masking.dotted(value) if name == "account_no" else value
