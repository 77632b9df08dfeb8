"""Take the pictures of the docs anew, from a `make run` that runs here; PORT and SANDBOX_PORT are its ports.

Signs in as the demo's officers and uploads workbooks as one of them would. The main pages are taken as a phone shows
them, too, and home, the list and a lead in the dark.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SAMPLE = ROOT / "docs" / "samples" / "leads.xlsx"
WEB = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/admin/"
SANDBOX = f"http://127.0.0.1:{os.environ.get('SANDBOX_PORT', '8100')}"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu"]
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
COLOURS = 256
"""As many are enough for a page, and make a third of the file."""
KNOWN_COLUMNS = {"Mobile No.": "Kontakt", "A/c No.": "Khata", "Remarks": "Sales notes"}
"""What an agent calls some columns of the sample, so that the officer is asked about them."""


def log_ins() -> dict[str, str]:
    """The demo officers' passwords, by their names."""
    command = [sys.executable, str(ROOT / "deploy" / "prepare.py"), SANDBOX]
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "leadops.settings", "ALLOW_LOCAL_VENDORS": "1"}
    said = json.loads(subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE).stdout)
    if "trouble" in said:
        raise SystemExit(said["trouble"])
    return {each["username"]: each["password"] for each in said["officers"]}


def sign_in(page: Page, name: str, password: str) -> None:
    page.goto(WEB)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(r"/admin/$"))


def take(page: Page, name: str, *, phone: bool = False, dark: bool = False) -> None:
    """The picture `name` of what the page shows now; where asked for, also in the dark and on a phone."""
    if dark:
        page.emulate_media(color_scheme="dark")
        page.reload()  # a page takes the setting as it finds it
        _keep(page, f"{name}-dark")
        page.emulate_media(color_scheme="light")
        page.reload()
    _keep(page, name)
    if phone:
        page.set_viewport_size(PHONE)
        _keep(page, f"{name}-phone")
        page.set_viewport_size(DESKTOP)


