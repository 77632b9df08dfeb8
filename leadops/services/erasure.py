"""Erasing the personal data of leads: what they were and what became of them stays, who they were about does not.

A field that somebody adds to a lead, an applicant, an address or a bank account is erased too, unless it is named
here as one that stays.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from leadops import signals
from leadops.errors import Gone, LeadopsError
from leadops.models import (
    Address,
    Applicant,
    Bank,
    BankVerification,
    BorrowerToken,
    Document,
    DocumentEvent,
    Erasure,
    Holder,
    ImportRow,
    Lead,
    LeadMerge,
    LegalHold,
    Merge,
    Officer,
)
from leadops.services import audit, duplicates, erased_answers, erased_files, holders, leads, status_steps
from leadops.services.approvals import bank_accounts

ENDED_ACCOUNTS = ("cancelled", "closed", "dropped", "foreclosed", "rejected", "settled", "written_off")
"""The vendors' words for loan accounts that are over, in small letters."""
_OF_ROW = {"id", "created_at", "updated_at", "position"}
STAYS: dict[type[models.Model], set[str]] = {
    Lead: _OF_ROW
    | {
        "partner",
        "program",
        "branch",
        "intake",
        "source",
        "channel",
        "partner_ref_id",
        "status",
        "sync_status",
    }
    | {
        "owner",
        "loan_amount",
        "loan_tenure",
        "loan_tenure_unit",
        "version",
        "created_by",
        "deleted_at",
        "erased_at",
    },
    Applicant: _OF_ROW | {"lead", "applicant_type", "is_primary", "is_authorized_signatory", "business_type"},
    Address: _OF_ROW | {"applicant", "country"},
    Bank: _OF_ROW | {"applicant", "account_type", "is_verified"},
}
ERASED = "Erased"


class OnHold(LeadopsError):
    """A legal hold stands: nothing of this lead is erased until it is lifted."""


class AccountRuns(LeadopsError):
    """This lead has a loan account that is not closed, so its data is still needed."""


class ErasedBefore(LeadopsError):
    """The personal data of this lead was erased before."""


def erase(
    lead_id: UUID, cause: Erasure.Cause, *, officer: Officer | None = None, reason: str = ""
) -> Erasure:
    """Erase the personal data of a lead wherever it is kept; a lead that has not ended is dropped first.

    The leads that were merged into it go with it: they are out of sight, and are of the same people.
    One transaction; files are deleted after it, and again by night where a store did not answer. Raises Gone, OnHold,
    AccountRuns, ErasedBefore, or what another app says that must not be erased now.
    """
    with transaction.atomic(), audit.acting(erasing=True):
        lead = _to_erase(lead_id)
        _drop(lead)
        holders.list_for([lead], Holder.Cause.ERASURE)
        files = list(_files(lead))
        what = _empty(lead)
        for _, told in signals.leads_erased.send(Lead, leads=[lead]):
            what |= told if isinstance(told, dict) else {}
        done = Erasure.objects.create(
            lead=lead, cause=cause, officer=officer, reason=reason, what=what, files=files
        )
        transaction.on_commit(partial(erased_files.delete, done.pk), robust=True)
        if cause == Erasure.Cause.REQUEST:  # what a night erases is gone through at its end
            transaction.on_commit(partial(erased_answers.forget, [lead.pk]), robust=True)
        _erase_merged(lead, cause, officer, reason)
    return done


def _erase_merged(lead: Lead, cause: Erasure.Cause, officer: Officer | None, reason: str) -> None:
    merges = LeadMerge.objects.filter(kept=lead, undone_at=None, merged__erased_at=None).order_by("pk")
    if merged := list(merges.values_list("merged", flat=True)):
        for lead_id in merged:
            erase(lead_id, cause, officer=officer, reason=reason)
        transaction.on_commit(partial(erased_answers.forget, merged), robust=True)


