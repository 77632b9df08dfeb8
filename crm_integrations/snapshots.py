"""Our records as frozen snapshots for the connectors: the only reader of `leadops.models` on the way out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import phonenumbers

from crm_integrations.models import Delivery, State
from crm_integrations.records import (
    AddressRecord,
    ApplicantRecord,
    BankRecord,
    IdentityDocument,
    LeadRecord,
    LoanAccountRecord,
    Phone,
    Record,
)
from leadops.models import Address, Applicant, Bank, Lead


def of_deliveries(deliveries: Sequence[Delivery]) -> dict[UUID, Record]:
    """The newest version of each delivery's record, by delivery id, in a fixed number of queries.

    A delivery whose record is gone is not in the answer.
    """
    lead_ids = {d.lead_id for d in deliveries if d.loan_account_id is None}
    leads = Lead.objects.select_related("partner", "program").in_bulk(lead_ids) if lead_ids else {}
    parties = _parties(lead_ids) if lead_ids else {}
    records: dict[UUID, Record] = {}
    for delivery in deliveries:
        if delivery.loan_account_id is not None:
            records[delivery.pk] = _loan_account(delivery)
        elif (lead := leads.get(delivery.lead_id)) is not None:
            vendor = delivery.connection.vendor
            records[delivery.pk] = _lead(lead, parties[lead.pk], delivery.ref, vendor)
            delivery.read_version = lead.version
    return records


def of_lead(lead: Lead, vendors: Collection[str]) -> dict[str, LeadRecord]:
    """`lead` as each of `vendors` would see it now, in a fixed number of queries."""
    return of_leads([lead], vendors)[lead.pk]


def of_leads(leads: Sequence[Lead], vendors: Collection[str]) -> dict[UUID, dict[str, LeadRecord]]:
    """Each of `leads`, by its id, as each of `vendors` would see it now, in a fixed number of queries."""
    parties = _parties([lead.pk for lead in leads])
    return {
        lead.pk: {vendor: _lead(lead, parties[lead.pk], lead.pk.hex, vendor) for vendor in vendors}
        for lead in leads
    }


Parties = tuple[ApplicantRecord, ...]


def _parties(lead_ids: Collection[UUID]) -> Mapping[UUID, Parties]:
    """The applicants of leads with all that is theirs. Joined here: a prefetch costs twice as much."""
    addresses: dict[UUID, list[AddressRecord]] = defaultdict(list)
    for address in Address.objects.filter(applicant__lead__in=lead_ids):
        addresses[address.applicant_id].append(_address(address))
    banks: dict[UUID, list[BankRecord]] = defaultdict(list)
    for bank in Bank.objects.filter(applicant__lead__in=lead_ids):
        banks[bank.applicant_id].append(_bank(bank))
    parties: dict[UUID, Parties] = defaultdict(tuple)
    for each in Applicant.objects.filter(lead__in=lead_ids):
        parties[each.lead_id] += (_applicant(each, tuple(addresses[each.pk]), tuple(banks[each.pk])),)
    return parties


def _lead(lead: Lead, parties: Parties, ref: str, vendor: str) -> LeadRecord:
    return LeadRecord(
        id=str(lead.pk),
        ref=ref,
        program_id=str(lead.program_id),
        program_code=lead.program.code,
        primary_mobile=phone(lead.primary_mobile),
        partner_code=lead.partner.code,
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


def _applicant(
    applicant: Applicant, addresses: tuple[AddressRecord, ...], banks: tuple[BankRecord, ...]
) -> ApplicantRecord:
    return ApplicantRecord(
        applicant_type=applicant.applicant_type,
        name=applicant.name,
        is_primary=applicant.is_primary,
        is_authorized_signatory=applicant.is_authorized_signatory,
        business_type=applicant.business_type,
        tags=tuple(applicant.tags),
        first_name=applicant.first_name,
        middle_name=applicant.middle_name,
        last_name=applicant.last_name,
        gender=applicant.gender,
        date_of_birth=applicant.date_of_birth,
        place_of_birth=applicant.place_of_birth,
        nationality=applicant.nationality,
        father_name=applicant.father_name,
        monthly_income=applicant.monthly_income,
        monthly_expenses=applicant.monthly_expenses,
        employer_name=applicant.employer_name,
        pan_no=applicant.pan_no,
        primary_mobile=phone(applicant.primary_mobile) if applicant.primary_mobile else None,
        primary_email=applicant.primary_email,
        identity_document=IdentityDocument(
            type=applicant.identity_type,
            series=applicant.identity_series,
            number=applicant.identity_number,
            issued_on=applicant.identity_issued_on,
            issued_by=applicant.identity_issued_by,
            issuer_code=applicant.identity_issuer_code,
            expires_on=applicant.identity_expires_on,
        ),
        tax_id=applicant.tax_id,
        insurance_no=applicant.insurance_no,
        gstin=applicant.gstin,
        addresses=addresses,
        banks=banks,
    )


def _address(address: Address) -> AddressRecord:
    return AddressRecord(
        tags=tuple(address.tags),
        address_line=address.address_line,
        pincode=address.pincode,
        locality=address.locality,
        city=address.city,
        state=address.state,
        country=address.country,
        house_no=address.house_no,
        street=address.street,
        apartment_no=address.apartment_no,
        fias_id=address.fias_id,
    )


def _bank(bank: Bank) -> BankRecord:
    return BankRecord(
        account_type=bank.account_type,
        account_no=bank.account_no,
        account_holder_name=bank.account_holder_name,
        ifsc=bank.ifsc,
        is_verified=bank.is_verified,
        tags=tuple(bank.tags),
    )


def _loan_account(delivery: Delivery) -> LoanAccountRecord:
    account = delivery.loan_account
    assert account is not None
    delivery.read_version = account.version
    return LoanAccountRecord(
        id=str(account.pk),
        ref=delivery.ref,
        ref_id=account.ref_id,
        program_id=str(account.program_id),
        program_code=account.program.code,
        product_type=account.product_type,
        lead_reference=lead_reference(account.lead_id, delivery.depends_on),
    )


def lead_reference(lead_id: UUID, vendor: str) -> str:
    """The id under which `vendor` holds the lead, empty when it does not yet."""
    held = Delivery.objects.filter(
        lead_id=lead_id, kind="lead", connection__vendor=vendor, state=State.DELIVERED
    )
    return (
        held.exclude(reference="").order_by("-delivered_at").values_list("reference", flat=True).first() or ""
    )


def phone(e164: str) -> Phone:
    """`e164` taken apart."""
    if e164.startswith("+91") and len(e164) == 13:  # by far the most: no need to ask the library
        return Phone(e164, "91", e164[3:])
    number = phonenumbers.parse(e164)
    return Phone(e164, str(number.country_code), phonenumbers.national_significant_number(number))
