"""Our records as frozen snapshots for the connectors: on the way out only `document_records` reads them beside."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError

from crm_integrations import document_records, record_parts
from crm_integrations.models import Delivery, PartnerEvent, State
from crm_integrations.records import (
    MAIN_KINDS,
    AddressRecord,
    ApplicantRecord,
    BankRecord,
    EventRecord,
    Kind,
    LeadRecord,
    LoanAccountRecord,
    Record,
)
from crm_integrations.rows import Table, rows_of_leads
from leadops.faults import place_of
from leadops.models import Address, Applicant, Bank, Lead
from leadops.models.bank import verification_key

K = TypeVar("K")
R = TypeVar("R")
logger = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError)
"""The database went away, which is no record's fault."""
LEAD = Table(
    Lead,
    "id program_id primary_mobile partner_ref_id source channel loan_amount loan_tenure loan_tenure_unit loan_purpose"
    " remarks tags extra version",
    "leadops_lead.id = ANY(%(leads)s)",
    "JOIN leadops_partner partner ON partner.id = partner_id JOIN leadops_program program ON program.id = program_id",
    {
        "partner_code": "partner.code",
        "program_code": "program.code",
        "in_test_space": "partner.test_of_id IS NOT NULL",
        "keeps_events": "partner.keeps_events",
    },
)
APPLICANT = Table(
    Applicant,
    "id lead_id applicant_type name is_primary is_authorized_signatory business_type tags first_name middle_name"
    " last_name gender date_of_birth place_of_birth nationality father_name monthly_income monthly_expenses"
    " employer_name pan_no primary_mobile primary_email identity_type identity_series identity_number"
    " identity_issued_on identity_issued_by identity_issuer_code identity_expires_on tax_id insurance_no gstin",
    "lead_id = ANY(%(leads)s)",
    order="lead_id, position, id",
)
THEIRS = "applicant_id IN (SELECT id FROM leadops_applicant WHERE lead_id = ANY(%(leads)s))"
ADDRESS = Table(
    Address,
    "id applicant_id tags address_line pincode locality city state country house_no street apartment_no fias_id",
    THEIRS,
    order="applicant_id, position, id",
)
BANK = Table(
    Bank,
    "id applicant_id account_type account_no account_holder_name ifsc is_verified tags",
    THEIRS,
    order="applicant_id, position, id",
)


class WrongSpace(Exception):
    """A lead of a test key goes to connections for test leads only, and no other lead goes there."""


def readable(
    these: Collection[K], read: Callable[[list[K]], dict[UUID, R]]
) -> tuple[dict[UUID, R], dict[K, Exception]]:
    """What `read` makes of `these`, all at once, or else one by one, so that one it fails at spoils no other.

    The second is why it failed, by what it failed at.
    """
    try:
        return read(list(these)), {}
    except AWAY:
        raise
    except Exception as error:
        logger.error("A record can't be read: %s.", place_of(error))
    found: dict[UUID, R] = {}
    unread: dict[K, Exception] = {}
    for each in these:
        try:
            found |= read([each])
        except AWAY:
            raise
        except Exception as error:
            unread[each] = error
    return found, unread


def of_deliveries(deliveries: Sequence[Delivery]) -> dict[UUID, Record]:
    """The newest version of each delivery's record, by delivery id; those of leads in one round trip.

    A delivery whose record is gone is not in the answer. Raises WrongSpace: whatever put a delivery into the outbox,
    no test lead gets past here to a live connection.
    """
    lead_ids = {d.lead_id for d in deliveries if d.lead_id is not None and d.loan_account_id is None}
    told = _events({d.event_id for d in deliveries if d.event_id is not None})
    found, *rows = rows_of_leads(lead_ids, LEAD, ADDRESS, BANK, APPLICANT)
    leads, parties = {lead.id: lead for lead in found}, _parties(*rows)
    about_leads = document_records.of_deliveries(deliveries) | _banks(deliveries, rows[1])
    records: dict[UUID, Record] = {}
    for delivery in deliveries:
        if delivery.loan_account_id is not None:
            assert delivery.loan_account is not None
            _check_space(delivery, delivery.loan_account.in_test_space)
            records[delivery.pk] = _loan_account(delivery)
        elif delivery.event_id is not None:
            if (event := told.get(delivery.event_id)) is not None:
                records[delivery.pk] = event
        elif delivery.lead_id is not None and (lead := leads.get(delivery.lead_id)) is not None:
            _check_space(delivery, lead.in_test_space)
            if delivery.kind not in MAIN_KINDS:
                if (part := about_leads.get(delivery.pk)) is not None:
                    records[delivery.pk], delivery.read_version = part, lead.version
                continue
            vendor, codes = delivery.connection.vendor, (lead.partner_code, lead.program_code)
            records[delivery.pk] = _lead(lead, codes, parties[lead.id], delivery.ref, vendor)
            delivery.read_version, delivery.partner_listens = lead.version, lead.keeps_events
    return records


