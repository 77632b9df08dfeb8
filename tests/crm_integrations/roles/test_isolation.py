"""Two officers try every address of the admin with records out of their sight: none shows a word of them.

One is of another branch; the other works in the same branch, and sees their own leads alone. Both have every right
there is, so that nothing but their reach keeps them away; and what the branch's own officer is shown by the same
addresses proves that there was something to find.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from math import ceil
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.messages import get_messages
from django.db import connection as database
from django.db import models, transaction
from django.test import Client
from django.urls import reverse
from django.utils.functional import cached_property

from leadops.models import AssignmentRule, BulkAction, Duplicate, Lead, Officer, PendingChange
from leadops.services import approvals, report_days
from leadops.services.approvals.partners import partner_of
from tests.crm_integrations.roles import probes as roads
from tests.crm_integrations.roles.probes import Probe
from tests.crm_integrations.roles.routes import Route, all_routes
from tests.crm_integrations.roles.world import Place, ids_of, officer_with_all_rights, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(isp, program) -> Place:
    return place("xq7vkw94", 0, isp, program)


@pytest.fixture
def theirs(mine, isp, program) -> Place:
    """Another branch; a lead of it has something in common with one of ours."""
    found = place("zq7vkw94", 1, isp, program)
    Duplicate.objects.create(lead=found.lead, earlier=mine.lead)
    report_days.refresh()
    return found


@pytest.fixture
def colleague(theirs) -> Officer:
    """Somebody in that branch who sees their own leads alone, and has every right there is."""
    return officer_with_all_rights("nobody-elses", theirs.branch, Officer.Reach.OWN)


def signed_in(officer: Officer) -> Client:
    client = Client()
    client.force_login(officer)
    return client


@dataclass(frozen=True)
class Sought:
    """What must stand in no answer, and which rows no request may change."""

    words: frozenset[str]
    records: dict[str, models.Model]

    @classmethod
    def in_branch(cls, at: Place) -> Sought:
        """All that a branch has: nothing of it is for an officer of another one."""
        return cls._named([at.word, at.branch_word], at.of_its_own)

    @classmethod
    def of_leads(cls, at: Place) -> Sought:
        """What is about its leads: nothing of it is for who sees their own alone."""
        return cls._named([at.word], at.of_leads)

    @classmethod
    def _named(cls, words: list[str], records: dict[str, models.Model]) -> Sought:
        return cls(frozenset({*words, *map(str.title, words), *ids_of(records)}), records)

    def in_text(self, text: str) -> set[str]:
        return {each for each in self.words if each in text}

    def by(self, probe: Probe, client: Client) -> set[str]:
        """What `probe` brings to light of it, and the records that it changed; which are as before, after it."""
        before = self._before if probe.writes else None
        with transaction.atomic():
            text = told(client, probe)
            changed = {f"changed: {row}" for row in before ^ self._rows()} if before is not None else set()
            transaction.set_rollback(True)
        return self.in_text(text) | changed

    @cached_property
    def _before(self) -> set[tuple[str, str]]:
        """Asked once: what a probe changes is as before, after it."""
        return self._rows()

    @cached_property
    def _places(self) -> list[tuple[str, str, Any]]:
        """Where something of it stands: table, column and key of the records, and of all that names their lead."""
        own = [(each._meta.db_table, each._meta.pk.column, each.pk) for each in self.records.values()]
        naming = [each for each in Lead._meta.get_fields(include_hidden=True) if each.one_to_many]
        lead = self.records["leadops.lead"].pk
        return [*own, *((each.related_model._meta.db_table, each.field.column, lead) for each in naming)]

    def _rows(self) -> set[tuple[str, str]]:
        """A digest of each of these rows as the tables have them."""
        asked = " UNION ALL ".join(
            f"SELECT '{table}', md5(t::text) FROM {table} t WHERE {column} = %s"
            for table, column, _key in self._places
        )
        with database.cursor() as cursor:
            cursor.execute(asked, [key for _table, _column, key in self._places])
            return set(cursor.fetchall())


def unpacked(body: bytes) -> bytes:
    """A file as it is, of a workbook all its parts."""
    if not body.startswith(b"PK"):
        return body
    with ZipFile(BytesIO(body)) as book:
        return b"".join(map(book.read, book.namelist()))


def told(client: Client, probe: Probe) -> str:
    """All that the browser gets, redirects with their messages followed."""
    answer = probe.send(client)
    body = unpacked(b"".join(answer)) if answer.streaming else answer.content
    place_of_it = answer.get("Location", "")
    if place_of_it == reverse("admin:index"):  # which `start` asks for: here it tells of the refusal
        body += " ".join(map(str, get_messages(answer.wsgi_request))).encode()
    elif answer.status_code == 302 and "/login/" not in place_of_it:
        body += client.get(place_of_it).content
    text = f"{body.decode(errors='replace')} {place_of_it} {answer.headers.get('Content-Disposition', '')}"
    for word in filter(None, probe.sent.split()):
        text = text.replace(word, "")
    return text


PROBES = {
    "addresses": roads.of_routes,
    "what is chosen": roads.of_chosen,
    "lists": roads.of_lists,
    "autocompletes": roads.of_autocompletes,
    "actions": roads.of_actions,
    "the site": roads.of_site,
}
SHOWN_AT_LEAST = {
    "addresses": 0.5,
    "what is chosen": 0.5,
    "lists": 0.2,
    "autocompletes": 0.05,
    "actions": 0.3,
    "the site": 0.6,
}
"""Of the probes so many find something when the other branch's own officer sends them; the rest is refused to all."""


