"""The synthetic people and companies of the tests."""

from __future__ import annotations

from leadops.models import Officer, Partner, Program

PASSWORD = "correct horse battery staple"


def officer(username: str, superuser: bool = True) -> Officer:
    found = Officer.objects.filter(username=username).first()
    return found or Officer.objects.create_user(
        username, f"{username}@lender.example", PASSWORD, is_staff=True, is_superuser=superuser
    )


def partner(name: str, code: str) -> Partner:
    return Partner.objects.get_or_create(code=code, defaults={"name": name})[0]


def program(code: str, name: str, **fields: object) -> Program:
    defaults = {"name": name, "product_type": "scf", **fields}
    return Program.objects.get_or_create(code=code, defaults=defaults)[0]
