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
from leadops.models import ApiKey, Lead, Officer, Scope
from tests import people
from tests.environment import ROOT
from tests.leadops.admin.page_forms import fields

pytestmark = pytest.mark.django_db


def run(capsys, *flags: str) -> list[str]:
    capsys.readouterr()
    call_command("roles", *flags)
    return capsys.readouterr().out.splitlines()


def lines_of(told: list[str]) -> dict[str, str]:
    return {line.partition(":")[0]: line for line in told}


def in_role(role: str, username: str = "kavya") -> Officer:
    """Somebody with this role who sees all leads, as far as the role lets them."""
    officer = people.officer(username, superuser=False)
    roles.give(officer, role, Officer.Reach.ALL)
    return Officer.objects.get(pk=officer.pk)  # one that has not looked up its rights yet


def desk_of(role: str, username: str = "kavya") -> Client:
    client = Client()
    client.force_login(in_role(role, username))
    return client


def rights_of(role: str) -> set[str]:
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def test_no_role_gives_rights_or_deletes_what_stays_on_record():
    nobodys = {
        *("auth.add_group", "auth.change_group", "leadops.delete_officer", "leadops.export_unmasked"),
        *("leadops.delete_lead", "leadops.delete_loanaccount", "leadops.delete_importbatch"),
        *("leadops.delete_partner", "leadops.delete_program", "leadops.delete_apikey"),
        *("crm_integrations.delete_connection", "crm_integrations.delete_delivery"),
        *("crm_integrations.change_exchange", "crm_integrations.delete_exchange"),
        *("crm_integrations.add_delivery", "crm_integrations.change_statuschange"),
    }
    for name, role in roles.ROLES.items():
        assert {f"{right.app}.{right.name}" for right in role.rights} & nobodys == set(), name


def test_auditors_write_nothing():
    written = {right.name for right in roles.ROLES["Auditors"].rights if not right.name.startswith("view_")}
    assert written == {"add_export", "reveal_personal_data"}  # both are reading, and on record


@pytest.mark.parametrize("role", ["Integration admins", "Security admins"])
def test_who_sets_up_sees_nothing_that_is_about_a_lead(role):
    about_leads = {
        *("lead", "applicant", "address", "bank", "consent", "document", "loanaccount", "importbatch"),
        *("importrow", "export", "delivery", "exchange", "statuschange", "inbound", "replay", "difference"),
    }
    seen = {right.name.partition("_")[2] for right in roles.ROLES[role].rights}
    assert seen & about_leads == set()


