"""The sidebar: what an officer may open, and nothing else."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string

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
        ],
    ),
    (
        "Vendors",
        [
            ("Notices", "notifications", "crm_integrations.notice"),
            ("Deliveries", "outbox", "crm_integrations.delivery"),
            ("Failures", "report", "crm_integrations.delivery", "crm_integrations_delivery_failures"),
            ("Decisions", "rule", "crm_integrations.delivery", "crm_integrations_delivery_decisions"),
            ("Replays", "replay", "crm_integrations.delivery", "crm_integrations_replay_changelist"),
            ("HTTP calls", "swap_horiz", "crm_integrations.exchange"),
            ("Webhooks", "call_received", "crm_integrations.inbound"),
            ("Reconciliations", "balance", "crm_integrations.reconciliation"),
            ("Connections", "cable", "crm_integrations.connection"),
        ],
    ),
    (
        "Set-up",
        [
            ("Partners", "handshake", "leadops.partner"),
            ("Event subscriptions", "webhook", "crm_integrations.subscription"),
            ("Programs", "category", "leadops.program"),
            ("Officers", "badge", "leadops.officer"),
            ("Groups", "groups", "auth.group"),
        ],
    ),
]

HELP = [
    ("Officers' guide", "help", "officer.md"),
    ("Partners' first steps", "rocket_launch", "partners.md"),
    ("Partners' API", "api", "api.md"),
    ("Vendors' clients", "swap_horiz", "dialects.md"),
]

COUNTED = {"crm_integrations.notice": "crm_integrations.admin.notices.open_count"}
"""What counts the rows of a model that wait for somebody: the number stands beside its entry."""


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links that this officer may view."""
    home: dict[str, Any] = {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [home]}]
    for title, pages in PAGES:
        items = [_item(*page) | _badge(page[2]) for page in pages if _may_view(request, page[2])]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    groups.append({"title": "Help", "separator": True, "items": [_help(*page) for page in HELP]})
    _mark(request, [item for group in groups for item in group["items"]])
    return groups


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
    return {"title": title, "icon": icon, "link": reverse(f"admin:{page}")}


def _help(title: str, icon: str, name: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse("admin:help", args=[name])}


def _badge(label: str) -> dict[str, Any]:
    waiting = import_string(COUNTED[label])() if label in COUNTED else 0
    return {"badge": waiting} if waiting else {}


def _may_view(request: HttpRequest, label: str) -> bool:
    app, model = label.split(".")
    return any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))
