"""What is asked of a page whatever it shows: it stays within the screen, names what it has, and lets itself be used."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django.urls import reverse
from playwright.sync_api import Error, Locator, Page, expect

from leadops.models import Lead
from tests.browser.conftest import DESKTOP, PHONE

NAMELESS = """() => {
    const named = (each) => each.labels?.length || each.ariaLabel || each.getAttribute("aria-labelledby");
    const written = (each) => each.innerText.replace(/^[a-z_]+$/, "").trim() || each.title || each.ariaLabel;
    const fields = [...document.querySelectorAll(":is(input:not([type=hidden]), select, textarea)")]
        .filter((each) => !each.closest(".empty-form") && !named(each));
    const images = [...document.querySelectorAll("img:not([alt]), svg:not([aria-label]):not([aria-hidden])")];
    const buttons = [...document.querySelectorAll("button, [role=button]")]
        .filter((each) => each.checkVisibility() && !written(each));
    return [...fields, ...images, ...buttons].map((each) => each.outerHTML.slice(0, 120));
}"""
WIDE = """(but) => [...document.querySelectorAll("#content :not(input, select, textarea, option)")]
    .filter((each) => each.offsetParent && !each.closest(".lo-scroll, pre, .simplebar-track, .empty-form"))
    .filter((each) => getComputedStyle(each).overflowX !== "visible" && each.scrollWidth > each.clientWidth + 1)
    .filter((each) => each.clientWidth > 60 && !(but && each.matches(but)))
    .map((each) => each.outerHTML.slice(0, 120))"""

ITS_LIST = ":has(#result_list)"


def lead_url(lead: Lead) -> str:
    return reverse("admin:leadops_lead_change", args=[lead.pk])


def fits(page: Page) -> bool:
    """Nothing reaches over the edge of the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def wrong_with(page: Page) -> list[str]:
    """What reaches over the edge of the screen or of its own box, and what is pressed or filled in without a name."""
    but = None if page.viewport_size == PHONE else ITS_LIST  # which scrolls by itself on a desk
    try:
        found = [*page.evaluate(WIDE, but), *page.evaluate(NAMELESS)]
        if not fits(page):
            found.append("the page is wider than the screen")
    except Error as left:  # another page is taking its place
        return [left.message]
    return found


def holds(page: Page) -> None:
    """Nothing is wrong with it at this size, once its boxes have taken that."""
    page.wait_for_load_state()
    until = time.monotonic() + 5
    while (found := wrong_with(page)) and time.monotonic() < until:
        page.wait_for_timeout(50)
    assert not found, (page.url, page.viewport_size, found)


def at_both_sizes(page: Page, *pressed: Locator) -> None:
    """The page holds wide and narrow, and these could be pressed at either size; they are not."""
    kept = page.viewport_size or DESKTOP
    for each in pressed:
        expect(each).to_be_visible()
    for size in (DESKTOP, PHONE) if kept == PHONE else (PHONE, DESKTOP):
        page.set_viewport_size(size)
        holds(page)
        for each in pressed:
            each.click(trial=True)
        _picture(page)


def _picture(page: Page) -> None:
    """For a person to look at, where one asked for it."""
    if folder := os.environ.get("PICTURES"):
        size = page.viewport_size or DESKTOP
        name = f"{len(list(Path(folder).iterdir())):03}-{size['width']}.png"
        page.screenshot(path=Path(folder) / name, full_page=True)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this id, or these words on it, has the focus."""
    stops: list[list[str]] = []
    while len(stops) < 60:
        page.keyboard.press("Tab")
        stops.append(page.evaluate("[document.activeElement.id, document.activeElement.innerText]"))
        if name in stops[-1]:
            return
    raise AssertionError(f"Tab never reached {name!r}: {stops}")
