"""axe-core on every page of the back office: no serious finding, wide by light and narrow in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from axe_playwright_python.base import AXE_SCRIPT
from django.contrib import admin
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse

from crm_integrations.models import Connection
from leadops.models import Lead
from leadops.reports import catalogue
from leadops.services import leads
from tests import people, routes
from tests.browser import test_phone
from tests.browser.conftest import DESKTOP, PHONE

much_to_show = test_phone._much_to_show
SERIOUS = {"serious", "critical"}
NO_PAGES = {f"admin:{name}" for name in ("logout", "jsi18n", "search", "autocomplete", "sign_in_stay")}
LOOK = """async ([dark, without]) => {
    document.documentElement.classList.toggle("dark", dark);
    await Promise.all(document.getAnimations().map((each) => each.finished.catch(() => null)));
    const found = await axe.run({ exclude: without }, { resultTypes: ["violations"], iframes: false });
    return found.violations.map(({ id, impact, nodes }) =>
        [id, impact, nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary.split("\\n")[1]}`)]);
}"""


def _where(name: str, *args: object) -> Iterator[str]:
    """The page's address; nothing where the site has no such page, or one that speaks of more than `args`."""
    with suppress(NoReverseMatch):
        yield reverse(name, args=args)


def _of_models() -> Iterator[str]:
    """The list of each model, and the page of one that there is."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield from _where(f"{name}_changelist")
        one = model._default_manager.order_by("pk").last()
        if one is not None:
            yield from _where(f"{name}_change", one.pk)


def _alone() -> Iterator[str]:
    """What adds a record of each model, and our own pages that speak of none."""
    for model in admin.site._registry:
        yield from _where(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    for name in routes.addresses():
        if name.startswith("admin:") and name not in NO_PAGES:
            yield from _where(name)
    yield from (reverse("admin:report", args=[slug]) for slug in catalogue.REPORTS)


def _of_lead(lead: Lead, connections: dict[str, Connection]) -> Iterator[str]:
    """The form of a lead, what is asked before a step that ends something, and what a vendor would get."""
    yield from (f"{url}?edit=1" for url in _where("admin:leadops_lead_change", lead.pk))
    for step in ("withdraw", "erase", "hold", "holders"):
        yield from _where(f"admin:leadops_lead_{step}", lead.pk)
    yield reverse("admin:leadops_lead_preview", args=[lead.pk, connections["brainysoft"].pk])
    yield reverse("admin:leadops_lead_history", args=[lead.pk])
    yield reverse("admin:leadops_reveal_ask", args=["lead", lead.pk, "primary_mobile"])
    yield reverse("admin:leadops_lead_merge", args=[lead.pk, _same_borrower(lead).pk])


def _same_borrower(lead: Lead) -> Lead:
    """Another lead of the same person, who said some of it otherwise."""
    person = lead.applicants.get()
    drafts = people.drafts(1)
    drafts[0].partner_ref_id, drafts[0].loan_purpose = "", "Another shop"
    drafts[0].applicants[0].pan_no, drafts[0].applicants[0].name = person.pan_no, f"{person.name} Rao"
    [other] = leads.create(drafts, partner=lead.partner, program=lead.program, intake=Lead.Intake.API)
    return other


def _is_a_page(answer: HttpResponse) -> bool:
    """Whether there is something to look at: to some nobody adds, some want to be told of what, one is a file."""
    return answer.status_code == 200 and answer["Content-Type"].startswith("text/html")


def test_no_page_has_a_serious_finding(much_to_show, desk, desk_page, draft_lead, partner, connections):
    page, home = desk_page, reverse("admin:index")
    page.context.add_init_script(AXE_SCRIPT)
    found: dict[str, list[str]] = {}

    def look(url: str, where: str, dark: bool) -> None:
        without = ["#nav-sidebar"] if url != home else []  # which is the same on all pages
        for rule, impact, nodes in page.evaluate(LOOK, [dark, without]):
            if impact in SERIOUS:
                for node in nodes:
                    found.setdefault(f"{rule}: {node}", []).append(f"{url} ({where})")

    more = [*_of_lead(draft_lead, connections), *test_phone.pages(draft_lead, partner, connections)]
    alone = [url for url in _alone() if _is_a_page(desk.get(url))]
    seen: set[str] = set()
    for url in dict.fromkeys([home, *_of_models(), *alone, *more]):
        page.set_viewport_size(DESKTOP)
        page.goto(url)
        if page.url in seen:  # the address of a step that is not at hand leads to the one that is
            continue
        seen.add(page.url)
        look(url, "wide, light", False)
        page.set_viewport_size(PHONE)
        look(url, "narrow, dark", True)
    assert len(seen) > 60
    assert found == {}
