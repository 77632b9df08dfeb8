"""axe-core over a page of the back office: wide by light and narrow in the dark, and what it found there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from django.urls import resolve
from playwright.sync_api import Page, Route

from tests.browser.conftest import DESKTOP, PHONE

SERIOUS = {"serious", "critical"}
HOME = "index"
LOOKS = (("wide, light", DESKTOP, False), ("narrow, dark", PHONE, True))
COLOURS = """{
    const its = axe.commons.color.Color.prototype, read = its.parseString, known = new Map();
    its.parseString = function (text) {
        if (!known.has(text)) {
            read.call(this, text);
            known.set(text, [this.r, this.g, this.b, this.alpha]);
        }
        [this.r, this.g, this.b, this.alpha] = known.get(text);
        return this;
    };
}"""
"""A page has a dozen colours, and axe takes each apart anew for each element: two fifths of its time."""
LOOK = """async ([dark, without, serious]) => {
    document.documentElement.classList.toggle("dark", dark);
    for (const each of document.getAnimations())
        if (each.effect.getComputedTiming().endTime < Infinity) each.finish();
    const idle = axe._audit.rules.filter(({ impact }) => impact && !serious.includes(impact));
    const rules = Object.fromEntries(idle.map(({ id }) => [id, { enabled: false }]));
    const found = await axe.run({ exclude: without }, { resultTypes: ["violations"], iframes: false, rules });
    return found.violations.map(({ id, impact, nodes }) =>
        [id, impact, nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary.split("\\n")[1]}`)]);
}"""
SEND = """([chosen, values]) => {
    const form = document.querySelector(chosen);
    form.noValidate = true;
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    form.requestSubmit();
}"""
ITS_FORM = "#content form[method=post]"


class Eyes:
    """Looks at pages and keeps what was wrong, and the names of the addresses that were seen."""

    def __init__(self, page: Page) -> None:
        page.context.add_init_script(f"{AXE_SCRIPT};{COLOURS}")
        self.page = page
        self.seen: set[str] = set()
        self.found: dict[str, list[str]] = {}
        self._urls: set[str] = set()

    def go(self, url: str) -> None:
        """Look at what stands at `url`; once, where another address has led to it already."""
        self.page.set_viewport_size(DESKTOP)
        self.page.goto(url)
        if self.page.url not in self._urls:
            self._urls.add(self.page.url)
            self.look()

    def look(self, state: str = "") -> None:
        """At the page that is open, which is in this state."""
        path = urlsplit(self.page.url).path
        name = resolve(path).url_name or ""
        self.seen.add(name)
        without = ["#nav-sidebar"] if name != HOME else []  # which is the same on all pages
        for where, size, dark in LOOKS:
            self.page.set_viewport_size(size)
            for rule, impact, nodes in self.page.evaluate(LOOK, [dark, without, sorted(SERIOUS)]):
                if impact in SERIOUS:
                    for node in nodes:
                        place = f"{path} ({', '.join(filter(None, (state, where)))})"
                        self.found.setdefault(f"{rule}: {node}", []).append(place)

    def send(self, chosen: str = ITS_FORM, **values: Any) -> None:
        """Send a form as it is but for `values`, past what the browser itself would refuse."""
        with self.page.expect_navigation():
            self.page.evaluate(SEND, [chosen, values])

    def go_wrong(self, url: str) -> None:
        """Look at the answer to an address that is refused."""
        self.open_refused(url)
        self.look("refused")

    def open_refused(self, url: str) -> None:
        """Have the answer shown, and do not look; the browser would tell its console of each."""
        self.page.route(f"**{url}", as_if_all_were_well)
        self.page.goto(url)
        self.page.unroute(f"**{url}")


def as_if_all_were_well(route: Route) -> None:
    """Have a refusal shown as any page."""
    answer = route.fetch()
    assert answer.status >= 400
    route.fulfill(response=answer, status=200)
