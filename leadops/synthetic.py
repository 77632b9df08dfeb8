"""Synthetic leads: made-up people with valid numbers, for demos, samples, tests and benchmarks.

Nobody in here exists. Mobiles lie in one block that is handed out by counting, e-mail addresses are at
example.com, account numbers and PANs are drawn at random in their valid shapes; IFSCs and pincodes are real.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from string import ascii_uppercase

from leadops.drafts import AddressDraft, ApplicantDraft, BankDraft, IdentityDocumentDraft, LeadDraft
from leadops.reference import account_lengths, pincodes

_FIRST_NAMES = {
    "female": "Asha Meera Kavita Sunita Priya Anjali Rekha Divya Farida Lakshmi Nandini Pooja Shreya Zoya",
    "male": "Ravi Arjun Suresh Imran Vikram Manoj Karthik Deepak Joseph Harish Rahul Sanjay Farhan Gopal",
}
_MIDDLE_NAMES = ("", "", "", "Kumar", "Devi", "Prasad", "Rani", "Lal")
_LAST_NAMES = """
    Sharma Verma Iyer Nair Reddy Patel Shah Khan Das Bose Gupta Singh Joshi Kulkarni Menon Rao Mishra Yadav
    Fernandes Chauhan Pillai Banerjee Thakur Gill
"""
_FATHERS = "Ramesh Mohan Abdul Thomas Krishna Balbir Ashok Dinesh Raghav Sunil"
_EMPLOYERS = ("Nilgiri Textiles", "Deccan Agro Traders", "Konkan Logistics", "Aravali Steels", "")
_STREETS = ("Station Road", "MG Road", "Gandhi Chowk", "Temple Street", "Nehru Marg", "Lake View Road")
_PURPOSES = ("Working capital", "Home renovation", "Two-wheeler", "Education", "Medical expenses")
_CHANNELS = ("branch", "field", "call centre", "website")
_SOURCES = ("walk-in", "referral", "campaign", "dealer")
_ACCOUNT_TYPES = ("savings", "savings", "current")

# City by pincode; district and state come from the directory.
_PLACES = """
    110001 New Delhi, 122001 Gurugram, 201301 Noida, 302001 Jaipur, 313001 Udaipur, 395003 Surat,
    400001 Mumbai, 400050 Mumbai, 411001 Pune, 411038 Pune, 422001 Nashik, 440001 Nagpur,
    452001 Indore, 462001 Bhopal, 482001 Jabalpur, 500001 Hyderabad, 500081 Hyderabad,
    530001 Visakhapatnam, 560001 Bengaluru, 560034 Bengaluru, 570001 Mysuru, 600001 Chennai,
    600042 Chennai, 625001 Madurai, 641001 Coimbatore, 682001 Kochi, 695001 Thiruvananthapuram,
    700001 Kolkata, 751001 Bhubaneswar, 800001 Patna, 834001 Ranchi, 781001 Guwahati,
    226001 Lucknow, 221001 Varanasi, 141001 Ludhiana, 160017 Chandigarh, 248001 Dehradun,
    492001 Raipur, 403001 Panaji, 831001 Jamshedpur, 673001 Kozhikode
"""
_IFSCS = """
    HDFC0000001 HDFC0000240 HDFC0001234 SBIN0000300 SBIN0001234 SBIN0007074 ICIC0000001 ICIC0000104
    ICIC0002345 UTIB0000004 UTIB0000100 UTIB0001506 PUNB0100200 KKBK0000131 KKBK0000958 BARB0DBCHUR
    CNRB0001234 UBIN0532100 IDIB000A001 IDFB0080101 YESB0000001 INDB0000006 FDRL0001001
