"""Every page on a phone: nothing reaches over its edge, everything has a name."""

from __future__ import annotations

from django.urls import reverse

from leadops.models import LoanAccount
from leadops.services import leads, loan_accounts
from tests.browser.conftest import PHONE

LISTS = [
    "leadops_lead", "leadops_loanaccount", "leadops_importbatch", "leadops_partner", "leadops_program",
    "leadops_officer", "crm_integrations_delivery", "crm_integrations_exchange", "crm_integrations_connection",
]  # fmt: skip
NAMELESS = """() => [...document.querySelectorAll("#content :is(input:not([type=hidden]), select, textarea)")]
    .filter((each) => each.offsetParent && !each.labels?.length && !each.ariaLabel && !each.placeholder)
    .map((each) => each.name || each.outerHTML.slice(0, 80))"""


def pages(lead, partner, connections) -> list[str]:
    account = LoanAccount.objects.get()
    listed = [reverse(f"admin:{name}_changelist") for name in LISTS]
    single = [
        reverse("admin:leadops_lead_change", args=[lead.pk]),
        reverse("admin:leadops_loanaccount_change", args=[account.pk]),
        reverse("admin:leadops_partner_change", args=[partner.pk]),
        reverse("admin:leadops_partner_make_key", args=[partner.pk]),
        reverse("admin:crm_integrations_connection_change", args=[connections["brainysoft"].pk]),
    ]
    added = [reverse(f"admin:leadops_{name}_add") for name in ("lead", "loanaccount", "importbatch")]
    send = f"{reverse('admin:leadops_lead_send')}?lead={lead.pk}"
    return [reverse("admin:index"), *listed, *single, *added, send]


def test_no_page_reaches_over_the_edge_of_a_phone_and_every_field_is_named(
    open_page, signed_in, draft_lead, partner, program, connections
):
    leads.submit([draft_lead])
    loan_accounts.open_account(draft_lead, "LA-1", program)
    page = signed_in(open_page(PHONE))
    wide, nameless = [], []
    for url in pages(draft_lead, partner, connections):
        page.goto(url)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > PHONE["width"]:
            wide.append((url, width))
        nameless += [(url, field) for field in page.evaluate(NAMELESS)]
    assert wide == []
    assert nameless == []
