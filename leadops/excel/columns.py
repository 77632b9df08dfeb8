"""The columns a workbook may have: their names, and which field of a lead each one fills.

One row of the sheet is one lead with one applicant, one address and one bank account. A new column is one new row of
this table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leadops.excel import hindi
from leadops.excel.reading import own_columns
from leadops.excel.reading.heading_keys import key
from leadops.validation import Problem, problem
from leadops.validation.damage import house_number_damage, reference_damage
from leadops.validation.plain_text import plain

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Check = Callable[[str], tuple[Problem, ...]]


def by_commas(text: str) -> list[str]:
    """Labels as people list them."""
    return re.split(r"[,;|]", text)


def no_date(text: str) -> tuple[Problem, ...]:
    """Refuse what Excel has taken for a date: `3-12`, a house number, became the twelfth of March."""
    if not _ISO_DAY.fullmatch(text):
        return ()
    return (problem("excel_damage", what="text", how="Excel made a date of it"),)


def _whole(damage_of: Callable[[str], str | None]) -> Check:
    """The check that refuses what Excel has cut short or taken for a date; `damage_of` says how a text was damaged."""

    def check(text: str) -> tuple[Problem, ...]:
        if how := damage_of(plain(text)):
            return (problem("excel_damage", what="text", how=how),)
        return no_date(text)

    return check


whole_code = _whole(reference_damage)
"""Leads whose references end alike would become one."""
whole_house_number = _whole(house_number_damage)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, the draft's field, and the other headers it is known by.

    `shows` are fields without a column whose findings are shown here; `clean` makes the field's value of the cell's
    text, where it is not that text; `check` finds what only a spreadsheet can have done. All other checks are
    `validation`'s. One that `is_key` tells which record a row is about, and is no field of it.
    """

    header: str
    path: str
    also: str = ""
    shows: tuple[str, ...] = ()
    clean: Callable[[str], Any] | None = None
    check: Check | None = None
    is_key: bool = False

    @property
    def keys(self) -> list[str]:
        """Its header and synonyms, as `key` makes them."""
        return [key(name) for name in (self.header, *self.synonyms)]

    @property
    def synonyms(self) -> list[str]:
        """The other headers that it is known by."""
        named = f"{self.also}, {hindi.NAMES.get(self.header, '')}"
        return [*filter(None, named.split(", "))]

    @property
    def attribute(self) -> str:
        """The field's name without its path."""
        return self.path.rpartition(".")[2]


_PERSON = "applicants[0]."
_PAPER = f"{_PERSON}identity_document."
_HOME = f"{_PERSON}addresses[0]."
_BANK = f"{_PERSON}banks[0]."

NAME_PATHS = tuple(f"{_PERSON}{part}" for part in ("name", "first_name", "middle_name", "last_name"))
"""What a person is called, whole or in parts."""

