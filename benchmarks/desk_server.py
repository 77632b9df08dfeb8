"""A back office with so many leads, whose pages are asked for by the line: what `desk.py` has two of.

python desk_server.py ROWS; each line it reads, a name of `asked` and a number, is answered by the seconds that it took.
The leads came over two years, 1,400 a day at a million of them; each has a delivery.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import scratch

scratch.setup()

import many_leads
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from crm_integrations import roles
from crm_integrations.models import Connection, Delivery, Exchange, Route
from leadops import synthetic
from leadops.admin.sealed_search import sealed
from leadops.drafts import LeadDraft
from leadops.models import Lead, LeadNumber, Officer
from leadops.services import bulk_actions, leads
from leadops.services.bulk_deeds import Assign
from leadops.validation import check_lead, errors_in
from tests import people

ROWS, REAL = int(sys.argv[1]), 100
EVERY = 2 * 365 * 86_400_000 // 1_000_000
"""Milliseconds from one lead to the next."""
ASSIGNED = min(10_000, ROWS)
BRANCHES = ("north", "east", "south", "west")
ROLES = {"loan officer": "Loan officers", "telecaller": "Telecallers"}
"""Who asks for pages beside a superuser: one sees a branch, a quarter of all leads, one their own, some hundreds."""
VENDORS = ("brainysoft", "broctagon", "crego_crm", "ispcrm")
DELIVERIES = """
INSERT INTO crm_integrations_delivery SELECT r.* FROM leadops_lead l
CROSS JOIN (SELECT d FROM crm_integrations_delivery d ORDER BY id LIMIT 1) known(d)
CROSS JOIN LATERAL jsonb_populate_record(known.d, jsonb_build_object(
    'id', overlay(l.id::text placing right(gen_random_uuid()::text, 12) from 25), 'lead_id', l.id, 'record_id', l.id,
    'connection_id', (%(connections)s::uuid[])[1 + ascii(right(l.id::text, 1)) %% 4], 'ref', l.partner_ref_id,
    'reference', 'V-' || l.partner_ref_id,
    'state', CASE WHEN l.sync_status = 'needs_person' THEN 'rejected' ELSE 'delivered' END
)) r WHERE l.partner_ref_id LIKE 'OLD-%%' AND NOT EXISTS (
    SELECT FROM crm_integrations_delivery known WHERE known.lead_id = l.id)
"""


class Plain(admin.ModelAdmin):
    """What Django's own documentation has one write."""

    list_per_page = 50
    list_display = ("partner_ref_id", "program", "partner", "status", "created_at")
    list_select_related = ("program", "partner")
    search_fields = ("partner_ref_id", "applicants__name")


DRAFTS = synthetic.drafts(REAL)
for draft in DRAFTS:
    assert not errors_in(check_lead(draft, country="IN"))
LIKE = next(each for each in DRAFTS if len(each.applicants) == len(each.applicants[0].banks) == 1)


def begin() -> None:
    """Connections with routes, and one lead to be copied."""
    for vendor in VENDORS:
        made = Connection.objects.create(vendor=vendor, name=vendor, base_url="https://vendor.example")
        Route.objects.create(connection=made)
    take([LIKE])


def take(drafts: list[LeadDraft]) -> list[Lead]:
    partner, program = people.partner("Bench", "bench"), people.program("bench", "Bench")
    with transaction.atomic():
        made = leads.create(drafts, partner=partner, program=program, intake=Lead.Intake.API)
        leads.submit(made)
    return made


def officers() -> dict[str, Officer]:
    """A superuser, and one officer of each of ROLES, at the first branch."""
    found = {"superuser": people.officer("bench")}
    for name, group in ROLES.items():
        found[name] = people.officer(name, superuser=False)
        found[name].branches.set([people.branch(BRANCHES[0])])
        roles.give(found[name], group)
    return found


