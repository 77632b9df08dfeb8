"""What the core announces becomes deliveries, in the announcer's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from crm_integrations import (
    announcements,
    erasing,
    events,
    gaps,
    holders,
    notices,
    outbox,
    registry,
    routing,
    summary,
)
from crm_integrations.connector import Kind
from crm_integrations.models import Connection, Notice
from leadops.ids import uuid7
from leadops.models import ImportBatch, Lead, LoanAccount, Officer
from leadops.prepared import Along
from leadops.services.holders import Held
from leadops.signals import (
    consents_withdrawn,
    documents_changed,
    holders_asked,
    imports_finished,
    leads_changed,
    leads_coming,
    leads_created,
    leads_erased,
    leads_expected,
    leads_ready,
    leads_stopped,
    leads_to_be_deleted,
    loan_accounts_changed,
    loan_accounts_ready,
    reveals_refused,
)

TOO_MANY = "An officer wanted to see more personal data unmasked than anybody may within an hour."


@receiver(leads_expected)
def look_where_to(sender: Any, program_id: UUID, **_: Any) -> list[Along]:
    """Where a lead would go is asked while its borrower is looked for."""
    return [routing.asked({program_id})]


@receiver(leads_coming)
def enqueue_along(sender: Any, leads: Sequence[Lead], along: Sequence[Along], **_: Any) -> list[Along]:
    """The deliveries are made as their leads are stored, and that the leads' gaps are to be found is noted."""
    return announcements.along_with(leads, along)


@receiver(leads_ready)
def enqueue_leads(
    sender: Any,
    leads: Sequence[Lead],
    connections: Sequence[UUID] | None = None,
    later: bool = False,
    along: Sequence[Along] = (),
    by: Officer | None = None,
    **_: Any,
) -> int:
    """A delivery for each lead to each connection its program's routes name, or to `connections` alone."""
    if later and connections is None:
        announcements.note(leads)
        return 0
    too = _send_passed_over(leads, connections) if by is not None and connections is not None else 0
    enqueued = announcements.enqueue(leads, connections, along)
    nowhere = {}
    for lead in leads:
        if lead.pk in enqueued.words:
            lead.sync_status = enqueued.words[lead.pk]
        elif lead.sync_status == Lead.SyncStatus.IN_PROGRESS:
            nowhere[lead.pk] = lead
    if nowhere:
        _derive(nowhere)
    return enqueued.made + too


def _send_passed_over(leads: Sequence[Lead], connections: Sequence[UUID]) -> int:
    """Where an officer sends leads, those go again that were not taken there, and documents that were not sent.

    Returns how many.
    """
    ids = [lead.pk for lead in leads]
    summary.lock(ids)
    again = outbox.retry(outbox.passed_over(ids, connections))
    among = [each for each in Connection.objects.filter(pk__in=connections) if each.takes_documents]
    if not among:
        return again
    too = outbox.retry(outbox.documents.passed_over(ids, connections))
    return again + too + outbox.documents.send_along(ids, among)


def _derive(leads: Mapping[UUID, Lead]) -> None:
    """A new lead is stored as on its way, so that it need not be written again; where it goes nowhere it has to be."""
    summary.derive(summary.lock(leads))
    now = Lead.with_deleted.filter(pk__in=leads.keys()).values_list("pk", "sync_status", "updated_at")
    for pk, word, moment in now:
        leads[pk].sync_status, leads[pk].updated_at = word, moment


@receiver(leads_created)
def tell_of_new(sender: Any, leads: Sequence[Lead], **_: Any) -> None:
    """Whoever brought them is told, where it asked for that."""
    events.of_new_leads(leads)


@receiver(leads_changed)
def mark_changed(sender: Any, leads: Sequence[Lead], new: bool = False, **_: Any) -> None:
    """What changed leads miss is found anew, and their partners are told."""
    gaps.mark(lead.pk for lead in leads)
    if new:
        events.of_new_leads(leads)
    else:
        events.of_changed_leads(leads)


@receiver(loan_accounts_changed)
def tell_of_accounts(sender: Any, account_ids: Sequence[UUID], **_: Any) -> None:
    """The partners of accounts with another status are told."""
    events.of_accounts(account_ids)


@receiver(imports_finished)
def tell_of_imports(sender: Any, batches: Sequence[ImportBatch], **_: Any) -> None:
    """The partners of imports that have ended are told."""
    events.of_imports(batches)


@receiver(leads_changed)
def look_for_consents(sender: Any, leads: Sequence[Lead], **_: Any) -> None:
    """What waited for a consent goes on once it is there."""
    outbox.consents.look_again({lead.pk for lead in leads})


@receiver(consents_withdrawn)
def cancel_without_consent(sender: Any, leads: Sequence[Lead], **_: Any) -> None:
    """Nothing goes out any more that its borrower does not agree to."""
    outbox.consents.withdraw(leads)


@receiver(holders_asked)
def tell_who_has_them(sender: Any, leads: Sequence[Lead], **_: Any) -> list[Held]:
    """The vendors that have data of these leads, or may have it."""
    return list(holders.of(leads))


@receiver(leads_erased)
def erase_what_was_told(sender: Any, leads: Sequence[Lead], **_: Any) -> dict[str, int]:
    """What calls and webhooks told of them is emptied; what was not sent yet never is."""
    outbox.consents.stop(leads)
    return erasing.erase(leads)


@receiver(reveals_refused)
def tell_of_reveals(sender: Any, officer: Officer, **_: Any) -> None:
    """Operations hear of it; the mail names nobody, the notice does."""
    notices.raise_notice(None, Notice.Kind.REVEALS, TOO_MANY, subject=officer.username)


@receiver(leads_stopped)
def cancel_unsent(sender: Any, leads: Sequence[Lead], **_: Any) -> None:
    """Nothing of a lead that the lender has ended is sent any more."""
    outbox.cancel_ended(leads)


@receiver(leads_to_be_deleted)
def hold_what_was_sent(sender: Any, leads: Sequence[Lead], lock: bool, **_: Any) -> dict[UUID, str]:
    """Which of these leads a vendor has, or may have, in words."""
    return outbox.undone_leads.begun([lead.pk for lead in leads], lock=lock)


@receiver(documents_changed)
def send_documents(sender: Any, leads: Sequence[Lead], **_: Any) -> None:
    """Whoever has the leads and is to be sent such documents is sent these."""
    ids = [lead.pk for lead in leads]
    outbox.documents.send_along(ids)
    outbox.retry(outbox.documents.again_as_before(ids), outbox.documents.AS_BEFORE)


@receiver(loan_accounts_ready)
def enqueue_loan_accounts(sender: Any, loan_accounts: Sequence[LoanAccount], **_: Any) -> None:
    """A delivery for each account to each LOS its program's routes name; it waits for the lead where it must."""
    outbox.enqueue([_delivery(account, to) for account, to in routing.of_accounts(loan_accounts)])


def _delivery(account: LoanAccount, to: routing.Target) -> outbox.New:
    vendor = registry.get(to.vendor)
    needs = vendor.depends_on
    return outbox.New(
        id=uuid7(),
        connection_id=to.connection_id,
        kind=Kind.LOAN_ACCOUNT,
        lead_id=account.lead_id,
        loan_account_id=account.pk,
        record_id=account.pk,
        version=account.version,
        ref=outbox.reference_of(account, vendor),
        depends_on=needs,
        waiting_for=registry.waits_for(needs) if needs else "",
    )