"""
_MOBILES = 9_800_000_000
_MOBILES_IN_BLOCK = 100_000_000
_MOBILES_PER_SEED = 1_000_000


def drafts(count: int, seed: int = 1) -> list[LeadDraft]:
    """`count` leads, always the same ones for one `seed`; mobiles and references differ between seeds too."""
    chance = Random(seed)  # noqa: S311  the same people every time, on purpose
    return [_lead(chance, seed, number) for number in range(1, count + 1)]


def _lead(chance: Random, seed: int, number: int) -> LeadDraft:
    mobile = str(_MOBILES + (seed * _MOBILES_PER_SEED + number) % _MOBILES_IN_BLOCK)
    years = chance.random() < 0.2
    return LeadDraft(
        primary_mobile=mobile,
        partner_ref_id=f"SYN-{seed}-{number:06d}",
        source=chance.choice(_SOURCES),
        channel=chance.choice(_CHANNELS),
        loan_amount=str(chance.randrange(20, 4000) * 500),
        loan_tenure=chance.randrange(1, 8) if years else chance.randrange(3, 85),
        loan_tenure_unit="YEARS" if years else "MONTHS",
        loan_purpose=chance.choice(_PURPOSES),
        remarks=chance.choice(("", "", "Call after 6 pm", "Met at the branch", "Prefers Hindi")),
        applicants=[_applicant(chance, f"{seed}.{number}", mobile)],
    )


def _applicant(chance: Random, mark: str, mobile: str) -> ApplicantDraft:
    gender = chance.choice(("female", "male"))
    first, last = chance.choice(_FIRST_NAMES[gender].split()), chance.choice(_LAST_NAMES.split())
    middle = chance.choice(_MIDDLE_NAMES)
    name = " ".join(part for part in (first, middle, last) if part)
    home = _address(chance, ["current"])
    income = chance.randrange(30, 400) * 500
    return ApplicantDraft(
        is_primary=True,
        name=name,
        first_name=first,
        middle_name=middle,
        last_name=last,
        gender=gender,
        date_of_birth=date(1962, 1, 1) + timedelta(days=chance.randrange(41 * 365)),
        place_of_birth=home.city,
        nationality="IN",
        father_name=f"{chance.choice(_FATHERS.split())} {last}",
        monthly_income=str(income),
        monthly_expenses=str(income // 1000 * 400),
        employer_name=chance.choice(_EMPLOYERS),
        pan_no=_pan(chance, last),
        primary_mobile=mobile,
        primary_email=f"{first}.{last}.{mark}@example.com".lower(),
        identity_document=_passport(chance, home) if chance.random() < 0.8 else IdentityDocumentDraft(),
        addresses=[home, _address(chance, ["permanent"])],
        banks=[_bank(chance, name)],
    )


def _pan(chance: Random, last_name: str) -> str:
    """The fourth letter of a person's PAN is P, the fifth the first of the surname."""
    letters = "".join(chance.choices(ascii_uppercase, k=3))
    return f"{letters}P{last_name[0]}{chance.randrange(1, 10_000):04d}{chance.choice(ascii_uppercase)}"


def _passport(chance: Random, home: AddressDraft) -> IdentityDocumentDraft:
    issued_on = date(2017, 1, 2) + timedelta(days=chance.randrange(8 * 365))
    return IdentityDocumentDraft(
        type="passport",
        series=chance.choice("JKLMNPRSTUVZ"),
        number=str(chance.randrange(1_000_000, 10_000_000)),
        issued_on=issued_on,
        issued_by=f"Passport Office {home.city}",
        expires_on=issued_on.replace(year=issued_on.year + 10, day=min(issued_on.day, 28)),
    )


def _address(chance: Random, tags: list[str]) -> AddressDraft:
    pincode, _, city = chance.choice(_PLACES.split(",")).strip().partition(" ")
    area = pincodes.areas(pincode)[0]
    house_no, street = str(chance.randrange(1, 240)), chance.choice(_STREETS)
    return AddressDraft(
        tags=tags,
        address_line=f"{house_no}, {street}",
        pincode=pincode,
        locality=f"Ward {chance.randrange(1, 60)}",
        city=city,
        district=area.district,
        state=area.state,
        country="IN",
        house_no=house_no,
        street=street,
    )


def _bank(chance: Random, holder: str) -> BankDraft:
    digits = chance.choice((11, 12, 13, 14))
    account_type = chance.choice(_ACCOUNT_TYPES)
    account_no = str(chance.randrange(10 ** (digits - 1), 10**digits))
    ifsc = chance.choice(_IFSCS.split())
    return BankDraft(
        account_type=account_type,
        account_no=(account_no * 2)[: account_lengths.DIGITS.get(ifsc[:4], digits)],
        account_holder_name=holder,
        ifsc=ifsc,
    )
