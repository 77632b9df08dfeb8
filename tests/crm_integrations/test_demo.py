"""The demo's data: in every state, made once, and with log-ins that work with this database."""

from __future__ import annotations

import json
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
from django.db.models import Q, Sum
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from crm_integrations import registry
from crm_integrations.demo import calendar, kept
from crm_integrations.demo.people import groups
from crm_integrations.models import Connection, Delivery, Exchange, Route, State
from crm_integrations.roles import ROLES, role_of
from leadops.admin.navigation import PAGES, sidebar
from leadops.ids import first_id_at
from leadops.models import (
    Absence,
    ApiKey,
    AssignmentRule,
    ImportBatch,
    Lead,
    LoanAccount,
    Officer,
    Partner,
    PendingChange,
    Program,
    ReportDay,
    SlaRule,
    Task,
)
from leadops.services import import_batches

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:8100"


def answer(capsys, *arguments: str) -> dict:
    capsys.readouterr()
    call_command("demo", *arguments, "--json")
    return json.loads(capsys.readouterr().out)


class First(NamedTuple):
    """A demo that was made, and where and when."""

    said: dict
    folder: Path
    ended: datetime


@pytest.fixture(scope="module")
def first(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[First]:
    """One for all tests of this file, in a transaction around theirs: each finds it as it was made."""
    folder, out = tmp_path_factory.mktemp("demo"), StringIO()
    own = override_settings(VAR_DIR=folder, MEDIA_ROOT=folder / "media")
    with django_db_blocker.unblock(), transaction.atomic(), own:
        call_command("demo", json=True, stdout=out)
        yield First(json.loads(out.getvalue()), folder, timezone.now())
        transaction.set_rollback(True)


@pytest.fixture
def demo_folder(settings, tmp_path, first) -> Path:
    """The data folder as the demo left it."""
    settings.MEDIA_ROOT = first.folder / "media"
    settings.VAR_DIR = shutil.copytree(first.folder, tmp_path / "var")
    return settings.VAR_DIR


@pytest.fixture
def shown(demo_folder, first) -> dict:
    """What a first demo says."""
    return deepcopy(first.said)


def signs_in(client, username: str, password: str) -> bool:
    said = client.post(reverse("admin:login"), {"username": username, "password": password})
    return said.status_code == 302


def counts() -> dict[str, int]:
    models = (Officer, Partner, Program, Lead, LoanAccount, ApiKey, Connection, Route, Delivery, Exchange)
    return {model.__name__: model.objects.count() for model in models}


def test_the_demo_has_leads_in_every_status_and_a_connection_to_every_vendor(shown):
    made = counts()
    assert {name: made[name] for name in ("Officer", "Partner", "Program", "Lead", "LoanAccount")} == {
        "Officer": 8,
        "Partner": 3,
        "Program": 4,
        "Lead": 300,
        "LoanAccount": 25,
    }
    assert set(Lead.objects.values_list("status", flat=True)) == set(Lead.Status.values)
    routes = Route.objects.filter(program=None, automatic=True)
    assert sorted(route.connection.vendor for route in routes) == sorted(registry.vendors())
    assert made["Connection"] == 6
    assert Program.objects.filter(pk="4b67c764-afb3-4570-ac21-025ea3255b6e").exists()
    assert Program.objects.filter(pk="15676342-6603-4637-a83f-77feda9523e9").exists()
    assert ApiKey.objects.live().filter(digest=ApiKey.digest_of(shown["key"])).exists()
    assert shown["remade"] == []


def test_the_demo_begins_with_something_to_wait_for_to_mend_and_to_decide(shown):
    states = Counter(Delivery.objects.values_list("state", flat=True))
    queued = states.pop(State.QUEUED)
    assert states == {
        State.DEAD: 1,
        State.REVIEW: 3,
        State.REJECTED: 2,
        State.UNKNOWN: 2,
        State.CANCELLED: 1,
        State.SUPERSEDED: 1,
        State.WAITING: 25,
    }
    assert queued + sum(states.values()) == 225 * 4 + 25 + 1
    assert set(Lead.objects.values_list("sync_status", flat=True)) >= {
        "needs_person",
        "in_progress",
        "not_sent",
    }
    held = LoanAccount.objects.filter(lead__deliveries__in=Delivery.objects.filter(state=State.DEAD))
    assert held.count() == 1


def test_the_demo_has_a_workbook_that_ends_with_some_rows_refused(shown):
    batch = ImportBatch.objects.get()
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.rows, batch.created, batch.failed) == ("done", 14, 11, 3)
    assert batch in ImportBatch.objects.visible_to(Officer.objects.get(username="arjun"))


