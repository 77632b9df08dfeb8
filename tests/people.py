"""The synthetic people and companies of the tests, and the leads that come of them."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.test import Client

from leadops import synthetic
from leadops.drafts import LeadDraft
from leadops.models import Branch, Lead, Officer, Partner, Program
from leadops.services import leads
from leadops.validation import check_lead

REASON = "Monthly review with the bank"
"""Why an officer takes something out."""
PASSWORD = "correct horse battery staple"


def officer(username: str, superuser: bool = True) -> Officer:
    found = Officer.objects.filter(username=username).first()
    return found or Officer.objects.create_user(
        username,
        f"{username}@lender.example",
        PASSWORD,
        is_staff=True,
        is_superuser=superuser,
        reach=Officer.Reach.ALL,
    )


def branch(code: str) -> Branch:
    return Branch.objects.get_or_create(code=code, defaults={"name": code.title()})[0]


def partner(name: str, code: str) -> Partner:
    return Partner.objects.get_or_create(code=code, defaults={"name": name})[0]


def program(code: str, name: str, **fields: object) -> Program:
    defaults = {"name": name, "product_type": "scf", **fields}
    return Program.objects.get_or_create(code=code, defaults=defaults)[0]


def drafts(count: int) -> list[LeadDraft]:
    """Synthetic leads in the spelling they are stored in."""
    made = synthetic.drafts(count)
    for draft in made:
        check_lead(draft)
    return made


def leads_of(partner: Partner, program: Program, count: int = 1, intake: str = Lead.Intake.API) -> list[Lead]:
    """Draft leads with their parties, which every vendor can take; the same ones at every call."""
    return leads.create(drafts(count), partner=partner, program=program, intake=intake)


def give(officer: Officer, *permissions: str) -> None:
    """Let `officer` do just this."""
    officer.user_permissions.set(Permission.objects.filter(codename__in=permissions))


def clerk(*permissions: str) -> Client:
    """A signed-in officer with these rights alone."""
    person = officer("clerk", superuser=False)
    give(person, *permissions)
    client = Client()
    client.force_login(person)
    return client
