"""The roles of the back office: what each may do, and that the command for them may be run again."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from crm_integrations import roles
from crm_integrations.demo import people as demo
from crm_integrations.models import Connection, Route
from leadops.admin.navigation import PAGES
from leadops.models import ApiKey, Lead, Officer, Scope
from tests import people
from tests.leadops.admin.page_forms import fields

pytestmark = pytest.mark.django_db
LENDING, VENDORS = ([page[2:] for page in dict(PAGES)[group]] for group in ("Lending", "Vendors"))
SET_UP = [("leadops.partner",), ("leadops.program",), ("crm_integrations.subscription",)]
SUPERUSERS_OWN = [("leadops.officer",), ("auth.group",)]
BOTH = pytest.mark.parametrize("role", ["Loan officers", "Operations"])


def run(capsys, *flags: str) -> list[str]:
    capsys.readouterr()
    call_command("roles", *flags)
    return capsys.readouterr().out.splitlines()


def in_role(role: str) -> Officer:
    roles.settle()
    officer = people.officer("kavya", superuser=False)
    officer.groups.set([Group.objects.get(name=role)])
    return Officer.objects.get(pk=officer.pk)  # one that has not looked up its rights yet


def desk_of(role: str) -> Client:
    client = Client()
    client.force_login(in_role(role))
    return client


def status_of(desk: Client, page: tuple[str, ...]) -> int:
    name = page[1] if len(page) > 1 else f"{page[0].replace('.', '_')}_changelist"
    return desk.get(reverse(f"admin:{name}")).status_code


def rights_of(role: str) -> set[str]:
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


@BOTH
def test_a_role_opens_every_page_but_those_of_officers_and_groups(role):
    desk = desk_of(role)
    assert {page: status_of(desk, page) for page in [*LENDING, *VENDORS, *SET_UP]} == dict.fromkeys(
        [*LENDING, *VENDORS, *SET_UP], 200
    )
    assert {status_of(desk, page) for page in SUPERUSERS_OWN} == {403}


@BOTH
def test_a_role_keeps_records_and_steers_their_deliveries(role):
    officer = in_role(role)
    assert officer.has_perms(
        [
            *("leadops.add_lead", "leadops.change_lead", "leadops.change_loanaccount"),
            *("leadops.add_importbatch", "leadops.delete_applicant", "leadops.add_consent"),
            *("crm_integrations.view_exchange", "crm_integrations.change_delivery"),
            "crm_integrations.change_notice",
        ]
    )


@BOTH
@pytest.mark.parametrize(
    "right",
    [
        *("leadops.delete_lead", "leadops.delete_loanaccount", "leadops.delete_importbatch"),
        *("leadops.delete_partner", "leadops.delete_program", "leadops.delete_apikey"),
        *("leadops.view_officer", "leadops.change_officer", "auth.view_group", "auth.change_group"),
        *("crm_integrations.delete_connection", "crm_integrations.delete_delivery"),
        *("crm_integrations.change_exchange", "crm_integrations.delete_exchange"),
        *("crm_integrations.add_delivery", "crm_integrations.change_statuschange"),
    ],
)
def test_no_role_gives_rights_or_rewrites_what_was_done(role, right):
    assert not in_role(role).has_perm(right)


@BOTH
@pytest.mark.parametrize(
    "right",
    [
        *("leadops.add_partner", "leadops.change_program", "leadops.view_apikey", "leadops.add_apikey"),
        *("crm_integrations.add_connection", "crm_integrations.change_connection"),
        *("crm_integrations.add_route", "crm_integrations.delete_route"),
    ],
)
def test_only_operations_set_up_partners_and_vendors(role, right):
    assert in_role(role).has_perm(right) is (role == "Operations")


def test_a_loan_officer_may_look_at_a_connection_and_change_nothing_of_it():
    connection = Connection.objects.create(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:8100")
    url = reverse("admin:crm_integrations_connection_change", args=[connection.pk])
    desk = desk_of("Loan officers")
    assert desk.get(url).status_code == 200
    assert desk.post(url, {"name": "mine"}).status_code == 403


def test_operations_may_take_a_route_away():
    connection = Connection.objects.create(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:8100")
    Route.objects.create(connection=connection, automatic=False)
    url = reverse("admin:crm_integrations_connection_change", args=[connection.pk])
    desk = desk_of("Operations")
    desk.post(url, fields(desk.get(url).content.decode(), "connection_form") | {"routes-0-DELETE": "on"})
    assert not Route.objects.exists()


@BOTH
def test_a_lead_is_submitted_by_either_and_a_key_made_by_operations_alone(role, partner, program):
    desk, lead = desk_of(role), people.leads_of(partner, program)[0]
    desk.post(reverse("admin:leadops_lead_submit", args=[lead.pk]))
    assert Lead.objects.get().status == Lead.Status.SUBMITTED
    asked = {"mode": "live", "scopes": Scope.LEAD_WRITE.value}
    desk.post(reverse("admin:leadops_partner_make_key", args=[partner.pk]), asked)
    assert ApiKey.objects.exists() is (role == "Operations")


def test_the_command_makes_each_group_once(capsys):
    made = {role: len(rights) for role, rights in roles.ROLES.items()}
    assert run(capsys) == [f"{role}: made, {rights} rights" for role, rights in made.items()]
    first = {role: rights_of(role) for role in made}
    assert run(capsys) == [f"{role}: unchanged, {rights} rights" for role, rights in made.items()]
    assert {role: rights_of(role) for role in made} == first
    assert Group.objects.count() == 2
    call_command("roles", "--json")
    assert json.loads(capsys.readouterr().out)["roles"][0] == {
        "role": "Loan officers",
        "done": "unchanged",
        "rights": made["Loan officers"],
    }


def test_a_right_that_is_lacking_is_given_and_told(capsys):
    run(capsys)
    group = Group.objects.get(name="Operations")
    before = rights_of("Operations")
    group.permissions.remove(Permission.objects.get(codename="add_connection"))
    unchanged, updated = run(capsys)
    assert (unchanged.split(": ")[1][:9], updated.split(": ")[1][:7]) == ("unchanged", "updated")
    assert rights_of("Operations") == before


def test_what_somebody_added_stays_unless_it_is_to_be_exact(capsys):
    run(capsys)
    group = Group.objects.get(name="Loan officers")
    before = rights_of("Loan officers")
    extra = Permission.objects.get(codename="view_officer")
    group.permissions.add(extra)
    own = Group.objects.create(name="Auditors")
    own.permissions.add(extra)
    kept, _ = run(capsys)
    assert kept == f"Loan officers: unchanged, {len(before) + 1} rights"
    assert rights_of("Loan officers") == before | {"view_officer"}
    exact, unchanged = run(capsys, "--exact")
    assert exact == f"Loan officers: updated, {len(before)} rights"
    assert unchanged.startswith("Operations: unchanged")
    assert rights_of("Loan officers") == before
    assert rights_of("Auditors") == {"view_officer"}


def test_officers_stay_in_their_group():
    officer = in_role("Operations")
    roles.settle(exact=True)
    assert officer.groups.get().name == "Operations"


def test_without_its_rights_in_the_database_no_group_is_made():
    Permission.objects.filter(codename="view_difference").delete()
    with pytest.raises(CommandError, match=r"run manage\.py migrate first"):
        call_command("roles")
    assert not Group.objects.exists()


def test_the_demo_takes_the_roles_and_leaves_a_changed_group_alone():
    roles.settle(["Operations"])
    Group.objects.get(name="Operations").permissions.clear()
    demo.groups()
    assert rights_of("Operations") == set()
    assert rights_of("Loan officers") == {right.name for right in roles.ROLES["Loan officers"]}
