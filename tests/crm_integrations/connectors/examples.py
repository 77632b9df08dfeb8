"""The people of the connector tests: invented, and with every field of the records filled."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crm_integrations.records import (
    AddressRecord,
    ApplicantRecord,
    BankRecord,
    IdentityDocument,
    LeadRecord,
    LoanAccountRecord,
    Phone,
)

MOBILE = Phone("+919000000001", "91", "9000000001")
OTHER_MOBILE = Phone("+919000000002", "91", "9000000002")
FOREIGN_MOBILE = Phone("+449000000001", "44", "9000000001")

REGISTERED = AddressRecord(
    tags=("registered",),
    address_line="Example oblast, Sample city, Test street 7, flat 12",
    pincode="101000",
    locality="North quarter",
    city="Sample city",
    state="Example oblast",
    country="RU",
    house_no="7",
    street="Test street",
    apartment_no="12",
    fias_id="0c5b2444-70a0-4932-980c-b4dc0d3f02b5",
)
CURRENT = AddressRecord(
    tags=("current",),
    address_line="Shop 75",
    pincode="151203",
    locality="Old Town",
    city="Faridkot",
    state="Punjab",
    country="IN",
    house_no="22B",
    street="Mall Road",
    apartment_no="4",
)
OFFICE = AddressRecord(tags=("office",), address_line="Unit 9", pincode="110001", city="Delhi", state="Delhi")
BANK = BankRecord(
    account_type="current",
    account_no="000111222333",
    account_holder_name="Asha Verma",
    ifsc="CBIN0281814",
    is_verified=True,
    tags=("disbursal",),
)
PASSPORT = IdentityDocument(
    type="passport",
    series="4008",
    number="000001",
    issued_on=date(2012, 1, 23),
    issued_by="Example office 1",
    issuer_code="451-451",
    expires_on=date(2032, 1, 23),
)
PRIMARY = ApplicantRecord(
    applicant_type="person",
    name="Asha Devi Verma",
    is_primary=True,
    is_authorized_signatory=True,
    business_type="Proprietorship",
    tags=("kyc",),
    first_name="Asha",
    middle_name="Devi",
    last_name="Verma",
    gender="female",
    date_of_birth=date(1990, 2, 28),
    place_of_birth="Sample city",
    nationality="IN",
    father_name="Ravi Verma",
    monthly_income=Decimal("85000.50"),
    monthly_expenses=Decimal("30000"),
    employer_name="Example Mills",
    pan_no="AAAPA0000A",
    primary_mobile=OTHER_MOBILE,
    primary_email="asha@example.com",
    identity_document=PASSPORT,
    tax_id="000000000000",
    insurance_no="000-000-000 00",
    gstin="03AAAPA0000A1Z5",
    addresses=(REGISTERED, CURRENT, OFFICE),
    banks=(BANK,),
)
PARTNER_FIRM = ApplicantRecord(applicant_type="business", name="Example Traders")
LEAD = LeadRecord(
    id="018f0000-0000-7000-8000-000000000001",
    ref="018f0000000070008000000000000002",
    program_id="4b67c764-afb3-4570-ac21-025ea3255b6e",
    program_code="SCF",
    primary_mobile=MOBILE,
    partner_code="acme",
    partner_ref_id="asd",
    source="excel",
    channel="site",
    loan_amount=Decimal("10000.00"),
    loan_tenure=12,
    loan_tenure_unit="MONTHS",
    loan_purpose="Stock",
    remarks="Call after six",
    tags=("festival",),
    applicants=(PRIMARY, PARTNER_FIRM),
)
ACCOUNT = LoanAccountRecord(
    id="018f0000-0000-7000-8000-000000000003",
    ref="018f0000000070008000000000000004",
    ref_id="CL00044A",
    program_id="15676342-6603-4637-a83f-77feda9523e9",
    program_code="SCF",
    product_type="scf",
    lead_reference="df03f224-6089-4d08-baca-8f1c8868a8ad",
)