def test_the_demo_has_somebody_at_work(shown):
    """Every page of the work has something to show, and those who work there see it."""
    rule = AssignmentRule.objects.get()
    assert {each.username for each in rule.officers.all()} == {"arjun", "tara", "vikram"}
    assert set(SlaRule.objects.values_list("status", flat=True)) == set(Lead.OPEN)
    assert Absence.objects.count() == 1
    for officer in rule.officers.all():
        tasks = Task.objects.filter(owner=officer)
        assert {task.due_at.date() <= timezone.now().date() for task in tasks} == {True, False}
        seen = Lead.objects.visible_to(officer).filter(pk__in=tasks.values("lead"))
        assert seen.count() == tasks.values("lead").distinct().count()
    assert Task.objects.filter(note__isnull=False).exists(), "a note tells a colleague"


def test_the_reports_have_counted_the_demo_s_month(shown, client):
    """The clock counts five minutes after a start, and who has just started it looks now."""
    assert ReportDay.objects.aggregate(sum=Sum("leads"))["sum"] == Lead.objects.count()
    client.force_login(Officer.objects.get(username="vikram"))
    page = client.get(reverse("admin:report", args=["turnaround"])).content.decode()
    assert "There is nothing to count" not in page


def test_what_is_told_of_the_past_is_what_the_engine_does_when_it_does_it(first, settings):
    dead = Delivery.objects.filter(state=State.DEAD).first()
    calls = list(dead.exchanges.filter(purpose=Exchange.Purpose.CREATE).order_by("id"))
    assert len(calls) == dead.attempts == 11
    assert dead.reason.endswith(" Tried 11 times.")
    waits = [(later.created_at - call.created_at).total_seconds() for call, later in pairwise(calls)]
    for wait, scheduled in zip(waits, settings.DELIVERY_RETRIES, strict=True):
        assert 0.74 * scheduled <= wait <= 1.26 * scheduled
    assert dead.created_at - dead.lead.created_at == timedelta(seconds=20)
    assert not Exchange.objects.exclude(url__startswith=f"{URL}/").exists()
    asked = Delivery.objects.filter(state=State.UNKNOWN)
    assert all(each.lookups and each.due_at > first.ended for each in asked)


def test_no_lead_that_was_stopped_goes_anywhere(shown):
    stopped = Delivery.objects.filter(lead__status__in=Lead.STOPPED)
    assert not stopped.exists()
    open_ones = Q(lead__status__in=(Lead.Status.DRAFT, *Lead.STOPPED))
    assert not LoanAccount.objects.filter(open_ones).exists()


def test_leads_come_in_as_they_do_in_life(first):
    days = Counter(timezone.localdate(moment) for moment in Lead.objects.values_list("created_at", flat=True))
    assert len(days) >= 25
    assert max(days.values()) >= 4 * min(days.values())
    by_weekday = Counter()
    for day, leads in days.items():
        by_weekday[day.weekday()] += leads
    assert by_weekday[6] < min(by_weekday[weekday] for weekday in range(5))
    newest = Lead.objects.order_by("-created_at").first()
    assert first.ended - newest.created_at < timedelta(minutes=10)
    assert list(Lead.objects.order_by("id")) == list(Lead.objects.order_by("created_at"))
    week_ago = timezone.now() - timedelta(days=7)
    recent = Lead.objects.filter(created_at__gte=week_ago)
    assert set(recent) == set(Lead.objects.filter(pk__gte=first_id_at(week_ago)))


@pytest.mark.parametrize("day", range(16, 23))
@pytest.mark.parametrize("hour", [0, 9, 15, 23])
def test_the_calendar_grows_and_never_reaches_into_the_future(day, hour):
    now = datetime(2026, 11, day, hour, 30, tzinfo=UTC)
    moments = calendar.moments(300, now)
    assert moments == sorted(moments) == calendar.moments(300, now)
    assert moments[-1] < now
    assert timedelta(days=25) < now - moments[0] < timedelta(days=31)
    before, after = now - timedelta(days=29), now - timedelta(days=15)
    first = sum(before <= each < before + timedelta(days=14) for each in moments)
    last = sum(after <= each < after + timedelta(days=14) for each in moments)
    assert last > first


