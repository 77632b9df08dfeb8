"""How long a session lasts, and what ends it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadops import tasks
from leadops.models import Officer
from leadops.sign_in import sessions
from leadops.sign_in.rights import Rights
from tests import people

LOGIN, HOME, STAY = (reverse(f"admin:{name}") for name in ("login", "index", "sign_in_stay"))


def ago(client: Client, name: str, seconds: float) -> None:
    session = client.session
    session[name] = time.time() - seconds
    session.save()


def is_in(client: Client) -> bool:
    answer = client.get(HOME)
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


@pytest.mark.parametrize(("seconds", "lasts"), [(890, True), (901, False)])
def test_fifteen_idle_minutes_end_a_session(desk, seconds, lasts):
    ago(desk, sessions.SEEN, seconds)
    assert is_in(desk) is lasts
    assert is_in(desk) is lasts


@pytest.mark.parametrize(("seconds", "lasts"), [(8 * 3600 - 10, True), (8 * 3600 + 1, False)])
def test_eight_hours_end_it_however_busy(desk, seconds, lasts):
    ago(desk, sessions.STARTED, seconds)
    assert is_in(desk) is lasts


def test_what_a_page_asks_for_by_itself_is_no_sign_of_life(desk):
    ago(desk, sessions.SEEN, 800)
    before = desk.session[sessions.SEEN]
    desk.get(HOME, headers={"Sec-Fetch-Dest": "empty"})
    assert desk.session[sessions.SEEN] == before
    assert desk.post(STAY, headers={"Sec-Fetch-Dest": "empty"}).status_code == 204
    assert time.time() - desk.session[sessions.SEEN] < 5


def test_a_session_of_before_the_limits_gets_them_now(desk):
    session = desk.session
    del session[sessions.SEEN], session[sessions.STARTED]
    session.save()
    assert is_in(desk)
    assert {sessions.SEEN, sessions.STARTED} <= {*desk.session.keys()}


def test_a_page_costs_no_write_for_it(desk, django_assert_max_num_queries):
    with django_assert_max_num_queries(3) as queries:
        desk.get(reverse("admin:help", args=["officer.md"]))
    assert not [each for each in queries.captured_queries if "UPDATE" in each["sql"]]


def test_a_new_password_ends_the_other_sessions(officer):
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.force_login(officer)
    words = "a new battery of staples"
    sent = {"old_password": people.PASSWORD, "new_password1": words, "new_password2": words}
    assert here.post(reverse("admin:password_change"), sent).status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)


@pytest.mark.parametrize("password", ["fourteen-chars", "asha@lender.example", "123456789012345678"])
def test_a_weak_password_is_refused(desk, password):
    sent = {"old_password": people.PASSWORD, "new_password1": password, "new_password2": password}
    assert desk.post(reverse("admin:password_change"), sent).status_code == 200


def test_a_deactivated_officers_next_request_fails_for_good(desk, officer):
    colleague = people.officer("ravi")
    theirs = Client()
    theirs.force_login(colleague)
    url = reverse("admin:leadops_officer_change", args=[colleague.pk])
    form = desk.get(url).context["adminform"].form
    sent = {name: value for name, value in form.initial.items() if value not in (None, False)}
    sent |= {"groups": [], "user_permissions": [], "branches": []}
    del sent["is_active"], sent["password"]
    assert desk.post(url, {**sent, "seen": form["seen"].value() or ""}).status_code == 302
    assert not is_in(theirs)
    Officer.objects.update(is_active=True)
    assert not is_in(theirs)


def test_a_session_past_its_end_opens_nothing_though_nobody_has_deleted_it_yet(desk):
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=60))
    assert is_in(desk)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(desk)


def test_nobody_is_found_by_the_id_of_an_officer_who_may_not_sign_in_or_who_is_gone(officer):
    assert Rights().get_user(officer.pk) == officer
    Officer.objects.update(is_active=False)
    assert Rights().get_user(officer.pk) is None
    assert Rights().get_user(officer.pk + 1) is None


def test_who_was_signed_in_by_djangos_own_store_stays_so(desk):
    kept = desk.session
    before = db.SessionStore()
    before.update(dict(kept.items()))
    before.save()
    kept.delete()
    desk.cookies[settings.SESSION_COOKIE_NAME] = before.session_key
    assert is_in(desk)


def test_sessions_that_are_over_are_deleted(desk):
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    tasks.prune_sign_ins()
    assert not Session.objects.exists()
