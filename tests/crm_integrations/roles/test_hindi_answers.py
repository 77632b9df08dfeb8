"""What the forms of the back office answer a reader of Hindi, refused and done: no English but what is data.

The forms are those that stand on its pages, and those on the pages that they lead to.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from crm_integrations import registry
from crm_integrations.models import Connection
from tests.crm_integrations.roles.english import english_of_answer, pieces_of
from tests.crm_integrations.roles.filled import NONSENSE, Form, forms_of, posted
from tests.crm_integrations.roles.routes import all_routes
from tests.crm_integrations.roles.test_hindi_pages import DATA, NOT_WALKED, _page, addresses, here, reader
from tests.crm_integrations.roles.world import Place

__all__ = ["here", "reader"]
pytestmark = pytest.mark.django_db
NO_ENGLISH = {
    "what was typed": NONSENSE,
    "addresses": r"\S+://\S+|\S+@\S+|name@example\.com",
    "commands and names of fields": r"manage\.py roles|(?:applicants|banks|addresses)-\w+-[\w-]+",
    "people and connections of the test": r"\b(?:asha|isp|los)\b|Home renovation|Konkan Logistics|Indusind Bank",
    "programs of the test": r"Supply chain finance",
}
KNOWN = [re.compile(each) for each in (*NO_ENGLISH.values(), *DATA.values())]
MOST_HOPS = 3


class Walk:
    """Forms that were met, what pages say that nobody posted to, and what was answered in English, by where."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.read: set[str] = set()
        self.forms: dict[tuple[str, ...], tuple[str, Form]] = {}
        self.english: dict[str, set[str]] = defaultdict(set)
        self.broken: set[str] = set()
        self.answers = 0

    def look_at(self, name: str, url: str) -> None:
        with transaction.atomic():
            page = _page(self.client.get(url))
            transaction.set_rollback(True)
        self.read |= pieces_of(page)
        self._meet(name, page, url)

    def _meet(self, name: str, page: str, url: str) -> list[Form]:
        """The forms of a page that were not met before."""
        new = [
            each for each in forms_of(page, url) if each.method == "post" and each.known_by not in self.forms
        ]
        self.forms |= {each.known_by: (name, each) for each in new}
        return new

    def fill(self, name: str, form: Form, deep: bool = True) -> None:
        """Post `form` in every way; forms on the pages that answer are posted too, with what was changed undone."""
        for way, sent in posted(form):
            cookies = copy.deepcopy(self.client.cookies)
            with transaction.atomic():
                self._post(f"{name}, {way}", form, sent, deep)
                transaction.set_rollback(True)
            self.client.cookies = cookies

    def _post(self, where: str, form: Form, sent: dict[str, Any], deep: bool) -> None:
        answer: Any = self.client.post(form.action, sent)
        for _hop in range(MOST_HOPS):
            if answer.status_code == 302:
                answer = self.client.get(answer["Location"])
        self.answers += 1
        if answer.status_code >= 500:
            self.broken.add(where)
        page = _page(answer)
        for run in english_of_answer(pieces_of(page) - self.read, KNOWN):
            self.english[run].add(where)
        if deep:
            for each in self._meet(where, page, answer.request["PATH_INFO"]):
                self.fill(f"{where}, then", each, deep=False)


@pytest.fixture
def walk(reader: Client, here: Place) -> Walk:
    """Every page was looked at, that of a new connection and of an old one for each vendor too."""
    found = Walk(reader)
    for route in all_routes():
        if route.name not in NOT_WALKED:
            for url in addresses(route, here):
                found.look_at(route.name, url)
    for slug in registry.vendors():
        made = Connection.objects.create(vendor=slug, name=f"zq7vkw94 {slug}", base_url="http://127.0.0.1:9")
        found.look_at(slug, f"/admin/crm_integrations/connection/{made.pk}/change/")
    return found


def test_no_answer_to_a_form_is_english(walk):
    for name, form in list(walk.forms.values()):
        walk.fill(name, form)
    assert walk.answers > 300
    assert ({run: sorted(where)[:3] for run, where in walk.english.items()}, walk.broken) == ({}, set())
