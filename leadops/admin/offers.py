"""What the list of leads and a lead's page offer to choose from, each in one query whatever is offered."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple, cast

from django.http import HttpRequest

from leadops import statements
from leadops.models import Lead
from leadops.services import notes
from leadops.sign_in.sessions import officer_of

OFFICER, DOER, BRANCH, REASON, VIEW = "officer", "doer", "branch", "reason", "view"
# As `assignment.may_be_given` has them, and `Branch.objects.visible_to`.
_COLLEAGUES = """(%(all)s OR id = %(me)s OR id IN (
    SELECT officer_id FROM leadops_officer_branches WHERE branch_id = ANY(%(branches)s)
))"""
_OFFICERS = (
    "SELECT 'officer', id::text, username, '', false FROM leadops_officer WHERE is_active AND is_staff AND "  # noqa: S608  made of the texts here
    + _COLLEAGUES
)
_DOERS = _OFFICERS.replace(OFFICER, DOER, 1) + " AND id IN ({may_see})"
_BRANCHES = """
SELECT 'branch', id::text, name, '', false FROM leadops_branch WHERE %(all)s OR id = ANY(%(branches)s)
"""
_REASONS = "SELECT 'reason', id::text, name, '', false FROM leadops_dropreason WHERE active"
# A view may name a borrower or a partner: it is shared with those who see its owner.
_VIEWS = (
    "SELECT 'view', id::text, name, query, owner_id = %(me)s FROM leadops_savedview WHERE owner_id = %(me)s"  # noqa: S608
    " OR (shared AND owner_id IN (SELECT id FROM leadops_officer WHERE " + _COLLEAGUES + "))"
)
_KEPT = "_lead_list_offers"


class Offer(NamedTuple):
    """One thing to choose; of a saved view also its filters, and whether it is the officer's own."""

    key: str
    name: str
    query: str
    own: bool


def of_page(request: HttpRequest, lead: Lead | None = None) -> dict[str, list[Offer]]:
    """The officers that this one sees and the reasons, by name; of a lead also who may be set a task about it."""
    doers, values = _doers(lead) if lead else ("", {})
    return _found(f"{_OFFICERS} {doers} UNION ALL {_REASONS} ORDER BY 3", request, **values)


def _doers(lead: Lead) -> tuple[str, dict[str, Any]]:
    """The part that finds who may see `lead`; its parameters are named, as the other parts name theirs."""
    sql, params = notes.who_may_see(lead)
    values = {f"doer_{at}": value for at, value in enumerate(params)}
    named = sql % tuple(f"%({name})s" for name in values)
    return f"UNION ALL {_DOERS.format(may_see=named)}", values


def of_list(request: HttpRequest) -> dict[str, list[Offer]]:
    """The officers, branches and saved views that this officer sees, by name.

    They are asked for once a request, by whichever part comes first.
    """
    found = request.__dict__.get(_KEPT)
    if found is None:
        found = request.__dict__[_KEPT] = _found(
            f"{_OFFICERS} UNION ALL {_BRANCHES} UNION ALL {_VIEWS} ORDER BY 3", request
        )
    return cast("dict[str, list[Offer]]", found)


def _found(sql: str, request: HttpRequest, **more: Any) -> dict[str, list[Offer]]:
    officer = officer_of(request)
    branches = [] if officer.sees_all else officer.branch_ids
    values = {"me": officer.pk, "all": officer.sees_all, "branches": branches, **more}
    found: dict[str, list[Offer]] = defaultdict(list)
    for kind, *told in statements.rows(sql, values):
        found[kind].append(Offer(*told))
    return found