@pytest.mark.parametrize("kind", PROBES)
def test_nothing_out_of_ones_sight_is_shown_or_changed(kind, mine, theirs, colleague):
    probes = PROBES[kind](theirs)
    stranger, beside = signed_in(mine.officer), signed_in(colleague)
    of_all, of_leads = Sought.in_branch(theirs), Sought.of_leads(theirs)
    leaks = {probe.name: found for probe in probes if (found := of_all.by(probe, stranger))}
    assert leaks == {}
    once = [probe for probe in probes if not probe.again]
    leaks = {probe.name: found for probe in once if (found := of_leads.by(probe, beside))}
    assert leaks == {}
    enough = ceil(SHOWN_AT_LEAST[kind] * len(probes))
    owner = signed_in(theirs.officer)
    known = (probe for probe in probes if of_all.by(probe, owner))
    assert len(list(islice(known, enough))) == enough


def test_every_address_that_takes_an_id_is_tried(theirs):
    tried = {probe.name.partition(" ")[2] for probe in roads.of_routes(theirs)}
    with_ids = {route.name for route in all_routes() if route.parts and route.model != "auth.group"}
    assert with_ids - tried == {"app_list", "help"}


def test_nothing_is_given_to_an_officer_of_another_branch(mine, theirs):
    client, owner = signed_in(mine.officer), theirs.officer.pk
    work = reverse("admin:leadops_lead_work", args=[mine.lead.pk, "assign"])
    told_of_it = client.post(work, {"owner": owner}, follow=True).content.decode()
    asked = {"lead": mine.lead.pk, "deed": "assign", "owner": owner, "go": "1"}
    told_of_it += client.post(reverse("admin:leadops_bulkaction_start"), asked).content.decode()
    rule = reverse("admin:leadops_assignmentrule_add")
    told_of_it += client.post(rule, {"branch": mine.branch.pk, "officers": [owner]}).content.decode()
    away = {"officer": owner, "away_from": "2026-12-01", "away_until": "2026-12-02"}
    told_of_it += client.post(reverse("admin:leadops_absence_add"), away).content.decode()
    assert Sought.in_branch(theirs).in_text(told_of_it) == set()
    assert Lead.objects.get(pk=mine.lead.pk).owner is None
    assert not BulkAction.objects.filter(deed="assign").exists()
    assert not AssignmentRule.objects.filter(branch=mine.branch, officers=owner).exists()
    assert theirs.officer.absences.count() == 1


def test_what_another_branch_asks_to_have_approved_is_seen_there_alone(mine, theirs):
    partner, key = theirs.records["leadops.partner"], theirs.records["leadops.apikey"]
    taken_on = partner_of(type(partner)(name=f"{theirs.word} new", code="new", branch=theirs.branch))
    asked: list[tuple[str, dict[str, Any], models.Model | None]] = [
        ("partner", taken_on, None),
        ("key_scopes", {"scopes": []}, key),
        ("grant", {"is_superuser": True}, theirs.officer),
        ("import", {}, theirs.records["leadops.importbatch"]),
        ("connection", {}, theirs.records["crm_integrations.subscription"].connection),
    ]
    changes = [approvals.ask(kind, theirs.officer, data, subject, "why") for kind, data, subject in asked]
    assert not approvals.inbox.visible_to(mine.officer).filter(pk__in=[each.pk for each in changes]).exists()
    PendingChange.objects.update(made_by=mine.officer)
    seen = approvals.inbox.visible_to(theirs.officer).filter(pk__in=[each.pk for each in changes])
    assert seen.count() == len(changes)


def test_the_page_of_a_lead_names_no_lead_out_of_sight_with_the_same_borrower(mine, theirs, colleague):
    url = Route("leadops_lead_change", ("object_id",)).at(mine)
    Lead.objects.filter(pk=mine.lead.pk).update(owner=colleague)
    of_leads = Sought.of_leads(theirs)
    for officer in (mine.officer, colleague):
        page = signed_in(officer).get(url).content.decode()
        assert "A lead out of your sight" in page
        assert of_leads.in_text(page) == set()
    Duplicate.objects.all().delete()
    assert "A lead out of your sight" not in signed_in(mine.officer).get(url).content.decode()