def _to_erase(lead_id: UUID) -> Lead:
    """The lead, locked; who places a hold on it waits, or is seen."""
    lead = (
        Lead.with_deleted.select_for_update(of=("self",)).select_related("partner").filter(pk=lead_id).first()
    )
    if lead is None:
        raise Gone
    if lead.erased_at is not None:
        raise ErasedBefore
    if LegalHold.objects.filter(lead=lead, lifted_at=None).exists():
        raise OnHold
    if any(
        word.lower() not in ENDED_ACCOUNTS for word in lead.loan_accounts.values_list("status", flat=True)
    ):
        raise AccountRuns
    return lead


def _drop(lead: Lead) -> None:
    """Of what has not ended nothing is sent any more; its pages that are open are outdated."""
    if not lead.is_stopped and not lead.loan_accounts.exists():
        status_steps.take([lead], Lead.Status.DROPPED)
    if lead.deleted_at is None:
        leads.revise(lead)


# What is emptied -------------------------------------------------------------------------------------------------


def _empty(lead: Lead) -> dict[str, int]:
    """Empty what the core keeps; returns how many of what."""
    people = Applicant.objects.filter(lead=lead)
    banks = Bank.objects.filter(applicant__in=people)
    done = {
        "bank accounts": banks.update(**_blank(Bank)),
        "addresses": Address.objects.filter(applicant__in=people).update(**_blank(Address)),
        "import rows": _rows_of(lead).update(cells="", updated_at=Now()),
        "documents": Document.objects.filter(lead=lead).count(),
        "notes": lead.notes.count(),
        "tasks": lead.tasks.count(),
    }
    for each in BankVerification.objects.filter(bank__in=banks):
        each.key, each.name_at_bank, each.reason = uuid.uuid4(), "", ""
        each.save()
    done["applicants"] = people.update(**_blank(Applicant) | {"name": ERASED})
    Document.objects.filter(lead=lead).delete()
    _empty_beside(lead)
    Lead.with_deleted.filter(pk=lead.pk).update(**_blank(Lead) | {"erased_at": Now()})
    return done


def _empty_beside(lead: Lead) -> None:
    """What tells of a lead in other places."""
    bank_accounts.forget(lead)
    DocumentEvent.objects.filter(lead=lead).update(document=ERASED, ip_address=None)
    lead.consents.update(ip_address=None)
    BorrowerToken.objects.filter(lead=lead).delete()
    lead.tasks.all().delete()
    lead.notes.all().delete()
    lead.status_steps.update(note="")
    LeadMerge.objects.filter(Q(kept=lead) | Q(merged=lead)).update(before="")
    duplicates.forget(lead)
    Merge.objects.filter(lead=lead).update(common=[])
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Lead), object_id=str(lead.pk)
    )
    entries.update(change_message="")  # it names applicants


def _rows_of(lead: Lead) -> models.QuerySet[ImportRow]:
    """The rows that a workbook had of this lead, those below its first one too."""
    places = Q(pk__in=[])
    for batch, first in lead.import_rows.values_list("batch", "lead_row").distinct():
        places |= Q(batch=batch, lead_row=first)
    return ImportRow.objects.filter(places | Q(lead=lead))


def _files(lead: Lead) -> Iterator[tuple[str, str]]:
    """The documents, and the workbooks that it came in with: their rows are kept, and nobody reads them again."""
    for name in lead.documents.values_list("file", flat=True):
        yield "documents", name
    for name in set(lead.import_rows.exclude(batch__file="").values_list("batch__file", flat=True)):
        yield "default", name


def _blank(model: type[models.Model]) -> dict[str, Any]:
    """Nothing, for every field of `model` but those that stay."""
    fields = [field for field in model._meta.concrete_fields if field.name not in STAYS[model]]
    return {field.name: _nothing(field) for field in fields} | {"updated_at": Now()}


def _nothing(field: models.Field[Any, Any]) -> Any:
    if field.null:
        return None
    if isinstance(field, ArrayField):
        return []
    return {} if isinstance(field, models.JSONField) else ""
