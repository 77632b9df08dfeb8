"""The screen of each role, wide and narrow: its first page, its list, a record, and what it is refused.

What must stand there, and what must not, is read from the matrix of roles.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from crm_integrations.roles import ROLES, Right, Role
from leadops.models import Lead, Officer
from leadops.services import leads
from tests import people
from tests.browser.conftest import sign_in
from tests.browser.eyes import Eyes
from tests.crm_integrations.roles import world
from tests.crm_integrations.roles.test_matrix import officer_of
from tests.crm_integrations.roles.world import Place

LEAD = "leadops.lead"
HERE, THERE = "xq7vkw94", "zq7vkw94"


class Day(NamedTuple):
    """What a role works on, and an address of the admin that is not for it; `chosen` stands in its query."""

    works_on: str
    refused: str
    chosen: bool = False


DAYS = {
    "Telecallers": Day(LEAD, "leadops_export_start", chosen=True),
    "Loan officers": Day(LEAD, "crm_integrations_replay_add"),
    "Branch managers": Day(LEAD, "leadops_partner_add"),
    "Operations": Day(LEAD, "leadops_lead_add"),
    "Auditors": Day(LEAD, "leadops_bulkaction_start", chosen=True),
    "Integration admins": Day("leadops.partner", "leadops_lead_changelist"),
    "Security admins": Day("leadops.officer", "leadops_partner_changelist"),
}
LISTED = {
    "Export these leads…": Right("leadops", "add_export"),
    "Act on these leads…": Right("leadops", "add_bulkaction"),
}
ON_A_LEAD = {
    "Edit": Right("leadops", "change_lead"),
    "Submit": Right("leadops", "submit_lead"),
    "Reveal PAN": Right("leadops", "reveal_personal_data"),
    "Erase personal data": Right("leadops", "erase_personal_data"),
    "Place a legal hold": Right("leadops", "hold_personal_data"),
}


@pytest.fixture
def here(transactional_db, program, settings, tmp_path) -> Place:
    settings.MEDIA_ROOT = tmp_path / "media"
    return world.place(HERE, 0, world.connected(), program)


@pytest.fixture
def others(here, program) -> dict[str, Lead]:
    """A colleague's lead of the same branch, and one of another branch; by how far the officer must reach."""
    there = world.place(THERE, 1, here.records["crm_integrations.connection"], program)
    [colleagues] = leads.create(
        people.drafts(7)[6:],
        partner=here.records["leadops.partner"],
        program=program,
        intake=Lead.Intake.API,
    )
    Lead.objects.filter(pk=colleagues.pk).update(owner=here.officer)
    return {"branches": colleagues, "all": there.lead}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_own_and_is_refused_the_rest(role, open_page, live_server, here, others):
    officer, day, mine = officer_of(role, here), DAYS[role], here.other_lead
    page = sign_in(open_page(), officer, live_server.url)
    eyes = Eyes(page)
    eyes.go(reverse("admin:index"))
    menu = page.locator("#nav-sidebar a")
    for model in (
        each for each in admin.site._registry if each._meta.label_lower in (LEAD, "leadops.partner")
    ):
        label, url = model._meta.label_lower, _listed(model._meta.label_lower)
        shown = menu.and_(page.locator(f"[href='{url}']"))
        expect(shown).to_have_count(int(_may(ROLES[role], Right(*label.replace(".", ".view_").split(".")))))
    eyes.go(_listed(day.works_on))
    if day.works_on == LEAD:
        _sees_as_far_as_it_reaches(page, officer, mine, others)
        _has(page, ROLES[role], LISTED)
    eyes.go(_of_one(day.works_on, here, mine))
    if day.works_on == LEAD:
        _has(page, ROLES[role], ON_A_LEAD)
        expect(page.locator("body")).not_to_contain_text(mine.primary_mobile[-10:])
    eyes.open_refused(reverse(f"admin:{day.refused}") + (f"?lead={mine.pk}" if day.chosen else ""))
    expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()
    assert eyes.found == {}


def _listed(label: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


def _of_one(label: str, here: Place, mine: Lead) -> str:
    record = mine if label == LEAD else here.records[label]
    return reverse(f"admin:{label.replace('.', '_')}_change", args=[record.pk])


def _may(role: Role, right: Right) -> bool:
    return bool(role.rights.get(right))


def _sees_as_far_as_it_reaches(page: Page, officer: Officer, mine: Lead, others: dict[str, Lead]) -> None:
    def line(lead: Lead) -> Locator:
        return page.locator("#result_list").get_by_role("link", name=lead.reference)

    expect(line(mine)).to_have_count(1)
    expect(line(others["branches"])).to_have_count(int(officer.reach != "own"))
    expect(line(others["all"])).to_have_count(int(officer.reach == "all"))


def _has(page: Page, role: Role, offered: dict[str, Right]) -> None:
    """What is offered to press is what the role may do."""
    for name, right in offered.items():
        either = page.get_by_role("link", name=name, exact=True).or_(
            page.get_by_role("button", name=name, exact=True)
        )
        seen = either.and_(page.locator(":enabled, a")).count() > 0
        assert seen == _may(role, right), f"{name}: {'offered' if seen else 'missing'}"