def test_a_loan_officer_may_look_at_a_connection_and_change_nothing_of_it():
    connection = Connection.objects.create(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:8100")
    url = reverse("admin:crm_integrations_connection_change", args=[connection.pk])
    desk = desk_of("Loan officers")
    assert desk.get(url).status_code == 200
    assert desk.post(url, {"name": "mine"}).status_code == 403


def test_operations_may_pause_a_connection_and_change_nothing_else_of_it():
    connection = Connection.objects.create(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:8100")
    desk = desk_of("Operations")
    url = reverse("admin:crm_integrations_connection_change", args=[connection.pk])
    assert (
        reverse("admin:crm_integrations_connection_pause", args=[connection.pk])
        in desk.get(url).content.decode()
    )
    desk.post(reverse("admin:crm_integrations_connection_pause", args=[connection.pk]), {"reason": "strike"})
    assert Connection.objects.get().paused
    assert desk.post(url, {"name": "mine"}).status_code == 403


def test_an_integration_admin_may_take_a_route_away():
    connection = Connection.objects.create(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:8100")
    Route.objects.create(connection=connection, automatic=False)
    url = reverse("admin:crm_integrations_connection_change", args=[connection.pk])
    desk = desk_of("Integration admins")
    desk.post(url, fields(desk.get(url).content.decode(), "connection_form") | {"routes-0-DELETE": "on"})
    assert not Route.objects.exists()


def test_a_lead_is_submitted_by_loan_officers_and_a_key_made_by_integration_admins(partner, program):
    [lead] = people.leads_of(partner, program)
    submit = reverse("admin:leadops_lead_submit", args=[lead.pk])
    make = reverse("admin:leadops_partner_make_key", args=[partner.pk])
    asked = {"mode": "live", "scopes": Scope.LEAD_WRITE.value}
    officer, admin = desk_of("Loan officers", "kavya"), desk_of("Integration admins", "dev")
    assert (admin.post(submit).status_code, officer.post(make, asked).status_code) == (403, 403)
    officer.post(submit)
    admin.post(make, asked)
    assert Lead.objects.get().status == Lead.Status.SUBMITTED
    assert ApiKey.objects.count() == 1


def test_a_telecaller_edits_drafts_and_submits_none(partner, program):
    [lead] = people.leads_of(partner, program)
    desk = desk_of("Telecallers", "tara")
    Lead.objects.update(owner=Officer.objects.get(username="tara"))
    page = reverse("admin:leadops_lead_change", args=[lead.pk])
    text = desk.get(page, {"edit": 1}).content.decode()
    assert 'name="_submit"' not in text
    assert reverse("admin:leadops_lead_submit", args=[lead.pk]) not in text
    assert desk.post(page, fields(text) | {"remarks": "called", "_submit": "1"}).status_code == 302
    assert Lead.objects.values_list("remarks", "status").get() == ("called", "draft")
    Lead.objects.update(status=Lead.Status.SUBMITTED)
    assert desk.post(page, fields(text) | {"remarks": "again"}).status_code == 403


def test_a_telecaller_sees_own_leads_alone_however_far_the_reach_goes(partner, program):
    mine, other = people.leads_of(partner, program, 2)
    officer = in_role("Telecallers", "tara")
    Officer.objects.filter(pk=officer.pk).update(reach=Officer.Reach.ALL)
    Lead.objects.filter(pk=mine.pk).update(owner=officer)
    seen = Lead.objects.visible_to(Officer.objects.get(pk=officer.pk))
    assert list(seen) == [mine]
    assert other not in seen


def test_the_command_makes_each_group_once(capsys):
    made = {name: len(role.rights) for name, role in roles.ROLES.items()}
    assert run(capsys) == [f"{role}: made, {rights} rights" for role, rights in made.items()]
    first = {role: rights_of(role) for role in made}
    assert run(capsys) == [f"{role}: unchanged, {rights} rights" for role, rights in made.items()]
    assert {role: rights_of(role) for role in made} == first
    assert Group.objects.count() == 7
    call_command("roles", "--json")
    told = json.loads(capsys.readouterr().out)["roles"]
    assert {"role": "Loan officers", "done": "unchanged", "rights": made["Loan officers"]} in told


def test_a_right_that_is_lacking_is_given_and_told(capsys):
    run(capsys)
    group = Group.objects.get(name="Operations")
    before = rights_of("Operations")
    group.permissions.remove(Permission.objects.get(codename="add_replay"))
    done = {line.split(": ")[0]: line.split(": ")[1].split(",")[0] for line in run(capsys)}
    assert done == dict.fromkeys(roles.ROLES, "unchanged") | {"Operations": "updated"}
    assert rights_of("Operations") == before


def test_what_somebody_added_stays_unless_it_is_to_be_exact(capsys):
    run(capsys)
    group = Group.objects.get(name="Loan officers")
    before = rights_of("Loan officers")
    extra = Permission.objects.get(codename="view_officer")
    group.permissions.add(extra)
    own = Group.objects.create(name="Somebody's own")
    own.permissions.add(extra)
    kept = lines_of(run(capsys))["Loan officers"]
    assert kept == f"Loan officers: unchanged, {len(before) + 1} rights"
    assert rights_of("Loan officers") == before | {"view_officer"}
    exact = lines_of(run(capsys, "--exact"))
    assert exact["Loan officers"] == f"Loan officers: updated, {len(before)} rights"
    assert exact["Operations"].startswith("Operations: unchanged")
    assert rights_of("Loan officers") == before
    assert rights_of("Somebody's own") == {"view_officer"}


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
    assert rights_of("Loan officers") == {right.name for right in roles.ROLES["Loan officers"].rights}


# The page of an officer ----------------------------------------------------------------------------------------------


def page_of(officer: Officer) -> str:
    return reverse("admin:leadops_officer_change", args=[officer.pk])


def saved(desk: Client, officer: Officer, **changes: str) -> Officer:
    form = fields(desk.get(page_of(officer)).content.decode(), "officer_form")
    sent = {name: value for name, value in (form | changes).items() if value or name in changes}
    assert desk.post(page_of(officer), sent).status_code == 302
    return Officer.objects.get(pk=officer.pk)


def test_a_role_is_chosen_as_one_thing_and_brings_its_reach(desk):
    roles.settle()
    new = Officer.objects.create_user("tara", "tara@lender.example", people.PASSWORD)
    assert (roles.role_of(new), new.is_staff) == ("", False)
    made = saved(desk, new, role="Telecallers")
    assert (roles.role_of(made), made.reach, made.is_staff) == ("Telecallers", "own", True)
    own = Group.objects.create(name="Somebody's own")
    made.groups.add(own)
    moved = saved(desk, made, role="Operations", groups=str(own.pk))
    assert set(moved.groups.values_list("name", flat=True)) == {"Operations", "Somebody's own"}
    assert moved.reach == "all"
    assert saved(desk, moved, role="Loan officers", reach="own").reach == "own"
    assert roles.role_of(saved(desk, moved, role="")) == ""


def test_only_a_superuser_gives_a_role():
    desk, other = desk_of("Security admins", "isha"), in_role("Loan officers", "arjun")
    isha = Officer.objects.get(username="isha")
    for officer in (isha, other):
        before = roles.role_of(officer)
        form = fields(desk.get(page_of(officer)).content.decode(), "officer_form")
        assert "role" not in form
        given = {"role": "Branch managers", "is_superuser": "on", "reach": "all", "first_name": "Changed"}
        assert desk.post(page_of(officer), form | given).status_code == 302
        after = Officer.objects.get(pk=officer.pk)
        assert (roles.role_of(after), after.is_superuser, after.first_name) == (before, False, "Changed")


# Deactivation --------------------------------------------------------------------------------------------------------


def test_a_deactivated_officers_next_request_fails_and_no_session_comes_back():
    desk, phone = desk_of("Loan officers", "arjun"), Client()
    phone.force_login(Officer.objects.get(username="arjun"))
    leads = reverse("admin:leadops_lead_changelist")
    assert [each.get(leads).status_code for each in (desk, phone)] == [200, 200]
    Officer.objects.filter(username="arjun").update(is_active=False)
    assert desk.get(leads)["Location"].startswith(reverse("admin:login"))
    Officer.objects.filter(username="arjun").update(is_active=True)
    assert [each.get(leads).status_code for each in (desk, phone)] == [302, 302]
    phone.force_login(Officer.objects.get(username="arjun"))
    assert phone.get(leads).status_code == 200


def test_an_older_copy_of_an_officer_brings_no_session_back():
    older = in_role("Loan officers", "arjun")
    Officer.objects.filter(pk=older.pk).update(is_active=False)
    ended = Officer.objects.get(pk=older.pk).sessions_since
    older.save()
    assert ended is not None
    assert Officer.objects.values_list("sessions_since", "is_active").get(pk=older.pk) == (ended, True)


def test_who_is_deactivated_sees_no_lead(partner, program):
    people.leads_of(partner, program)
    officer = in_role("Operations")
    assert Lead.objects.visible_to(officer).count() == 1
    officer.is_active = False
    assert Lead.objects.visible_to(officer).count() == 0


@pytest.mark.parametrize("paper", ["README.md", "docs/officer.md", "docs/operations.md"])
def test_the_papers_tell_the_roles_as_the_matrix_has_them(paper):
    assert roles.table() in (ROOT / paper).read_text(encoding="utf-8")
