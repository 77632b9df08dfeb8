"""Whatever leaves as a file asks for a fresh code of the phone first, and why: each address of the admin is tried."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from leadops.models import AuditEvent
from leadops.sign_in import sessions
from tests import people
from tests.crm_integrations.roles.routes import all_routes
from tests.crm_integrations.roles.test_matrix import asked
from tests.crm_integrations.roles.world import Place
from tests.leadops.phones import enrolled

pytestmark = pytest.mark.django_db
ABOUT_NOBODY = {"help"}
"""The guides, the template and the sample."""
SAYS_WHY = {
    *("report_workbook", "leadops_auditevent_csv", "leadops_importbatch_errors"),
    *("crm_integrations_reconciliation_workbook", "leadops_document_download"),
}
FOR_A_REASON_ALREADY = {"leadops_export_download"}
"""An export was ordered for a reason."""
TAKEN = (AuditEvent.Action.DOWNLOADED, AuditEvent.Action.EXPORTED)


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


def is_file(client: Client, url: str, reason: str = people.REASON) -> bool:
    """Whether it hands out a file: at once, or for a reason."""
    told = [asked(client, url, post=False), asked(client, url, post=True, reason=reason)]
    return any("attachment" in each.headers.get("Content-Disposition", "") for each in told)


def files_of(client: Client, at: Place) -> dict[str, str]:
    """The addresses that hand out files, for a reason where they ask for one."""
    routes = [each for each in all_routes() if each.name != "logout"]  # which would end the walk
    return {each.name: each.at(at) for each in routes if is_file(client, each.at(at))}


def test_every_file_that_is_taken_asks_for_a_fresh_code_and_for_a_reason(boss, here):
    shown(boss, 0)
    files = files_of(boss, here)
    assert files.keys() >= SAYS_WHY
    assert {name for name, url in files.items() if is_file(boss, url, "")} == files.keys() - SAYS_WHY
    assert files.keys() - SAYS_WHY <= ABOUT_NOBODY | FOR_A_REASON_ALREADY
    shown(boss, 301)
    assert [name for name, url in files.items() if is_file(boss, url)] == [*(ABOUT_NOBODY & files.keys())]


@pytest.mark.parametrize("name", sorted(SAYS_WHY))
def test_why_it_was_taken_is_kept_with_the_event(name, boss, here):
    shown(boss, 0)
    url = next(each for each in all_routes() if each.name == name).at(here)
    for refused in ("", "Why", "She asked: 9876543210"):
        assert "attachment" not in boss.post(url, {"reason": refused}).headers.get("Content-Disposition", "")
    before = AuditEvent.objects.latest("id").pk
    b"".join(boss.post(url, {"reason": people.REASON}))
    act = AuditEvent.objects.select_related("act").get(pk__gt=before, action__in=TAKEN).act
    assert (act.reason, act.who) == (people.REASON, "officer asha")
