"""What the tests of the engine share: leads that come in, and claims on their deliveries."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from django.db import connection as database

from leadops import synthetic
from leadops.models import Lead, Partner, Program
from leadops.services import leads
from tests import people


@pytest.fixture
def receive(partner: Partner, program: Program) -> Callable[..., Lead]:
    """Takes in the n-th synthetic lead, as the API would."""

    def taken(number: int = 0, of: Partner | None = None) -> Lead:
        draft = synthetic.drafts(number + 1)[number]
        return leads.receive(draft, partner=of or partner, program=program, intake=Lead.Intake.API)[0]

    return taken


@pytest.fixture
def impatient(transactional_db: None) -> Iterator[None]:
    """A wait for another's lock is an error soon, so that a test sees it."""
    with database.cursor() as cursor:
        cursor.execute("SET lock_timeout = '300ms'")
    yield
    with database.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")


@pytest.fixture
def held_elsewhere(impatient: None) -> Callable[[str], contextlib.AbstractContextManager[None]]:
    """Holds in another transaction what a locking SELECT names, while the block lasts."""

    @contextlib.contextmanager
    def held(select: str) -> Iterator[None]:
        other = database.copy()
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute(select)
            yield
        finally:
            other.rollback()
            other.close()

    return held


@pytest.fixture
def queue(partner, program):
    """Puts so many synthetic leads into the outbox."""

    def queued(count: int) -> list[Lead]:
        made = people.leads_of(partner, program, count)
        leads.submit(made)
        return made

    return queued
