"""Who works at the demo lender, who sends it leads, and what it lends."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from leadops.models import ApiKey, Officer, Partner, Program

KEY_LABEL = "demo"
PARTNERS = {
    "sunrise-finserv": "Sunrise Finserv",
    "deccan-capital": "Deccan Capital Partners",
    "konkan-branch": "Konkan branch",
}
# The first two ids are those of the examples in Crego's documentation, so that its JSON works here unchanged.
PROGRAMS = (
    ("4b67c764-afb3-4570-ac21-025ea3255b6e", "scf-north", "Supply chain finance, north", "scf"),
    ("15676342-6603-4637-a83f-77feda9523e9", "scf-los", "Supply chain finance, west", "scf"),
    ("01939a40-0000-7000-8000-000000000003", "term-loan", "Business term loan", "term_loan"),
    ("01939a40-0000-7000-8000-000000000004", "lap-metro", "Loan against property, metro", "lap"),
)
OFFICERS = (
    ("admin", "Anjali", "Rao", "administrator"),
    ("meera", "Meera", "Nair", "Operations"),
    ("arjun", "Arjun", "Patel", "Loan officers"),
)

RECORDS = ("lead", "loanaccount", "importbatch")
PARTS = ("applicant", "address", "bank", "document", "consent")
SURROUNDINGS = ("partner", "program", "importrow", "connection", "route", "delivery", "exchange")
OPERATED = ("partner", "program", "connection", "route", "apikey")


def _on(models: tuple[str, ...]) -> Q:
    return Q(content_type__model__in=models)


NOT_DELETED = ~Q(codename__startswith="delete_")
LOAN_OFFICER = (
    (_on(RECORDS) & NOT_DELETED)
    | _on(PARTS)
    | (_on(SURROUNDINGS) & Q(codename__startswith="view_"))
    | Q(codename="change_delivery")  # retry, cancel and decide
)
GROUPS = {"Loan officers": LOAN_OFFICER, "Operations": LOAN_OFFICER | (_on(OPERATED) & NOT_DELETED)}


def groups() -> None:
    """The groups that officers are in; what somebody changed about them stays."""
    for name, rights in GROUPS.items():
        group, new = Group.objects.get_or_create(name=name)
        if new:
            ours = Q(content_type__app_label__in=("leadops", "crm_integrations"))
            group.permissions.set(Permission.objects.filter(ours & rights))


def officers(kept: dict[str, str]) -> dict[str, str]:
    """Have the officers; returns their passwords by user name: `kept` ones, else new ones."""
    passwords = {}
    for username, first_name, last_name, role in OFFICERS:
        officer = Officer.objects.filter(username=username).first()
        if officer is not None and username in kept:
            passwords[username] = kept[username]
            continue
        officer = officer or Officer(username=username, email=f"{username}@lender.example")
        officer.first_name, officer.last_name, officer.is_staff = first_name, last_name, True
        officer.is_superuser = role not in GROUPS
        passwords[username] = f"demo-{secrets.token_hex(4)}"
        officer.set_password(passwords[username])
        officer.save()
        officer.groups.set(Group.objects.filter(name=role))
    return passwords


def partners() -> list[Partner]:
    return [
        Partner.objects.get_or_create(code=code, defaults={"name": name})[0]
        for code, name in PARTNERS.items()
    ]


def programs() -> list[Program]:
    return [
        Program.objects.get_or_create(id=id_, defaults={"code": code, "name": name, "product_type": product})[
            0
        ]
        for id_, code, name, product in PROGRAMS
    ]


def key(partner: Partner, kept: str) -> str:
    """The text of `partner`'s demo key: `kept` while it is good, else a new one in its place."""
    if ApiKey.objects.live().filter(partner=partner, digest=ApiKey.digest_of(kept)).exists():
        return kept
    ApiKey.objects.filter(partner=partner, label=KEY_LABEL).delete()
    return ApiKey.issue(partner, label=KEY_LABEL)[1]


def read(path: Path) -> dict[str, Any]:
    """What an earlier run wrote down: only there do the demo passwords and the key stand in clear."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write(path: Path, shown: dict[str, Any]) -> None:
    """Write it down for its owner's eyes alone, in one go."""
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(shown, file, indent=2)
    draft.replace(path)
