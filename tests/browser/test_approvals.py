"""Two people and one change, on the screen: asked for on a desk, decided on a phone by keys alone, and the reverse."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import Page, expect

from crm_integrations.models import Connection
from leadops.models import Bank, ImportBatch, Lead, Officer, Partner
from leadops.services import import_batches
from tests import people, vendors
from tests.browser.conftest import DESKTOP, PHONE, sign_in
from tests.browser.looks import WIDE, at_both_sizes, lead_url, tab_to
from tests.leadops.excel import workbooks

pytestmark = pytest.mark.usefixtures("_approvals")
INBOX = reverse("admin:leadops_pendingchange_changelist")
LEADS = reverse("admin:leadops_lead_changelist")
REASON = "They bring leads. " * 20
NUMBER = "998877665544"
NEW_ADDRESS = "https://api.ispcrm.example"


@pytest.fixture
def maker(desk_page) -> Page:
    return desk_page


@pytest.fixture
def checker(open_page, live_server, transactional_db) -> Page:
    return sign_in(open_page(PHONE), people.officer("chandra"), live_server.url)


def explain(maker: Page, reason: str = REASON) -> None:
    """Say why, on the page that a form has led to: nothing was done yet."""
    expect(maker.get_by_text("Nothing was done yet.")).to_be_visible()
    maker.get_by_label("Why you want it").fill(reason)
    maker.keyboard.press("Enter")
    expect(maker.get_by_text("Now it can be approved.")).to_be_visible()


def approve(checker: Page, what: str, *diff: tuple[str, str, str]) -> None:
    """Open it in the inbox, read what changes, and approve it by the keyboard."""
    checker.goto(INBOX)
    checker.get_by_role("link", name=what).press("Enter")
    for field, before, after in diff:
        line = checker.locator(".lo-diff tbody tr", has_text=field)
        expect(line.locator("td")).to_have_text([before, after])
    at_both_sizes(checker, *(checker.get_by_role("button", name=name) for name in ("Approve", "Refuse")))
    tab_to(checker, "Approve")
    checker.keyboard.press("Enter")
    expect(checker.get_by_text("Approved, and done.")).to_be_visible()


def test_a_partner_is_taken_on_when_another_has_approved(maker, checker):
    maker.goto(reverse("admin:leadops_partner_add"))
    maker.get_by_label("Name").fill("n" * 150)
    maker.get_by_label("Code").fill("hilltop")
    maker.get_by_role("button", name="Save", exact=True).click()
    expect(maker.get_by_text("It can be approved by chandra.")).to_be_visible()
    assert not Partner.objects.exists()
    explain(maker)
    expect(maker.get_by_role("button", name="Approve")).to_have_count(0)
    at_both_sizes(maker, maker.get_by_role("button", name="Withdraw"))
    checker.goto(INBOX)
    at_both_sizes(checker, checker.get_by_role("link", name="Take on the partner"))
    checker.set_viewport_size(DESKTOP)
    checker.wait_for_function(f"() => ({WIDE})().length === 0")
    expect(checker.locator("#result_list .field-shown_state")).to_be_in_viewport(ratio=1)
    checker.set_viewport_size(PHONE)
    approve(checker, "Take on the partner", ("Code", "–", "hilltop"))
    expect(checker.get_by_text(REASON.strip())).to_be_visible()
    assert Partner.objects.get().code == "hilltop"


def test_many_leads_go_and_come_when_another_has_approved(
    maker, checker, partner, program, officer, settings, tmp_path
):
    """A push of more than two, asked for on a phone, and an import of more than three rows."""
    settings.MEDIA_ROOT = tmp_path / "media"
    leads = people.leads_of(partner, program, 3)
    maker.set_viewport_size(PHONE)
    maker.goto(f"{reverse('admin:leadops_bulkaction_start')}?{'&'.join(f'lead={each.pk}' for each in leads)}")
    maker.get_by_role("radio", name="Submit").check()
    maker.get_by_role("button", name="See what will happen").click()
    maker.get_by_role("button", name="Do it to 3 leads").click()
    explain(maker)
    expect(maker.get_by_role("link", name=leads[0].reference)).to_be_visible()
    at_both_sizes(maker)
    maker.set_viewport_size(DESKTOP)
    batch = uploaded(partner, program, officer, tmp_path / "agent.xlsx")
    maker.goto(reverse("admin:leadops_importbatch_change", args=[batch.pk]))
    maker.get_by_role("button", name="Import 4 rows").click()
    explain(maker)
    assert not Lead.objects.exclude(status="draft").exists()

    approve(checker, "Send 3 leads", ("Leads", "–", "3"), ("Still drafts", "3", "0"))
    assert Lead.objects.filter(status="submitted").count() == 3
    checker.set_viewport_size(DESKTOP)
    approve(checker, "agent.xlsx", ("Rows of new leads", "0", "4"))
    import_batches.run(batch.pk)
    assert Lead.objects.count() == 7


def uploaded(partner, program, officer, path: Path) -> ImportBatch:
    """A workbook whose four rows are looked through, and wait for an officer's word."""
    workbooks.ours(path, [workbooks.HEADER, *workbooks.good_rows(4)])
    with path.open("rb") as file:
        batch = import_batches.receive(
            file, path.name, partner=partner, program=program, uploaded_by=officer, review=True
        )
    import_batches.run(batch.pk)
    return batch