def _keep(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    # Rare colours first, then moved to where most pixels are: neither chips nor the ground change their tint.
    few = taken.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    few.save(IMAGES / f"{name}.png", optimize=True)


def as_an_agent_names_it(folder: Path) -> Path:
    """The sample with columns that nobody knows by name."""
    book = openpyxl.load_workbook(SAMPLE)
    for cell in book.active[1]:
        cell.value = KNOWN_COLUMNS.get(cell.value, cell.value)
    path = folder / "agent-june.xlsx"
    book.save(path)
    return path


def upload(page: Page, path: Path) -> None:
    page.goto(f"{WEB}leadops/importbatch/add/")
    for field in ("partner", "program"):
        page.locator(f"select[name={field}]").select_option(index=1)
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url(re.compile(r"/change/"))


def of_imports(page: Page, folder: Path) -> None:
    upload(page, as_an_agent_names_it(folder))
    page.get_by_role("button", name="Go on with these columns").wait_for(timeout=60_000)
    take(page, "import-columns")
    copy = Path(shutil.copy(SAMPLE, folder / "hilltop-june.xlsx"))
    upload(page, copy)
    start = ready_to_start(page)
    take(page, "import-preview")
    start.click()
    page.get_by_role("link", name="Mend refused rows here").wait_for(timeout=60_000)
    take(page, "import", phone=True)
    upload(page, a_borrower_once_more(folder))
    ready_to_start(page).click()
    page.get_by_text("Undo this import…").wait_for(timeout=60_000)


def ready_to_start(page: Page) -> Locator:
    """The button that starts an import, once its columns are known."""
    go_on = page.get_by_role("button", name="Go on with it")
    start = page.get_by_role("button", name=re.compile("^Import [0-9]"))
    go_on.or_(start).wait_for(timeout=60_000)
    if go_on.is_visible():
        go_on.click()
    start.wait_for(timeout=60_000)
    return start


def a_borrower_once_more(folder: Path) -> Path:
    """The first lead of the sample under another reference, for another amount."""
    book = openpyxl.load_workbook(SAMPLE)
    sheet = book.active
    sheet.delete_rows(3, sheet.max_row)
    for cell, title in zip(sheet[2], sheet[1], strict=True):
        if title.value == "Partner reference":
            cell.value = f"{cell.value}-AGAIN"
        elif title.value == "Loan amount":
            cell.value = 400_000
    path = folder / "walk-in.xlsx"
    book.save(path)
    return path


def of_leads(page: Page) -> None:
    page.goto(WEB)
    take(page, "overview", phone=True, dark=True)
    page.goto(f"{WEB}leadops/lead/")
    take(page, "lead-list", phone=True, dark=True)
    page.locator("#find").fill("asha")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Leads", exact=True).wait_for()
    take(page, "search", phone=True)
    page.goto(f"{WEB}crm_integrations/delivery/?state__exact=review")
    page.locator("#result_list a[href*='/leadops/lead/']").first.click()
    page.get_by_role("heading", name="Timeline").wait_for()
    take(page, "lead", phone=True, dark=True)
    of_a_conflict(page)
    heading = page.get_by_role("heading", name="Deliveries")
    heading.evaluate("each => { each.style.scrollMarginTop = '2rem'; each.scrollIntoView() }")
    take(page, "deliveries")


def of_the_days_work(page: Page) -> None:
    page.goto(f"{WEB}leadops/task/")
    take(page, "tasks", phone=True)
    page.goto(f"{WEB}reports/ageing/")
    take(page, "report", phone=True)


def of_people_s_data(page: Page) -> None:
    """Two leads of one borrower about to be one, and why somebody wants to see a number."""
    page.goto(f"{WEB}leadops/lead/?duplicates=repeated")
    page.locator("#result_list a[href*='/leadops/lead/']").first.click()
    page.get_by_role("link", name=re.compile("^Merge with")).first.click()
    page.get_by_role("button", name="Merge", exact=True).wait_for()
    take(page, "merge")
    page.get_by_role("link", name="Back to the lead").click()
    page.get_by_role("link", name=re.compile("^Reveal")).first.click()
    page.get_by_role("button", name="Reveal").wait_for()
    take(page, "reveal")


def of_the_audit(page: Page) -> None:
    page.goto(f"{WEB}leadops/auditevent/?action=update")
    take(page, "audit")


def of_an_approval(page: Page) -> None:
    """What another officer asked for, as who may approve it sees it."""
    page.goto(f"{WEB}leadops/pendingchange/")
    page.get_by_role("link", name=re.compile("^Take on the partner")).first.click()
    page.get_by_role("button", name="Approve").wait_for()
    take(page, "approval", phone=True)


def of_a_conflict(page: Page) -> None:
    """The lead on the page, changed in another window while its form is open."""
    other = page.context.new_page()
    form = f"{page.url}?edit=1"
    page.goto(form)
    other.goto(form)
    for each, words in ((other, "Calls back after six"), (page, "Wants a call at noon")):
        each.get_by_label("Remarks").fill(words)
        each.get_by_role("button", name="Save", exact=True).click()
        each.wait_for_load_state()
    take(page, "conflict")
    other.close()
    page.get_by_role("link", name="Leave it as it is now").click()


def main() -> None:
    passwords = log_ins()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        takers: list[tuple[str, Callable[[Page], None]]] = [
            ("admin", of_an_approval),
            ("vikram", of_the_days_work),
            ("vikram", of_leads),
            ("arjun", lambda page: of_imports(page, Path(folder))),
            ("admin", of_people_s_data),  # the workbook that came in repeats some borrowers
            ("farah", of_the_audit),
        ]
        for name, pictures in takers:
            page = browser.new_context(viewport=DESKTOP).new_page()
            sign_in(page, name, passwords[name])
            pictures(page)
        browser.close()


if __name__ == "__main__":
    main()
