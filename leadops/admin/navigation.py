"""The sidebar: what an officer may open, and nothing else."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext

from leadops.admin import help as help_pages
from leadops.admin.pages import Ids, capped_counts, ids_of
from leadops.models import Officer
from leadops.services import approvals
from leadops.sign_in.sessions import officer_of

# Group, then (title, icon, model whose rights count), and the page where that is not the model's list. The
# integrations' models are named by their label only.
PAGES: list[tuple[str, list[tuple[str, ...]]]] = [
    (
        "Lending",
        [
            ("Leads", "person_search", "leadops.lead"),
            ("Loan accounts", "account_balance_wallet", "leadops.loanaccount"),
            ("Imports", "upload_file", "leadops.importbatch"),
            ("Exports", "download", "leadops.export"),
            ("Approvals", "fact_check", "leadops.pendingchange"),
            ("Reports", "bar_chart", "leadops.reports", "reports"),
        ],
    ),
    (
        "Work",
        [
            ("My tasks", "task_alt", "leadops.lead", "leadops_task_changelist"),
            ("Bulk actions", "checklist", "leadops.bulkaction"),
            ("Assignment rules", "assignment_ind", "leadops.assignmentrule"),
            ("Absences", "beach_access", "leadops.absence"),
            ("Clocks", "timer", "leadops.slarule"),
            ("Holidays", "event", "leadops.holiday"),
            ("Reasons for dropping", "block", "leadops.dropreason"),
        ],
    ),
    (
        "Vendors",
        [
            ("Notices", "notifications", "crm_integrations.notice"),
            ("Deliveries", "outbox", "crm_integrations.delivery"),
            ("Failures", "report", "crm_integrations.delivery", "crm_integrations_delivery_failures"),
            ("Decisions", "rule", "crm_integrations.delivery", "crm_integrations_delivery_decisions"),
            ("Replays", "replay", "crm_integrations.replay"),
            ("HTTP calls", "swap_horiz", "crm_integrations.exchange"),
            ("Webhooks", "call_received", "crm_integrations.inbound"),
            ("Reconciliations", "balance", "crm_integrations.reconciliation"),
            ("Connections", "cable", "crm_integrations.connection"),
        ],
    ),
    (
        "Privacy",
        [
            ("Who has the data", "campaign", "leadops.holder"),
            ("Erasures", "delete_forever", "leadops.erasure"),
            ("Legal holds", "gavel", "leadops.legalhold"),
            ("Reveals", "visibility", "leadops.reveal"),
        ],
    ),
    (
        "Set-up",
        [
            ("Partners", "handshake", "leadops.partner"),
            ("Event subscriptions", "webhook", "crm_integrations.subscription"),
            ("Programs", "category", "leadops.program"),
            ("Branches", "store", "leadops.branch"),
            ("Officers", "badge", "leadops.officer"),
            ("Groups", "groups", "auth.group"),
            ("Audit", "policy", "leadops.auditevent"),
        ],
    ),
]

COUNTED = {
    "crm_integrations.notice": "crm_integrations.admin.notices.open_ones",
    "crm_integrations_delivery_decisions": "crm_integrations.admin.decisions.undecided",
    "leadops.pendingchange": "leadops.admin.pending_changes.waiting_ones",
    "leadops_task_changelist": "leadops.admin.lead_tasks.due_ones",
}
"""What finds, for a request, the rows that wait for somebody: how many stands beside the list's or page's entry."""


MOST_KEPT = 1_000
_finds: dict[tuple[Any, ...], Ids] = {}
"""What finds the rows, by whose it is."""


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links that this officer may view."""
    groups: list[dict[str, Any]] = []
    badges = _badges(request)
    for title, entries in _entries(get_language(), get_script_prefix()):
        items = [
            entry | badges.get(name, {})
            for name, label, entry in entries
            if not label or _may_view(request, label)
        ]
        if items:
            groups.append({"title": title, "items": items})
    _mark(request, [item for group in groups for item in group["items"]])
    return groups


@lru_cache
def _entries(language: str | None, prefix: str) -> list[tuple[str, list[tuple[str, str, dict[str, Any]]]]]:
    """All that there are: group, then (what is counted beside it, model whose rights count, entry).

    In one language and below one address they are the same for everybody, as long as the process lives.
    """
    home = {"title": gettext("Overview"), "icon": "dashboard", "link": reverse("admin:index")}
    pages = [
        (gettext(group), [(page[-1], page[2], _item(*page)) for page in pages]) for group, pages in PAGES
    ]
    return [
        ("", [("", "", home)]),
        *pages,
        (gettext("Help"), [("", "", _help(name, *page)) for name, page in help_pages.PAGES.items()]),
    ]


def _mark(request: HttpRequest, items: list[dict[str, Any]]) -> None:
    """Mark where the officer is: a page that lies within another's address is not both."""
    home, *others = items
    within = [item for item in others if request.path.startswith(item["link"])]
    here = max(
        within, key=lambda item: len(item["link"]), default=home if request.path == home["link"] else None
    )
    for item in items:
        item["active"] = item is here


def _item(title: str, icon: str, label: str, page: str = "") -> dict[str, Any]:
    page = page or f"{label.replace('.', '_')}_changelist"
    return {"title": gettext(title), "icon": icon, "link": reverse(f"admin:{page}")}


def _help(name: str, title: str, icon: str) -> dict[str, Any]:
    return {"title": gettext(title), "icon": icon, "link": reverse("admin:help", args=[name])}


def _badges(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """The numbers beside entries, all of them in one query."""
    labels = {page[-1]: page[2] for _, pages in PAGES for page in pages if page[-1] in COUNTED}
    found = {name: _counted(name, request) for name in labels if _may_view(request, labels[name])}
    return {name: {"badge": count} for name, count in capped_counts(found).items() if count}


def _counted(name: str, request: HttpRequest) -> Ids:
    """What finds the rows, made once for an officer, as long as nothing changes of what it is made of."""
    asked = (name, *_looked_at_by(officer_of(request)))
    if asked not in _finds:
        if len(_finds) >= MOST_KEPT:
            _finds.clear()
        _finds[asked] = ids_of(import_string(COUNTED[name])(request))
    return _finds[asked]


def _looked_at_by(officer: Officer) -> tuple[Any, ...]:
    """All that the counts depend on: the officer, their rights and reach, the day, and what a second person decides."""
    rights = None if officer.is_superuser else frozenset(officer.get_all_permissions())
    bounded = not (officer.sees_all or officer.sees_own_only)
    reach = (officer.is_active, officer.sees_all, tuple(officer.branch_ids) if bounded else ())
    return officer.pk, rights, *reach, timezone.localdate(), approvals.needed()


def _may_view(request: HttpRequest, label: str) -> bool:
    app, model = label.split(".")
    return any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change", "approve"))
