"""Leads for the officer's desk, and officers who may do less than all."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from leadops.models import Lead, Officer, Partner, Program
from tests import people


@pytest.fixture
def lead(partner: Partner, program: Program) -> Lead:
    """A draft lead with its parties."""
    return people.leads_of(partner, program)[0]


@pytest.fixture
def many_leads(partner: Partner, program: Program) -> list[Lead]:
    return people.leads_of(partner, program, 60, Lead.Intake.EXCEL)


@pytest.fixture
def reader(db: None) -> Officer:
    """An officer who may look at leads and nothing else."""
    officer = people.officer("ravi", superuser=False)
    models = ["lead", "applicant", "address", "bank", "consent"]
    codes = [f"view_{model}" for model in models]
    officer.user_permissions.set(
        Permission.objects.filter(codename__in=codes, content_type__app_label="leadops")
    )
    return officer


@pytest.fixture
def reading_desk(reader: Officer) -> Client:
    client = Client()
    client.force_login(reader)
    return client