COLUMNS = (
    Column(
        "Partner reference",
        "partner_ref_id",
        "Reference, Reference No, Reference Number, Ref, Ref No, Ref ID, Partner Ref, Partner Ref ID, Lead ID,"
        " Lead No, Lead Ref, Lead Reference, Application No, Application ID, Loan Application No, Your Reference,"
        " External ID",
        check=whole_code,
    ),
    Column(
        "Mobile",
        "primary_mobile",
        "Mobile No, Mobile Number, Mob, Mob No, Mobile 1, Primary Mobile, Phone, Phone No, Phone Number, Contact,"
        " Contact No, Contact Number, Cell, Cell No, Customer Mobile, Applicant Mobile, मोबाइल, Телефон",
        shows=(f"{_PERSON}primary_mobile",),
    ),
    Column(
        "Name",
        f"{_PERSON}name",
        "Full Name, Applicant, Applicant Name, Name of Applicant, Customer, Customer Name, Name of Customer, Borrower,"
        " Borrower Name, Client Name, Company Name, Firm Name, Business Name, नाम, ФИО",
    ),
    Column("First name", f"{_PERSON}first_name", "Given Name, Forename, Имя", shows=(f"{_PERSON}name",)),
    Column("Middle name", f"{_PERSON}middle_name", "Patronymic, Отчество"),
    Column("Last name", f"{_PERSON}last_name", "Surname, Family Name, Фамилия"),
    Column("Applicant type", f"{_PERSON}applicant_type", "Type of Applicant, Customer Type, Entity Type"),
    Column("Business type", f"{_PERSON}business_type", "Constitution, Type of Business, Type of Firm, Firm Type"),
    Column("Gender", f"{_PERSON}gender", "Sex, लिंग, Пол"),
    Column(
        "Date of birth",
        f"{_PERSON}date_of_birth",
        "DOB, D.O.B., Birth Date, Birthdate, Date of Birth (DD/MM/YYYY), Date of Incorporation, Дата рождения",
    ),
    Column("Place of birth", f"{_PERSON}place_of_birth", "Birth Place, Birthplace"),
    Column("Nationality", f"{_PERSON}nationality", "Citizenship"),
    Column("Father's name", f"{_PERSON}father_name", "Fathers Name, Father Name, Father, Name of Father"),
    Column("E-mail", f"{_PERSON}primary_email", "Email, Mail, Email ID, Mail ID, Email Address"),
    Column("PAN", f"{_PERSON}pan_no", "PAN No, PAN Number, PAN Card, PAN Card No, PAN Card Number, Pan ID"),
    Column("GSTIN", f"{_PERSON}gstin", "GST, GST No, GST Number, GSTIN No, GSTIN Number"),
    Column("Tax id", f"{_PERSON}tax_id", "Tax No, Tax Number, TIN, INN, IIN, ИНН"),
    Column("Insurance number", f"{_PERSON}insurance_no", "Insurance No, SNILS, СНИЛС"),
    Column("Monthly income", f"{_PERSON}monthly_income", "Income, Net Monthly Income, Salary, Net Salary"),
    Column("Monthly expenses", f"{_PERSON}monthly_expenses", "Expenses, Monthly Expense, Obligations"),
    Column("Employer", f"{_PERSON}employer_name", "Employer Name, Name of Employer, Working at"),
    Column("Document type", f"{_PAPER}type", "ID Type, ID Proof, ID Proof Type, Identity Document, Identity Proof"),
    Column("Document series", f"{_PAPER}series", "Series, Passport Series, ID Series"),
    Column(
        "Document number",
        f"{_PAPER}number",
        "Document No, ID Number, ID No, ID Proof No, ID Proof Number, Passport, Passport No, Passport Number",
        check=whole_code,
    ),
    Column("Document issued on", f"{_PAPER}issued_on", "Issued On, Issue Date, Date of Issue, Passport Issue Date"),
    Column("Document issued by", f"{_PAPER}issued_by", "Issued By, Place of Issue, Issuing Authority"),
    Column("Issuer's code", f"{_PAPER}issuer_code", "Issuer Code, Issuing Authority Code"),
    Column("Document expires on", f"{_PAPER}expires_on", "Expires On, Valid Till, Valid Until, Passport Expiry Date"),
    Column(
        "Address",
        f"{_HOME}address_line",
        "Address Line, Address Line 1, Address 1, Full Address, Current Address, Residence Address, Home Address,"
        " Communication Address, पता, Адрес",
    ),
    Column(
        "House no",
        f"{_HOME}house_no",
        "House, House Number, Flat No, Door No, Plot No, H. No.",
        check=whole_house_number,
    ),
    Column("Street", f"{_HOME}street", "Street Name, Road"),
    Column(
        "Apartment no",
        f"{_HOME}apartment_no",
        "Apartment, Apartment Number, Apt, Apt No",
        check=whole_house_number,
    ),
    Column("Locality", f"{_HOME}locality", "Area, Sector, Village, Mohalla, Colony"),
    Column("City", f"{_HOME}city", "Town, City/Town, City Name, शहर, Город"),
    Column("District", f"{_HOME}district", "Dist, Distt, District Name"),
    Column("State", f"{_HOME}state", "State Name, State/UT, Province, राज्य"),
    Column(
        "Pincode",
        f"{_HOME}pincode",
        "Pin, Pin Code, Pin No, Postal Code, Post Code, Zip, Zip Code, पिन कोड, Индекс",
        shows=(f"{_HOME}state", f"{_HOME}district"),
    ),
    Column("Country", f"{_HOME}country", "Country Code, Country Name"),
    Column(
        "Account number",
        f"{_BANK}account_no",
        "Account No, A/c No, A/c Number, Acc No, Acct No, Account, Bank Account, Bank Account No, Bank Account Number,"
        " Bank A/c No, Loan Disbursal Account",
    ),
    Column(
        "Account holder",
        f"{_BANK}account_holder_name",
        "Account Holder Name, A/c Holder, A/c Holder Name, Name as per Bank, Name in Bank, Beneficiary Name",
    ),
    Column("Account type", f"{_BANK}account_type", "A/c Type, Type of Account"),
    Column("IFSC", f"{_BANK}ifsc", "IFSC Code, IFS Code, IFSC No, Bank IFSC, Bank IFSC Code"),
    Column("Loan amount", "loan_amount", "Amount, Loan Amt, Amt, Required Amount, Requested Amount, Loan Required"),
    Column(
        "Loan tenure",
        "loan_tenure",
        "Tenure, Tenor, Term, Loan Term, Period, Loan Period",
        shows=("loan_tenure_unit",),
    ),
    Column("Tenure unit", "loan_tenure_unit", "Loan Tenure Unit, Tenor Unit, Period Unit, Tenure In"),
    Column("Loan purpose", "loan_purpose", "Purpose, Purpose of Loan, End Use"),
    Column("Source", "source", "Lead Source, Sourced By"),
    Column("Channel", "channel", "Sourcing Channel, Lead Channel"),
    Column("Tags", "tags", "Labels, Tag", clean=by_commas),
    Column("Remarks", "remarks", "Remark, Comment, Comments, Note, Notes"),
)  # fmt: skip

LEAD_ID = Column("leadops id", "id", is_key=True)
VERSION = Column("leadops version", "version", is_key=True)
"""Counted up at each change of a lead: a workbook that was exported before the last one must not undo it."""
OF_OURS = (
    Column("leadops partner", "partner"),
    Column("leadops program", "program"),
    Column("leadops status", "status"),
    Column("leadops delivery", "sync_status"),
    Column("leadops received on", "created_at"),
)
"""What an export tells of a lead beside what was sent of it; nobody can change it by a workbook."""

ROW_HEADER = own_columns.ROW_HEADER
REASON_HEADER = own_columns.REASON_HEADER
_COUNTERS = ("S.No", "Sr No", "Sl No", "Serial No", "#", "Bank name", *hindi.COUNTERS)
IGNORED = frozenset(
    key(name) for name in (ROW_HEADER, REASON_HEADER, *_COUNTERS, *(column.header for column in OF_OURS))
)
"""Our own additions to the workbooks we write, counters, and the bank's name, which the IFSC tells."""

KNOWN = (LEAD_ID, VERSION, *COLUMNS)
BY_KEY = {name: column for column in KNOWN for name in column.keys}
