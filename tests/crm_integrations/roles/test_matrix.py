"""The matrix of roles, walked over HTTP in every cell, and every page of the admin in the matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from crm_integrations import roles
from crm_integrations.roles import MATRIX, ROLES, Right, Role
from leadops.models import Lead, Officer
from tests import people
from tests.crm_integrations.roles.routes import Route, all_routes
from tests.crm_integrations.roles.world import OF_NO_BRANCH, Place, place

pytestmark = pytest.mark.django_db
POSTED = (
    "retry",
    "ask",
    "look_up",
    "put_away",
    "check",
    "close",
    "pause",
    "resume",
    "submit",
    "search",
    "password",
)
POSTED += (
    "go_on",
    "back",
    "cancel",
    "revoke_key",
    "doubt",
    "test",
    "rotate",
    "replay",
    "enable",
    "disable",
    "end",
    *("approve", "refuse", "done", "later", "_work", "unmerge", "view_save"),
)
OF_CHOSEN = ("_start", "_send", "_replay_retry")
"""Pages about what was chosen in a list, which stands in their query."""
OWN, BESIDE, OTHER = "own", "colleague's", "other"
ONES_OWN = ("leadops.export", "leadops.bulkaction", "crm_integrations.replay", "leadops.reportsubscription")
"""Of these "branch" says one's own: another's may hold any lead."""
BOUNDED = [name for name, role in ROLES.items() if {"own", "branch"} & {*role.rights.values()}]
NAMES = {route.name for route in all_routes()}
OFFERED: dict[tuple[str, str], bool] = {}
"""Asked once: it is the same for all roles."""


@pytest.fixture
def there(here, isp, program) -> Place:
    return place("zq7vkw94", 1, isp, program)


@pytest.fixture
def beside(here, isp, program) -> Place:
    """What a colleague in the same branch works on."""
    found = place("yq7vkw94", 6, isp, program, here.branch)
    Lead.objects.filter(pk__in=[found.lead.pk, found.other_lead.pk]).update(owner=found.officer)
    return found


def officer_of(role: str, here: Place) -> Officer:
    """Somebody new of this role, who works at `here` and owns its lead."""
    officer = people.officer("kavya", superuser=False)
    officer.branches.set([here.branch])
    roles.give(officer, role)
    Lead.objects.filter(pk__in=[here.lead.pk, here.other_lead.pk]).update(owner=officer)
    for label in ("leadops.export", "leadops.bulkaction", "crm_integrations.replay"):
        type(here.records[label]).objects.filter(pk=here.records[label].pk).update(officer=officer)
    return Officer.objects.get(pk=officer.pk)


def signed_in(officer: Officer) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(officer)
    return client


def asked(client: Client, url: str, *, post: bool, **body: str) -> HttpResponse:
    """The answer; whatever it changed is as before."""
    with transaction.atomic():
        answer: Any = client.post(url, body) if post else client.get(url)
        if answer.streaming:
            b"".join(answer)  # its file is closed at the end
        transaction.set_rollback(True)
    return answer


def lets_in(answer: HttpResponse) -> bool:
    """Whether the page was opened: not refused, not unknown, not sent away to the start."""
    away = (reverse("admin:index"), reverse("admin:login"))
    return answer.status_code < 400 and not (
        answer.status_code == 302 and answer["Location"].partition("?")[0] in away
    )


def _code(label: str, action: str) -> str:
    app, model = label.split(".")
    return f"{app}.{action}_{model}"


def cell(role: Role, label: str, action: str) -> str:
    return role.rights.get(roles._right(label, action), "")


def reaches(of_which: str, where: str, label: str) -> bool:
    """Whether a cell opens a record of one's own, of a colleague in the same branch, or of another branch."""
    if label in OF_NO_BRANCH or of_which == "all":
        return bool(of_which)
    if of_which == "yes":
        return False
    return (
        bool(of_which) if where == OWN else where == BESIDE and of_which == "branch" and label not in ONES_OWN
    )


def opened_by(role: Role, rights: list[str]) -> str:
    """The cell that rights which are needed together come to: the narrowest."""
    cells = [role.rights.get(Right(*each.split(".")), "") for each in rights]
    return min(cells, key=["", "own", "branch", "yes", "all"].index)


def by_hand(label: str, action: str, superuser: Client, here: Place) -> bool:
    """Whether the admin offers this at all: what nobody may do there, no role may either."""
    if (label, action) not in OFFERED:
        OFFERED[label, action] = _offered(label, action, superuser, here)
    return OFFERED[label, action]


def _offered(label: str, action: str, superuser: Client, here: Place) -> bool:
    route = Route(f"{label.replace('.', '_')}_{action}", () if action == "add" else ("object_id",))
    answer = asked(superuser, route.at(here), post=action == "change")
    return lets_in(answer)