def grow(to: int, owner: Officer) -> None:
    """Have so many leads, each with a delivery; the newest ones are real, so that pages can show them."""
    there = Lead.objects.count()
    spread = (time.time_ns() // 1_000_000 - 3_600_000 - (there * EVERY if there > 1 else 0), EVERY)
    many_leads.copy(
        to - there,
        like=LIKE.partner_ref_id,
        first=there,
        spread=spread,
        statuses=Lead.Status.values,
        branches=[people.branch(code).pk for code in BRANCHES],
        refused="07",
        owner=owner.pk,
    )
    with connection.cursor() as cursor:
        cursor.execute(DELIVERIES, {"connections": list(Connection.objects.values_list("pk", flat=True))})
        cursor.execute("VACUUM ANALYZE")


def talk(lead: Lead) -> None:
    """Two hundred calls about one lead, for its timeline."""
    deliveries = list(Delivery.objects.filter(lead=lead))
    facts = {
        "purpose": "create",
        "operation": "create_lead",
        "method": "POST",
        "url": "https://vendor.example",
    }
    Exchange.objects.bulk_create(
        Exchange(connection_id=each.connection_id, delivery=each, status=200, response_body="{}", **facts)
        for each in deliveries
        for _ in range(200 // len(deliveries))
    )


def pages(officer: Officer, shown: Lead) -> dict[str, Callable[[int], float]]:
    """What takes how long for the page of this name, from the request to the last byte of HTML."""
    desk = Client()
    desk.force_login(officer)
    home, listed = reverse("admin:index"), reverse("admin:leadops_lead_changelist")
    one = reverse("admin:leadops_lead_change", args=[shown.pk])
    names = reverse("admin:search")

    def get(url: str, **asked: str) -> float:
        began = time.perf_counter()
        answer = desk.get(url, asked)
        took = time.perf_counter() - began
        assert answer.status_code == 200, url
        return took

    def found(nth: int) -> float:
        draft = DRAFTS[nth % REAL]
        known = [draft.primary_mobile, draft.applicants[0].pan_no, draft.applicants[0].banks[0].account_no]
        kinds = [f"V-OLD-{nth}", f"OLD-{nth}", f"giv Family{nth:04}", *known]
        return get(names, q=sealed(kinds[nth % len(kinds)]))

    return {
        "first page": lambda nth: get(home),
        "list": lambda nth: get(listed),
        "lead": lambda nth: get(one),
        "search": found,
    }


def assigned(officer: Officer) -> float:
    """Seconds to give so many leads of nobody another owner, as a bulk action, its audit among them."""
    newest = Lead.objects.order_by("-pk").values("pk")[:ASSIGNED]
    began = time.perf_counter()
    action = bulk_actions.order(Lead.objects.filter(pk__in=newest), Assign(officer), officer, "the newest")
    bulk_actions.run(action.pk)
    took = time.perf_counter() - began
    action.refresh_from_db()
    assert (action.state, action.done) == ("done", ASSIGNED)
    return took


def rows_of(desk: admin.ModelAdmin[Lead], officer: Officer, text: str) -> float:
    """Seconds for a list of what `text` finds: how many, and the page's rows."""
    request = RequestFactory().get("/", {"q": text} if text else {})
    request.user = officer
    began = time.perf_counter()
    list(desk.get_changelist_instance(request).result_list)
    return time.perf_counter() - began


def looped(times: int) -> float:
    """Seconds of adding up: what else runs on this machine, or below it, is all that makes it longer."""
    began = time.perf_counter()
    sum(range(times))
    return time.perf_counter() - began


def a_tenth() -> int:
    """How many are added up in a tenth of a second."""
    took = statistics.median(looped(1_000_000) for _ in range(15))
    return round(100_000 / took)


def asked() -> dict[str, Callable[[int], float]]:
    """What may be asked for by name, once all leads are there."""
    who = officers()
    officer = who["superuser"]
    begin()
    grow(ROWS - REAL, who["telecaller"])
    shown = take([each for each in DRAFTS if each is not LIKE])[-1]
    Lead.objects.filter(owner=None, branch=None).update(
        branch=people.branch(BRANCHES[0]), owner=who["telecaller"]
    )
    talk(shown)
    assert not LeadNumber.objects.exists()
    times = a_tenth()
    ours, plain = admin.site.get_model_admin(Lead), Plain(Lead, admin.AdminSite())
    seen = {
        f"{page}, {name}": asked for name, each in who.items() for page, asked in pages(each, shown).items()
    }
    return seen | {
        "loop": lambda nth: looped(times),
        "assigned": lambda nth: assigned(people.officer(f"owner{nth}")),
        "our list": lambda nth: rows_of(ours, officer, ""),
        "our search": lambda nth: rows_of(ours, officer, sealed("Family0042")),
        "Django's list": lambda nth: rows_of(plain, officer, ""),
        "Django's search": lambda nth: rows_of(plain, officer, "Family0042"),
    }


def main() -> None:
    known = asked()
    print("ready", flush=True)
    for line in sys.stdin:
        name, _, nth = line.strip().rpartition(" ")
        print(known[name](int(nth)), flush=True)


if __name__ == "__main__":
    main()