def test_the_demo_officers_can_sign_in_and_may_do_their_work(shown, client):
    for each in shown["officers"]:
        assert signs_in(client, each["username"], each["password"])
    loan_officer = Officer.objects.get(username="arjun")
    assert loan_officer.has_perm("leadops.add_lead")
    assert loan_officer.has_perm("crm_integrations.view_delivery")
    assert not loan_officer.has_perm("crm_integrations.change_connection")
    assert not loan_officer.has_perm("leadops.delete_lead")
    operations = Officer.objects.get(username="meera")
    assert operations.has_perm("crm_integrations.pause_connection")
    assert not operations.has_perm("crm_integrations.change_connection")
    held = {each.username: role_of(each) for each in Officer.objects.exclude(username="admin")}
    assert set(held.values()) == set(ROLES)
    assert {Officer.objects.get(username=each).reach for each in ("arjun", "vikram")} == {"branches"}


def test_what_waits_for_approval_was_asked_for_by_who_may_and_waits_for_the_other(shown):
    dev, admin = (Officer.objects.get(username=name) for name in ("dev", "admin"))
    asked = {each.kind: each for each in PendingChange.objects.all()}
    assert {kind: each.made_by for kind, each in asked.items()} == {"partner": dev, "new_key": admin}
    assert dev.has_perm("leadops.add_partner")
    for kind, other in (("partner", admin), ("new_key", dev)):
        page = client_of(other).get(reverse("admin:leadops_pendingchange_change", args=[asked[kind].pk]))
        assert ">Approve</button>" in page.content.decode()


def client_of(officer: Officer) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def test_operations_may_open_every_page_about_vendors(client, rf):
    groups()
    officer = Officer.objects.create_user("asha", is_staff=True)
    officer.groups.set(Group.objects.filter(name="Operations"))
    client.force_login(officer)
    request = rf.get(reverse("admin:index"))
    request.user = officer
    shown = {group.get("title"): group["items"] for group in sidebar(request)}["Vendors"]
    assert [each["title"] for each in shown] == [title for title, *_ in dict(PAGES)["Vendors"]]
    assert {each["title"]: client.get(each["link"]).status_code for each in shown} == {
        each["title"]: 200 for each in shown
    }


def test_a_second_demo_changes_nothing_but_follows_the_sandbox(shown, capsys):
    made = counts()
    assert answer(capsys, "--sandbox-url", "http://127.0.0.1:8999") == shown
    assert counts() == made
    assert set(Connection.objects.values_list("base_url", flat=True)) == {"http://127.0.0.1:8999"}


def test_a_lost_demo_file_is_written_anew_with_log_ins_that_work(shown, demo_folder, capsys, client):
    made, file = counts(), demo_folder / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.unlink()
    second = answer(capsys)
    assert counts() == made
    assert second["remade"] == [*(each["username"] for each in shown["officers"]), "the partner key"]
    assert second["key"] != shown["key"]
    assert ApiKey.objects.live().get().digest == ApiKey.digest_of(second["key"])
    assert signs_in(client, "admin", second["officers"][0]["password"])
    assert answer(capsys) == second | {"remade": []}


def test_a_log_in_that_no_longer_works_is_made_anew_and_told(shown, capsys, client):
    for username, changed in (("meera", {"password": "!"}), ("arjun", {"is_active": False})):
        Officer.objects.filter(username=username).update(**changed)
    ApiKey.objects.update(revoked_at=timezone.now())
    capsys.readouterr()
    call_command("demo")
    assert (
        "made anew, since what was kept does not work: meera, arjun, the partner key"
        in capsys.readouterr().out
    )
    second = answer(capsys)
    assert second["officers"][0] == shown["officers"][0]
    for each in second["officers"]:
        assert signs_in(client, each["username"], each["password"])
    assert ApiKey.objects.live().filter(digest=ApiKey.digest_of(second["key"])).exists()


def test_a_password_hashed_anew_still_works(shown, capsys):
    officer = Officer.objects.get(username="admin")
    officer.set_password(shown["officers"][0]["password"])
    officer.save()
    assert answer(capsys) == shown


def test_every_database_has_a_file_of_its_own():
    embedded = {"ENGINE": "leadops.embedded_postgres", "HOST": "x", "PORT": "", "NAME": "postgres"}
    theirs = {"ENGINE": "django.db.backends.postgresql", "HOST": "db", "PORT": "5432", "NAME": "a"}
    databases = (
        embedded,
        theirs,
        theirs | {"NAME": "b"},
        theirs | {"HOST": "db2"},
        theirs | {"PORT": "5433"},
    )
    names = [kept.path(Path("var"), each).name for each in databases]
    assert names[0] == "demo.json"
    assert len(set(names)) == 5
