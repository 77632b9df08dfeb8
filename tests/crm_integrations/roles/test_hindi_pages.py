"""Every page of the back office in Hindi, and what its forms answer: no run of English words outside what is data."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from leadops.models import Duplicate, Officer
from leadops.services import report_days
from tests import people
from tests.crm_integrations.roles.english import english_in
from tests.crm_integrations.roles.routes import Route, all_routes
from tests.crm_integrations.roles.world import Place, place

pytestmark = pytest.mark.django_db

NOT_WALKED = {"jsi18n", "language", "logout", "autocomplete"}
"""A script, two buttons and an answer to a script; `logout` would end the walk."""
DATA = {
    "words of the records that the test made": r"\S*[xz](?:q7vkw94|49wkv7q)\S*(?: \w+)?|Somebody's \w+",
    "a program's name": r"Supply chain finance'?",
    "names of people": r"Farida Prasad Joshi|Rekha Lal Verma|[A-Z][a-z]+ Borrower",
    "what stood in a record, in its history": r"It does not answer",
    "codes as they are kept": r"pan, mobile, account|Leads, Applicants, Addresses, Banks",
    "the lender's own reasons for dropping, which are records": (
        r"Cannot be reached|Documents not given|Entered by mistake|Took a loan elsewhere"
    ),
}
"""What may stand in English on a page in Hindi, by why."""


@pytest.fixture
def here(isp, program) -> Place:
    found = place("xq7vkw94", 0, isp, program)
    there = place("zq7vkw94", 1, isp, program)
    common = [{"key": "mobile", "shown": "••••4567"}]
    Duplicate.objects.create(lead=there.lead, earlier=found.lead, common=common)
    report_days.refresh()
    return found


@pytest.fixture
def reader(db) -> Client:
    """A superuser, who reads Hindi."""
    officer = people.officer("asha")
    Officer.objects.filter(pk=officer.pk).update(language="hi")
    client = Client(raise_request_exception=False)
    client.force_login(Officer.objects.get(pk=officer.pk))
    return client


def addresses(route: Route, here: Place) -> Iterator[str]:
    """A route's address, and that with records chosen where it is about chosen ones."""
    yield route.at(here)
    if route.name.endswith(("_start", "_send")):
        label = "crm_integrations.delivery" if "replay" in route.name else "leadops.lead"
        yield f"{route.at(here)}?{label.partition('.')[2]}={here.records[label].pk}"
    if route.name == "leadops_lead_change":
        yield f"{route.at(here)}?edit=1"


def told(client: Client, url: str, *, post: bool) -> str:
    """The page that is read in the end, with its messages; whatever was changed is as before."""
    with transaction.atomic():
        answer: Any = client.post(url) if post else client.get(url)
        if post and answer.status_code == 302:
            answer = client.get(answer["Location"])
        page = _page(answer)
        transaction.set_rollback(True)
    return page


def _page(answer: Any) -> str:
    if answer.streaming:
        b"".join(answer)  # its file is closed at the end
        return ""
    return answer.content.decode() if answer.get("Content-Type", "").startswith("text/html") else ""


@pytest.mark.parametrize("post", [False, True], ids=["read", "posted to"])
def test_no_page_holds_english_sentences(post, reader, here):
    known = [re.compile(each) for each in DATA.values()]
    found: dict[str, list[str]] = defaultdict(list)
    read = 0
    for route in all_routes():
        if route.name in NOT_WALKED or (post and route.name == "help"):
            continue
        for url in addresses(route, here):
            page = told(reader, url, post=post)
            read += bool(page)
            for run in english_in(page, known):
                found[run].append(route.name)
    assert read > 150
    assert {run: names[:3] for run, names in found.items()} == {}
