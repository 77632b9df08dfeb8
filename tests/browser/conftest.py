"""A real Chromium, the live site, and an officer at the keyboard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from leadops.models import Lead, Officer, Partner, Program
from leadops.sign_in.session_store import SessionStore
from tests import patience, people

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
BOTH_SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
PATIENCE = patience.SECONDS * 1000
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


def chromium() -> str:
    """Where Chromium is; a test run without one fails, because an unseen page is an untested page."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail(
            "Browser tests need Chromium: install the package `chromium-headless-shell` or `chromium`, or name the"
            " program in $CHROMIUM."
        )
    return found


def give_reason(page: Page) -> None:
    """Say why something is taken out, by keyboard."""
    field = page.get_by_label("Reason")
    expect(field).to_have_attribute("autofocus", "")
    field.fill(people.REASON)
    field.press("Enter")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=FLAGS.split(), timeout=PATIENCE)
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Browser, live_server: Any, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens pages that must log no error and ask nobody else for anything."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def watch(page: Page) -> None:
        home = urlsplit(live_server.url).netloc
        page.on("console", lambda said: wrong.append(f"console: {said.text}") if _complains(said) else None)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on(
            "request",
            lambda asked: wrong.append(f"outside: {asked.url}") if _outside(asked.url, home) else None,
        )

    def opened(size: dict[str, int] = DESKTOP) -> Page:
        context = browser.new_context(  # a browser whose clock is not the lender's
            viewport=size,
            base_url=live_server.url,
            accept_downloads=True,
            timezone_id="UTC",  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _complains(said: Any) -> bool:
    """Whether it is an error; a conflict is an answer of ours, which the browser only mentions."""
    return said.type == "error" and "409 (Conflict)" not in said.text


def _outside(url: str, home: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != home


@pytest.fixture
def size() -> dict[str, int]:
    """Of the page; BOTH_SIZES runs a test at both."""
    return DESKTOP


@pytest.fixture
def page(open_page: Callable[..., Page], size: dict[str, int]) -> Page:
    """A page of this size, nobody signed in."""
    return open_page(size)


def sign_in(page: Page, officer: Officer, url: str) -> Page:
    """Sign `officer` in at the site of `url`, by a session of the server's and without the form."""
    session = SessionStore()
    session[SESSION_KEY] = str(officer.pk)
    session[BACKEND_SESSION_KEY] = "leadops.sign_in.rights.Rights"
    session[HASH_SESSION_KEY] = officer.get_session_auth_hash()
    session.save()
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key), "url": url}]
    )
    return page


@pytest.fixture
def signed_in(officer: Officer, live_server: Any) -> Callable[[Page], Page]:
    """Signs `officer` in."""
    return lambda page: sign_in(page, officer, live_server.url)


@pytest.fixture
def desk_page(page: Page, signed_in: Callable[[Page], Page]) -> Page:
    """A page with `officer` signed in."""
    return signed_in(page)


@pytest.fixture
def draft_lead(transactional_db: None, partner: Partner, program: Program) -> Lead:
    """A draft lead that every vendor can take."""
    return people.leads_of(partner, program)[0]
