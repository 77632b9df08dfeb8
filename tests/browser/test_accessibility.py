"""axe-core on every page of the back office: no serious finding, wide by light and narrow in the dark."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from leadops.admin import search_page
from leadops.models import Authenticator, Lead, Officer
from tests import people
from tests.browser import officer_pages, test_phone
from tests.browser.conftest import sign_in
from tests.browser.eyes import Eyes
from tests.crm_integrations.roles.world import Place
from tests.leadops.phones import code, enrolled

much_to_show = test_phone._much_to_show
ITS_LEAD = "#lead_form"
ALONE = "main form[method=post]"
"""Of a page without the menu."""
REASON = "The borrower wrote to us"
FAULTS = """() => {
    const added = document.createElement("div");
    added.innerHTML = '<p style="color: #999; background: #aaa">Pale</p><button></button><h5>Deep</h5>';
    document.querySelector("form").append(added);
}"""
"""Two serious ones, and one that is none: a heading of the fifth order."""


@pytest.fixture
def at(much_to_show, draft_lead, program, officer, connections) -> Place:
    return officer_pages.full_world(draft_lead, program, officer, connections)


def test_no_page_has_a_serious_finding(at, desk, desk_page, officer, settings, monkeypatch, live_server):
    settings.FRESH_FACTOR_SECONDS = 300
    eyes, pages = Eyes(desk_page), officer_pages.of_routes(desk, at)
    for url in [*pages.urls, *officer_pages.otherwise(at)]:
        eyes.go(url)
    what_forms_answer(eyes, at)
    in_hindi(eyes, at, officer)
    what_is_refused(eyes, monkeypatch)
    at_the_sign_in(eyes, at, officer, settings, live_server.url)
    assert pages.must_be_seen - eyes.seen == set()
    assert eyes.seen.isdisjoint(officer_pages.NO_PAGES)
    assert eyes.found == {}


def test_the_eyes_see_what_can_hardly_be_read_and_what_has_no_name(page):
    eyes = Eyes(page)
    page.goto(reverse("admin:login"))
    eyes.look()
    assert eyes.found == {}
    page.evaluate(FAULTS)
    eyes.look()
    seen = {found.partition(": ")[0]: len(places) for found, places in eyes.found.items()}
    assert seen == {"button-name": 2, "color-contrast": 2}


def what_forms_answer(eyes: Eyes, at: Place) -> None:
    """What is wrong beside its field, what a form asks before it goes on, and what is shown once."""
    lead, partner = at.lead, at.records["leadops.partner"]
    for name, *args in (
        ("leadops_lead_add",),
        ("leadops_partner_add",),
        ("leadops_importbatch_add",),
        ("leadops_document_add",),
        ("crm_integrations_subscription_add",),
        ("crm_integrations_delivery_decide", at.records["crm_integrations.delivery"].pk),
        ("leadops_lead_withdraw", lead.pk),
        ("password_change",),
    ):
        eyes.page.goto(reverse(f"admin:{name}", args=args))
        eyes.send()
        eyes.look("with errors")
    ask = reverse("admin:leadops_reveal_ask", args=["lead", lead.pk, "primary_mobile"])
    for words in ("", REASON):
        eyes.page.goto(ask)
        eyes.send(reason="call", words=words)
        eyes.look("revealed" if words else "with errors")
    eyes.page.goto(reverse("admin:leadops_partner_make_key", args=[partner.pk]))
    eyes.send(label="Test")
    eyes.look("the new key")
    eyes.page.goto(reverse("admin:leadops_document_password", args=[at.records["leadops.document"].pk]))
    eyes.send(reason=REASON)
    eyes.look("the password")
    eyes.page.goto(f"{reverse('admin:leadops_bulkaction_start')}?lead={lead.pk}")
    eyes.send(deed="tag", tag="")
    eyes.look("with errors")
    eyes.send(deed="tag", tag="urgent")
    eyes.look("what will happen")
    eyes.page.goto(f"{reverse('admin:leadops_lead_change', args=[lead.pk])}?edit=1")
    Lead.objects.filter(pk=lead.pk).update(remarks="theirs", version=lead.version + 7)
    eyes.send(ITS_LEAD, remarks="mine")
    eyes.look("409")


def in_hindi(eyes: Eyes, at: Place, officer: Officer) -> None:
    """A sample: the words are longer, and the letters others."""
    Officer.objects.filter(pk=officer.pk).update(language="hi")
    for name, *args in (
        ("index",),
        ("leadops_lead_changelist",),
        ("leadops_lead_change", at.lead.pk),
        ("report", "conversion"),
        ("leadops_task_changelist",),
    ):
        eyes.page.goto(reverse(f"admin:{name}", args=args))
        eyes.look("Hindi")
    Officer.objects.filter(pk=officer.pk).update(language="en")


def what_is_refused(eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> None:
    eyes.go_wrong(reverse("admin:leadops_reveal_add"))  # 403
    eyes.go_wrong(reverse("admin:help", args=["nobody.md"]))  # 404
    with monkeypatch.context() as broken:
        broken.setattr(search_page, "masking", None)
        eyes.go_wrong(f"{reverse('admin:search')}?q=x")  # 500


def at_the_sign_in(eyes: Eyes, at: Place, officer: Officer, settings: Any, url: str) -> None:
    """The password, the phone, its codes on paper, and the fresh code that is asked for in between."""
    secret, _ = enrolled(officer)
    sign_in(eyes.page, Officer.objects.get(pk=officer.pk), url)  # whose other sessions have ended
    eyes.go(reverse("admin:sign_in_code"))
    eyes.send(ALONE, factor_code="000000")
    eyes.look("with errors")
    Authenticator.objects.update(throttling_failure_count=0)
    eyes.send(ALONE, factor_code=code(secret))
    eyes.go(reverse("admin:sign_in_codes"))
    eyes.send(ALONE)
    eyes.look("new ones")
    settings.FRESH_FACTOR_SECONDS = -1
    eyes.page.goto(reverse("admin:leadops_reveal_ask", args=["lead", at.lead.pk, "primary_mobile"]))
    eyes.send(reason="call", words=REASON)
    eyes.look("a fresh code")
    eyes.page.context.clear_cookies()
    eyes.go(reverse("admin:login"))
    eyes.send("#login-form", username=officer.username, password=f"not {people.PASSWORD}")
    eyes.look("with errors")