def test_where_money_and_data_go_changes_when_another_has_approved(maker, checker, draft_lead):
    """A bank account after it was verified, and a connection's address with its secret."""
    Bank.objects.update(is_verified=True)
    bank = Bank.objects.get()
    maker.goto(f"{lead_url(draft_lead)}?edit=1")
    maker.locator("#id_applicants-0-banks-0-account_no").fill(NUMBER)
    maker.get_by_role("button", name="Save", exact=True).click()
    explain(maker)
    assert NUMBER not in maker.content()
    connection = vendors.connect("http://localhost:1", "ispcrm")["ispcrm"]
    maker.set_viewport_size(PHONE)
    maker.goto(reverse("admin:crm_integrations_connection_change", args=[connection.pk]))
    maker.get_by_label("Base URL").fill(NEW_ADDRESS)
    for secret in maker.locator("input[name^=secret_]").all():
        secret.fill("a new secret")
    maker.get_by_role("button", name="Save", exact=True).click()
    explain(maker)
    at_both_sizes(maker)
    assert "a new secret" not in maker.content()

    approve(checker, "bank account", ("Account number", f"••••{bank.account_no[-4:]}", f"••••{NUMBER[-4:]}"))
    bank.refresh_from_db()
    assert (bank.account_no, bank.is_verified) == (NUMBER, False)
    checker.set_viewport_size(DESKTOP)
    approve(checker, "Change the address", ("Base URL", "http://localhost:1", NEW_ADDRESS))
    assert Connection.objects.get().base_url == NEW_ADDRESS


def test_an_officer_gets_rights_when_another_has_approved(maker, checker):
    Group.objects.create(name="Managers")
    clerk = people.officer("clerk", superuser=False)
    Officer.objects.filter(pk=clerk.pk).update(reach="own")
    maker.goto(reverse("admin:leadops_officer_change", args=[clerk.pk]))
    maker.locator("#id_reach").select_option("all")
    maker.locator("#id_is_superuser").check()
    at_both_sizes(maker, maker.get_by_role("button", name="Save", exact=True))
    maker.get_by_role("button", name="Save", exact=True).click()
    explain(maker)
    checker.goto(INBOX)
    checker.get_by_role("link", name="Give clerk more rights").click()
    checker.get_by_label("Why you refuse it").fill("Nobody needs that")
    at_both_sizes(checker, checker.get_by_role("button", name="Refuse"))
    checker.get_by_role("button", name="Refuse").click()
    expect(checker.get_by_text("Refused. Nothing was done.")).to_be_visible()
    clerk.refresh_from_db()
    assert (clerk.reach, clerk.is_superuser) == ("own", False)
