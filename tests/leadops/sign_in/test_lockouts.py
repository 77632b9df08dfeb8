"""Who fails to sign in too often waits, and nobody learns more by it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from axes.models import AccessFailureLog
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadops.models import Officer
from leadops.sign_in import lockouts
from tests import people
from tests.threads import together

LOGIN = reverse("admin:login")


def attempt(name: str, password: str, address: str = "203.0.113.1"):
    return Client(REMOTE_ADDR=address).post(LOGIN, {"username": name, "password": password})


def fail(times: int, name: str = "asha", address: str = "203.0.113.1") -> list[int]:
    return [attempt(name, "wrong", address).status_code for _ in range(times)]


def failed_before(count: int, minutes: int, name: str, address: str) -> None:
    made = [AccessFailureLog(username=lockouts.index_of(name), ip_address=address) for _ in range(count)]
    AccessFailureLog.objects.bulk_create(made)
    at = timezone.now() - timedelta(minutes=minutes)
    AccessFailureLog.objects.filter(pk__in=[each.pk for each in made]).update(attempt_time=at)


def test_the_sixth_try_of_a_name_from_an_address_is_refused_also_with_the_right_password(officer):
    assert fail(5) == [200] * 5
    refused = attempt("asha", people.PASSWORD)
    assert refused.status_code == 429
    assert "Wait 15 minutes and try again" in refused.content.decode()
    assert 880 < int(refused["Retry-After"]) <= 900
    assert attempt("ASHA", people.PASSWORD).status_code == 429
    assert attempt("asha", people.PASSWORD, "203.0.113.2").status_code == 302


def test_the_wait_is_no_longer_for_those_who_ask_again(officer):
    failed_before(5, 14, "asha", "203.0.113.1")
    for _ in range(7):
        assert "Wait 1 minute and" in attempt("asha", "wrong").content.decode()
    AccessFailureLog.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert attempt("asha", people.PASSWORD).status_code == 302


def test_a_name_is_refused_from_everywhere_after_twenty_tries(officer):
    for each in range(20):
        failed_before(1, 3, "asha", f"203.0.113.{each}")
    refused = attempt("asha", people.PASSWORD, "198.51.100.9")
    assert refused.status_code == 429
    assert "Wait 12 minutes" in refused.content.decode()


def test_an_address_is_refused_after_a_hundred_tries_of_whatever_names(officer):
    for each in range(100):
        failed_before(1, 1, f"name{each}", "198.51.100.9")
    assert attempt("asha", people.PASSWORD, "198.51.100.9").status_code == 429
    assert attempt("asha", people.PASSWORD, "203.0.113.1").status_code == 302


def test_an_unknown_name_is_treated_as_a_known_one(officer, django_assert_num_queries):
    pages = []
    for name in ("asha", "nobody"):
        fail(4, name, "203.0.113.7")
        with django_assert_num_queries(7):
            pages.append(attempt(name, "wrong", "203.0.113.7").content)
        pages.append(attempt(name, "wrong", "203.0.113.7").content.partition(b"Too many")[2][:60])
    assert pages[1] == pages[3] != b""


def test_a_sign_in_forgets_the_tries_of_its_name_and_address_alone(officer):
    fail(4)
    failed_before(3, 1, "asha", "198.51.100.9")
    failed_before(3, 1, "ravi", "203.0.113.1")
    assert attempt("asha", people.PASSWORD).status_code == 302
    assert AccessFailureLog.objects.count() == 6


def test_the_clients_address_is_the_proxys_word_only_behind_one(officer, settings):
    fail(5, address="10.0.0.1")
    forged = Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.99")
    sent = {"username": "asha", "password": people.PASSWORD}
    assert forged.post(LOGIN, sent).status_code == 429
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert forged.post(LOGIN, sent).status_code == 302


def test_what_was_typed_is_neither_kept_nor_logged(officer, caplog):
    typed = "My-Password-In-The-Wrong-Field"
    attempt(typed, "Another-Secret-Word-8")
    for _ in range(6):
        attempt("asha", "Another-Secret-Word-8")
    kept = json.dumps(list(AccessFailureLog.objects.values()), default=str) + caplog.text
    assert "203.0.113.1" in caplog.text
    assert not [word for word in (typed, typed.lower(), "Another-Secret-Word-8", "asha") if word in kept]


@pytest.mark.parametrize("whom", [["Asha"], ["--address", "203.0.113.1"]])
def test_an_operator_lifts_it(officer, capsys, whom):
    fail(5)
    call_command("lift_lock_out", *whom)
    assert "5 failed sign-ins are forgotten" in capsys.readouterr().out
    assert attempt("asha", people.PASSWORD).status_code == 302
    call_command("lift_lock_out", "ravi")
    assert "nothing kept them out" in capsys.readouterr().out


def test_what_counts_no_longer_is_forgotten(officer):
    failed_before(2, 60 * 25, "asha", "203.0.113.1")
    failed_before(1, 60, "asha", "203.0.113.1")
    lockouts.prune()
    assert AccessFailureLog.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_get_no_further(officer):
    codes: list[int] = []
    assert together(*[lambda: codes.extend(fail(1))] * 12) == []
    assert codes.count(200) <= 5
    assert codes.count(200) + codes.count(429) == 12


def test_new_passwords_are_hashed_with_argon2_and_old_ones_at_the_next_sign_in(officer, settings):
    settings.PASSWORD_HASHERS = [
        "leadops.sign_in.passwords.Argon2id",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    Officer.objects.update(password=make_password(people.PASSWORD, hasher="pbkdf2_sha256"))
    assert attempt("asha", people.PASSWORD).status_code == 302
    stored = Officer.objects.get().password
    assert identify_hasher(stored).algorithm == "argon2"
    assert stored.startswith("argon2$argon2id$v=19$m=65536,t=3,p=4$")