def _banks(deliveries: Sequence[Delivery], rows: Sequence[Any]) -> dict[UUID, Record]:
    """The bank account of each delivery, by the delivery's id; none where it is another by now."""
    wanted = [each for each in deliveries if each.kind == Kind.BANK]
    accounts = {_key(bank): bank for bank in rows} if wanted else {}
    return {
        each.pk: record_parts.bank_account(bank, each.ref)
        for each in wanted
        if (bank := accounts.get(each.record_id)) is not None
    }


def _events(numbers: Collection[int]) -> dict[int, EventRecord]:
    """Events by their numbers."""
    if not numbers:
        return {}
    found = PartnerEvent.objects.filter(pk__in=numbers)
    return {e.number: EventRecord(str(e.id), e.type, e.created_at.isoformat(), e.data) for e in found}


def of_leads(leads: Sequence[Lead], vendors: Collection[str]) -> dict[UUID, dict[str, LeadRecord]]:
    """Each of `leads`, by its id, as each of `vendors` would see it now, in a fixed number of queries."""
    parties = _parties(*rows_of_leads([lead.pk for lead in leads], ADDRESS, BANK, APPLICANT))
    return {
        lead.pk: {
            vendor: _lead(lead, (lead.partner.code, lead.program.code), parties[lead.pk], lead.pk.hex, vendor)
            for vendor in vendors
        }
        for lead in leads
    }


Parties = tuple[ApplicantRecord, ...]


def _parties(addresses: list[Any], banks: list[Any], applicants: list[Any]) -> Mapping[UUID, Parties]:
    """The applicants of leads with all that is theirs, by the lead's id."""
    lived: dict[UUID, list[AddressRecord]] = defaultdict(list)
    for address in addresses:
        lived[address.applicant_id].append(record_parts.address(address))
    held: dict[UUID, list[BankRecord]] = defaultdict(list)
    for bank in banks:
        held[bank.applicant_id].append(record_parts.bank(bank))
    parties: dict[UUID, Parties] = defaultdict(tuple)
    for each in applicants:
        parties[each.lead_id] += (record_parts.applicant(each, tuple(lived[each.id]), tuple(held[each.id])),)
    return parties


def _lead(lead: Any, codes: tuple[str, str], parties: Parties, ref: str, vendor: str) -> LeadRecord:
    """`lead` is one, or its row; `codes` are its partner's and its program's."""
    return LeadRecord(
        id=str(lead.id),
        ref=ref,
        program_id=str(lead.program_id),
        program_code=codes[1],
        primary_mobile=record_parts.phone(lead.primary_mobile),
        partner_code=codes[0],
        partner_ref_id=lead.partner_ref_id,
        source=lead.source,
        channel=lead.channel,
        loan_amount=lead.loan_amount,
        loan_tenure=lead.loan_tenure,
        loan_tenure_unit=lead.loan_tenure_unit,
        loan_purpose=lead.loan_purpose,
        remarks=lead.remarks,
        tags=tuple(lead.tags),
        extra=lead.extra.get(vendor, {}),
        applicants=parties,
    )


def _check_space(delivery: Delivery, in_test_space: bool) -> None:
    if delivery.connection.test_space != in_test_space:
        raise WrongSpace


def _key(bank: Any) -> UUID | None:
    """What a verifying of this account is about."""
    return verification_key(bank.id, bank.account_no, bank.ifsc)


def _loan_account(delivery: Delivery) -> LoanAccountRecord:
    account = delivery.loan_account
    assert account is not None
    delivery.read_version = account.version
    given = _lead_references(account.lead_id, delivery.depends_on)
    return LoanAccountRecord(
        id=str(account.pk),
        ref=delivery.ref,
        ref_id=account.ref_id,
        program_id=str(account.program_id),
        program_code=account.program.code,
        product_type=account.product_type,
        lead_reference=next((each for each, state in given if state == State.DELIVERED), ""),
        lead_references=tuple(each for each, _ in given),
    )


def _lead_references(lead_id: UUID, vendor: str) -> list[tuple[str, str]]:
    """The ids that `vendor` gave the lead, the newest first, each with how its delivery stands."""
    told = Delivery.objects.filter(lead_id=lead_id, kind=Kind.LEAD, connection__vendor=vendor)
    return list(told.exclude(reference="").order_by("-delivered_at").values_list("reference", "state"))
