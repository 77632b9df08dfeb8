"""Who works at the demo lender, who sends it leads, and what it lends."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from crm_integrations import roles
from leadops.models import ApiKey, Branch, DocumentType, Officer, Partner, Program

KEY_LABEL = "demo"


class LogIn(NamedTuple):
    """A password, and the hash that the database had for it."""

    password: str
    hash: str


BRANCHES = {"pune": "Pune", "ratnagiri": "Ratnagiri"}
PARTNERS = (
    ("sunrise-finserv", "Sunrise Finserv", "pune"),
    ("deccan-capital", "Deccan Capital Partners", "pune"),
    ("konkan-branch", "Konkan branch", "ratnagiri"),
)
# The first two ids are those of the examples in Crego's documentation, so that its JSON works here unchanged.
PROGRAMS = (
    ("4b67c764-afb3-4570-ac21-025ea3255b6e", "scf-north", "Supply chain finance, north", "scf"),
    ("15676342-6603-4637-a83f-77feda9523e9", "scf-los", "Supply chain finance, west", "scf"),
    ("01939a40-0000-7000-8000-000000000003", "term-loan", "Business term loan", "term_loan"),
    ("01939a40-0000-7000-8000-000000000004", "lap-metro", "Loan against property, metro", "lap"),
)
WANTED_BY = "term-loan"
WANTED = (
    ("PAN_CARD", "PAN card", "applicant", "", True),
    ("GST_CERTIFICATE", "GST certificate", "applicant", "business", True),
    ("BANK_STATEMENT", "Bank statement, six months", "bank", "", True),
    ("PHOTO", "Photo", "applicant", "person", False),
    ("LOAN_APPLICATION", "Signed application", "lead", "", True),
)
"""The documents that one of the programs has a list of."""
OFFICERS = (
    ("admin", "Anjali", "Rao", "administrator", ""),
    ("meera", "Meera", "Nair", "Operations", ""),
    ("arjun", "Arjun", "Patel", "Loan officers", "pune"),
    ("tara", "Tara", "Joshi", "Telecallers", "pune"),
    ("vikram", "Vikram", "Desai", "Branch managers", "pune"),
    ("farah", "Farah", "Khan", "Auditors", ""),
    ("dev", "Dev", "Menon", "Integration admins", ""),
    ("isha", "Isha", "Bose", "Security admins", ""),
)

WITH_LEADS = ("arjun", "tara", "vikram")
"""Who works on leads, all of them in one branch."""


def groups() -> None:
    """The groups that officers are in; what somebody changed about them stays."""
    known = set(Group.objects.filter(name__in=roles.ROLES).values_list("name", flat=True))
    roles.settle([role for role in roles.ROLES if role not in known])


def officers(kept: Mapping[str, LogIn]) -> tuple[dict[str, LogIn], list[str]]:
    """Have the officers; returns their log-ins by user name, and whose were made anew, as the kept ones fail."""
    log_ins, remade, new = {}, [], []
    known = Officer.objects.in_bulk([username for username, *_ in OFFICERS], field_name="username")
    for username, first_name, last_name, role, branch in OFFICERS:
        officer = known.get(username)
        if officer is not None and username in kept and works(kept[username], officer):
            log_ins[username] = LogIn(kept[username].password, officer.password)
            continue
        if officer is not None:
            remade.append(username)
        officer = officer or Officer(username=username, email=f"{username}@lender.example")
        officer.first_name, officer.last_name, officer.is_staff = first_name, last_name, True
        officer.is_superuser, officer.is_active = role not in roles.ROLES, True
        officer.reach = roles.ROLES[role].reach if role in roles.ROLES else Officer.Reach.ALL
        new.append((officer, role, branch, f"demo-{secrets.token_hex(6)}"))
    with ThreadPoolExecutor() as threads:  # each hash takes a good part of a second, by design
        hashes = threads.map(make_password, [password for *_, password in new])
        for (made, role, branch, password), hashed in zip(new, hashes, strict=True):
            made.password = hashed
            made.save()
            made.groups.set(Group.objects.filter(name=role))
            made.branches.set(Branch.objects.filter(code=branch))
            log_ins[made.username] = LogIn(password, hashed)
    return log_ins, remade


def works(log_in: LogIn, officer: Officer) -> bool:
    """Whether `officer` can sign in so. The hash of a password takes a while to make, so it is kept with it."""
    may = officer.is_active and officer.is_staff
    return may and (officer.password == log_in.hash or officer.check_password(log_in.password))


def branches() -> None:
    """The lender's branches."""
    for code, name in BRANCHES.items():
        Branch.objects.get_or_create(code=code, defaults={"name": name})


def partners() -> list[Partner]:
    """Who sends leads, each to its branch."""
    return [_partner(code, name, Branch.objects.get(code=branch)) for code, name, branch in PARTNERS]


def _partner(code: str, name: str, branch: Branch) -> Partner:
    return Partner.objects.get_or_create(code=code, defaults={"name": name, "branch": branch})[0]


def programs() -> list[Program]:
    return [_program(*facts) for facts in PROGRAMS]


def _program(id_: str, code: str, name: str, product: str) -> Program:
    program, new = Program.objects.get_or_create(
        id=id_, defaults={"code": code, "name": name, "product_type": product}
    )
    if new and code == WANTED_BY:
        names = ("code", "name", "about", "applicant_type", "required")
        for wanted in WANTED:
            DocumentType.objects.create(program=program, **dict(zip(names, wanted, strict=True)))
    return program


def key(partner: Partner, kept: str) -> tuple[str, bool]:
    """The text of `partner`'s demo key, and whether it takes the place of one that is lost or no longer good."""
    if ApiKey.objects.live().filter(partner=partner, digest=ApiKey.digest_of(kept)).exists():
        return kept, False
    replaced, _ = ApiKey.objects.filter(partner=partner, label=KEY_LABEL).delete()
    return ApiKey.issue(partner, label=KEY_LABEL)[1], bool(replaced)
