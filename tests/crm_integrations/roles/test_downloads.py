"""Whatever leaves as a file asks for a fresh code of the phone first: each address of the admin is asked for one."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from leadops.sign_in import sessions
from tests import people
from tests.crm_integrations.roles.routes import Route, all_routes
from tests.crm_integrations.roles.test_matrix import asked
from tests.leadops.phones import enrolled

pytestmark = pytest.mark.django_db
ABOUT_NOBODY = {"help"}
"""The guides, the template and the sample."""


@pytest.fixture
def boss() -> Client:
    officer = people.officer("asha")
    enrolled(officer)
    client = Client()
    client.force_login(officer)
    return client


def shown(client: Client, seconds_ago: float) -> None:
    """When the code of the phone was shown last."""
    session = client.session
    session[sessions.FACTOR] = time.time() - seconds_ago
    session.save()


def is_file(client: Client, url: str) -> bool:
    return "attachment" in asked(client, url, post=False).headers.get("Content-Disposition", "")


def test_every_file_that_is_taken_asks_for_a_fresh_code(boss, here):
    routes: dict[Route, str] = {each: each.at(here) for each in all_routes()}
    shown(boss, 0)
    files = {each.name: url for each, url in routes.items() if is_file(boss, url)}
    assert {"leadops_document_download", "report_workbook", "leadops_auditevent_csv"} <= files.keys()
    shown(boss, 301)
    assert [name for name, url in files.items() if is_file(boss, url)] == [*(ABOUT_NOBODY & files.keys())]
