"""Every page on a phone: nothing reaches over its edge, everything has a name."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from crm_integrations import delivery as engine
from crm_integrations import subscriptions
from crm_integrations.models import Delivery, EventType, Exchange, Replay, State, Subscription
from leadops.models import Applicant, Export, ImportBatch, ImportRow, Lead, LoanAccount, Officer
from leadops.services import (
    borrower_tokens,
    call_counts,
    exports,
    import_batches,
    keys,
    leads,
    loan_accounts,
)
from tests import samples
from tests.browser.conftest import PHONE
from tests.browser.looks import NAMELESS, WIDE, fits
from tests.leadops.excel import workbooks

LISTS = [
    "leadops_lead", "leadops_loanaccount", "leadops_importbatch", "leadops_partner", "leadops_program",
    "leadops_officer", "leadops_export", "leadops_callcount", "leadops_borrowertoken",
    "crm_integrations_delivery", "crm_integrations_exchange", "crm_integrations_connection",
    "crm_integrations_subscription",
]  # fmt: skip


def pages(lead, partner, connections) -> list[str]:
    listed = [reverse(f"admin:{name}_changelist") for name in LISTS]
    one = {
        "leadops_lead": lead, "leadops_loanaccount": LoanAccount.objects.get(), "leadops_partner": partner,
        "leadops_importbatch": ImportBatch.objects.last(), "leadops_export": Export.objects.get(),
        "crm_integrations_connection": connections["brainysoft"],
        "crm_integrations_delivery": Delivery.objects.get(state=State.REVIEW),
        "crm_integrations_exchange": Exchange.objects.filter(status__isnull=False).first(),
        "crm_integrations_subscription": Subscription.objects.get(),
    }  # fmt: skip
    single = [reverse(f"admin:{name}_change", args=[record.pk]) for name, record in one.items()]
    single += [reverse("admin:leadops_lead_history", args=[lead.pk])]
    single += [reverse("admin:leadops_partner_make_key", args=[partner.pk])]
    key = [partner.pk, partner.api_keys.get().pk]
    single += [reverse(f"admin:leadops_partner_{verb}_key", args=key) for verb in ("change", "rotate")]
    added = [reverse(f"admin:leadops_{name}_add") for name in ("lead", "loanaccount", "importbatch")]
    added += [reverse("admin:crm_integrations_subscription_add")]
    send = f"{reverse('admin:leadops_lead_send')}?lead={lead.pk}"
    export = f"{reverse('admin:leadops_export_start')}?lead={lead.pk}"
    nothing = f"{reverse('admin:leadops_lead_changelist')}?q=nobody"
    imports = [
        reverse(f"admin:leadops_importbatch_{view}", args=[batch.pk])
        for batch in ImportBatch.objects.all()
        for view in ("change", "columns", "mend", "undo")
    ]
    row = reverse("admin:leadops_importbatch_row", args=[ImportRow.objects.filter(outcome="failed")[0].pk])
    return [reverse("admin:index"), *listed, *single, *added, *imports, row, send, export, nothing]


@pytest.fixture
def _much_to_show(officer, draft_lead, partner, program, connections, vendor_sandbox, settings, tmp_path):
    """A lead with the longest words there can be, one delivery that waits for a decision, an import, an account."""
    settings.MEDIA_ROOT = tmp_path / "media"
    vendor_sandbox.fault("broctagon", "cut_after")
    Lead.objects.update(partner_ref_id="R" * 100)
    Applicant.objects.update(name="N" * 120)
    draft_lead.refresh_from_db()
    # Nobody listens there: a long address, a delivery that failed, and why.
    told, _ = subscriptions.create(partner, f"http://127.0.0.1:9/{'x' * 200}", list(EventType))
    subscriptions.send_test(told)
    leads.submit([draft_lead])
    loan_accounts.open_account(draft_lead, "L" * 50, program)
    networks = [f"2001:db8:{number:x}::/48" for number in range(4096, 4106)]
    key, _ = keys.make(partner, "test", label="l" * 100, networks=networks)
    borrower_tokens.make(draft_lead, key, networks[0].removesuffix("/48"))
    call_counts.add(key.pk, 400, "idempotency-key-reused", ["f" * 60])
    engine.drain()
    vendor_sandbox.clear_faults()
    with samples.short(tmp_path / "leads.xlsx").open("rb") as file:
        batch = import_batches.receive(file, "leads.xlsx", partner=partner, program=program)
    import_batches.run(batch.pk)
    asked = Export(road=Export.Road.ADMIN, officer=officer, what="W" * 200)
    exports.run(exports.order(Lead.objects.all(), asked).pk)
    header = ["Long" * 30, "Kontakt", "Name", "Anything", "Remarks"]
    for at, names in enumerate((header, ["Mobile", "Name", "Remarks", "PAN", "City"])):
        rows = [["9800000001", "9800000002", "N" * 120, "x" * 60, "r" * 500]] * 3
        path = workbooks.ours(tmp_path / f"{at}.xlsx", [names, *rows])
        with path.open("rb") as file:
            batch = import_batches.receive(file, path.name, partner=partner, program=program, review=True)
        import_batches.run(batch.pk)


@pytest.mark.usefixtures("_much_to_show")
def test_no_page_reaches_over_the_edge_of_a_phone_and_every_field_is_named(
    open_page, signed_in, draft_lead, partner, connections
):
    page = signed_in(open_page(PHONE))
    wide, nameless = [], []
    for url in pages(draft_lead, partner, connections):
        page.goto(url)
        if not fits(page):
            wide.append((url, "the page"))
        wide += [(url, part) for part in page.evaluate(WIDE)]
        nameless += [(url, field) for field in page.evaluate(NAMELESS)]
    assert (wide, nameless) == ([], [])


@pytest.mark.usefixtures("_much_to_show")
def test_reason_of_a_delivery_is_read_in_full_on_a_phone(open_page, signed_in):
    page = signed_in(open_page(PHONE))
    Delivery.objects.filter(state=State.REVIEW).update(reason="The vendor hung up before it answered. " * 8)
    page.goto(reverse("admin:crm_integrations_delivery_changelist") + "?state__exact=review")
    reason = page.locator("td.field-why")
    expect(reason).to_contain_text("hung up")
    assert reason.evaluate("cell => cell.scrollHeight <= cell.clientHeight")


def test_chart_shows_its_first_and_its_last_day_whole(open_page, signed_in, draft_lead):
    page = signed_in(open_page(PHONE))
    page.goto(reverse("admin:index"))
    cut = """chart => [...chart.querySelectorAll("text")].filter((each) => {
        const [outer, inner] = [chart.getBoundingClientRect(), each.getBoundingClientRect()];
        return inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
    }).map((each) => each.textContent)"""
    assert page.locator(".lo-chart").evaluate(cut) == []


def test_labels_of_a_list_stay_whole_with_a_capital_and_names_as_they_are_spelled(signed_in, open_page):
    asha = Officer.objects.get(username="asha")
    what = "ispcrm · Refused · HTTP 400: mobile is invalid · since 2026-03-10 14:00"
    replay = Replay.objects.create(officer=asha, reason="Mended", what=what)
    page = signed_in(open_page(PHONE))
    page.goto(reverse("admin:crm_integrations_replay_changelist"))
    label = page.locator("#result_list .field-what").first.evaluate(
        "cell => (style => [style.flexShrink, style.textTransform, style.content])"
        "(getComputedStyle(cell, '::before'))"
    )
    assert label == ["0", "none", '"What"']
    cell = page.locator("#result_list .field-what").first
    assert cell.evaluate("cell => cell.scrollHeight <= cell.clientHeight + 1")
    page.goto(reverse("admin:crm_integrations_replay_change", args=[replay.pk]))
    assert page.get_by_role("link", name=what, exact=True).first.is_visible()


@pytest.mark.usefixtures("_much_to_show")
def test_record_of_a_delivery_has_its_line_on_a_desktop_and_the_list_fits(desk_page):
    for number, one in enumerate(Lead.objects.all()):
        Lead.objects.filter(pk=one.pk).update(partner_ref_id=f"DEMO-2026-{number:06}")
    LoanAccount.objects.update(ref_id="LA-2026-000017")
    last = Delivery.objects.count() // 100 + 1  # where the longest reasons stand
    desk_page.goto(f"{reverse('admin:crm_integrations_delivery_changelist')}?p={last}")
    links = desk_page.locator("#result_list td.field-record_link a", has_text="DEMO-2026")
    expect(links.first).to_be_visible()
    assert {len(each.evaluate("each => [...each.getClientRects()]")) for each in links.all()} == {1}
    assert desk_page.evaluate(WIDE) == []