def of_lists(role: Role, client: Client, superuser: Client, here: Place) -> Iterator[tuple[str, bool, bool]]:
    """Each list and each form for a new one: what was asked, what the matrix says, and what HTTP says."""
    for label, name, view, _needed in registered():
        if label != "leadops.document":  # these are found on their lead
            answer = asked(client, reverse(f"admin:{name}_changelist"), post=False)
            yield f"{label} list", bool(opened_by(role, view)), lets_in(answer)
        if f"{name}_change" not in NAMES:
            continue
        add = bool(cell(role, label, "add")) and by_hand(label, "add", superuser, here)
        yield f"{label} add", add, lets_in(asked(client, reverse(f"admin:{name}_add"), post=False))


def of_records(
    role: Role, client: Client, superuser: Client, here: Place, places: dict[str, Place]
) -> Iterator[tuple[str, bool, bool]]:
    """The same of the form and the deletion of each record of these places."""
    for label, name, rights, needed in registered():
        if f"{name}_change" not in NAMES:
            continue
        view = opened_by(role, rights)
        for where, whose in places.items():
            url = Route(f"{name}_change", ("object_id",)).at(whose)
            yield (
                f"{label} view {where}",
                reaches(view, where, label),
                lets_in(asked(client, url, post=False)),
            )
            for action in ("change", "delete"):
                # Such a page changes nothing: it shows the record, or leads on to its own.
                of_which = view if needed and action == "change" else cell(role, label, action)
                may = reaches(of_which, where, label) and by_hand(label, action, superuser, here)
                to = Route(f"{name}_{action}", ("object_id",)).at(whose)
                yield f"{label} {action} {where}", may, lets_in(asked(client, to, post=action == "change"))


def registered() -> Iterator[tuple[str, str, list[str], bool]]:
    """Models with lists: label, name in addresses, the rights that open them, and whether those are others'."""
    for model in admin.site._registry:
        label = model._meta.label_lower
        name = label.replace(".", "_")
        needed = MATRIX["opened_by"].get(label)
        if f"{name}_changelist" in NAMES:  # others have pages of their own, which own_pages asks for
            yield label, name, needed or [_code(label, "view")], bool(needed)


def own_pages(role: Role, client: Client, places: dict[str, Place]) -> Iterator[tuple[str, bool, bool]]:
    """The same of each page that is no list or form."""
    for route in own_routes():
        of_which = opened_by(role, MATRIX["pages"][route.name])
        of_chosen = route.name.endswith(OF_CHOSEN)
        post = route.name.endswith(POSTED) and route.name != "auth_user_password_change" and not of_chosen
        for where, whose in places.items():
            if where != OWN and not route.is_of_one and not of_chosen:
                continue  # it is about no single record
            url, label = route.at(whose), route.model
            if of_chosen:
                label = "crm_integrations.delivery" if "replay" in route.name else "leadops.lead"
                url += f"?{label.partition('.')[2]}={whose.records[label].pk}"
            answer = asked(client, url, post=post)
            may = reaches(of_which, where, label)
            may = may and not (where != OWN and route.name in MATRIX["pages"]["owners"])
            yield f"{route.name} {where}", may, lets_in(answer)


def own_routes() -> list[Route]:
    return [
        each for each in all_routes() if not each.is_of_records and each.name not in MATRIX["pages"]["open"]
    ]


@pytest.mark.parametrize("role", ROLES)
def test_http_agrees_with_every_cell_of_the_matrix(role, here, there):
    client, superuser = signed_in(officer_of(role, here)), signed_in(people.officer("asha"))
    of_role, places = ROLES[role], {OWN: here, OTHER: there}
    walked = [
        *of_lists(of_role, client, superuser, here),
        *of_records(of_role, client, superuser, here, places),
        *own_pages(of_role, client, places),
    ]
    assert len(walked) > 200
    assert [f"{what}: the matrix says {said}" for what, said, seen in walked if said != seen] == []


@pytest.mark.parametrize("role", BOUNDED)
def test_own_is_told_from_the_branch(role, here, beside):
    """Whoever works on their own leads alone opens nothing of a colleague's; who has the branch opens it."""
    client, superuser = signed_in(officer_of(role, here)), signed_in(people.officer("asha"))
    of_role, places = ROLES[role], {BESIDE: beside}
    walked = [*of_records(of_role, client, superuser, here, places), *own_pages(of_role, client, places)]
    assert len(walked) > 100
    assert [f"{what}: the matrix says {said}" for what, said, seen in walked if said != seen] == []


def test_every_page_of_the_admin_is_in_the_matrix():
    named = {each.name for each in all_routes() if not each.is_of_records}
    assert named == {*MATRIX["pages"]["open"], *MATRIX["pages"]} - {"open", "owners"}


def test_every_record_of_the_admin_is_in_the_matrix():
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert registered <= {*MATRIX["rights"], *MATRIX["opened_by"]}
