"""How long the officers' search takes among a million leads, against Django's default search of the same columns.

Both sides are an admin's change list: what is found, how many, and the page's rows. Django's looks with `search_fields`
into the reference and the applicants' names; what is sealed (mobile, PAN, account) it could not look into at all.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import scratch

scratch.setup()

import many_leads
from django.contrib import admin
from django.test import RequestFactory

from leadops import synthetic
from leadops.admin.leads import LeadAdmin
from leadops.admin.sealed_search import sealed
from leadops.models import Lead, Officer
from leadops.services import leads
from leadops.validation import check_lead, errors_in
from tests import people

LEADS = int(os.environ.get("BENCH_ROWS", "1000000"))
REAL, SEARCHES, THEIRS = 500, 200, 5
BAR_MS, BAR_TIMES = 100, 20


class Plain(admin.ModelAdmin):
    """What Django's own documentation has one write."""

    list_per_page = 50
    search_fields = ("partner_ref_id", "applicants__name")


def fill() -> None:
    """Some real leads among very many."""
    partner, program = people.partner("Bench", "bench"), people.program("bench", "Bench")
    leads.submit(leads.create(DRAFTS, partner=partner, program=program, intake=Lead.Intake.API))
    many_leads.copy(LEADS - REAL, like=DRAFTS[0].partner_ref_id)


DRAFTS = synthetic.drafts(REAL)
for draft in DRAFTS:
    assert not errors_in(check_lead(draft, country="IN"))
KINDS: dict[str, Callable[[int], str]] = {
    "first name of many": lambda nth: f"Given{nth % 60:02}",
    "first letters of all": lambda nth: "given"[: 1 + nth % 5],
    "first name of a sixth": lambda nth: f"Given{nth % 5}",
    "part of a name": lambda nth: f"giv Family{nth % 4999:04}",
    "mobile": lambda nth: DRAFTS[nth % REAL].primary_mobile,
    "PAN": lambda nth: DRAFTS[nth % REAL].applicants[0].pan_no,
    "account": lambda nth: DRAFTS[nth % REAL].applicants[0].banks[0].account_no,
    "reference": lambda nth: DRAFTS[nth % REAL].partner_ref_id,
}


def seconds(desk: admin.ModelAdmin[Lead], officer: Officer, text: str) -> float:
    """One list of what `text` finds, with its count and its rows."""
    request = RequestFactory().get("/", {"q": text})
    request.user = officer
    began = time.perf_counter()
    found = desk.get_changelist_instance(request)
    list(found.result_list)
    took = time.perf_counter() - began
    assert found.result_count, text
    return took


def main() -> None:
    fill()
    officer = people.officer("bench")
    officer.is_superuser = True
    ours, theirs = LeadAdmin(Lead, admin.site), Plain(Lead, admin.site)
    slow = [seconds(theirs, officer, KINDS["part of a name"](nth)) for nth in range(THEIRS)]
    scratch.report(f"Django's search_fields, {LEADS:,} leads, median", 1000 * statistics.median(slow), "ms")
    worst = 0.0
    for kind, text in KINDS.items():
        took = [seconds(ours, officer, sealed(text(nth))) for nth in range(SEARCHES)]
        p95 = 1000 * statistics.quantiles(took, n=20)[-1]
        worst = max(worst, p95)
        scratch.report(f"ours by {kind}, p95", p95, "ms", f"bar: {BAR_MS} ms")
    times = 1000 * statistics.median(slow) / worst
    scratch.report("times quicker, by our slowest p95", times, "", f"bar: {BAR_TIMES}")


if __name__ == "__main__":
    main()
