"""The second factor: compulsory, used once, sealed, and replaceable when it is lost."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadops.models import Authenticator, Officer, RecoveryCode
from leadops.services import second_factor
from tests import people
from tests.leadops.phones import code, enrolled
from tests.threads import together

LOGIN, CODE, PHONE = (reverse(f"admin:{name}") for name in ("login", "sign_in_code", "sign_in_enrol"))
CODES = reverse("admin:sign_in_codes")
HOME = reverse("admin:index")


@pytest.fixture(autouse=True)
def _compulsory(settings):
    settings.SECOND_FACTOR = True


def with_password(client: Client) -> Client:
    assert client.post(LOGIN, {"username": "asha", "password": people.PASSWORD}).status_code == 302
    return client


def signed_in(secret: str) -> Client:
    client = with_password(Client())
    assert client.post(CODE, {"factor_code": code(secret)})["Location"] == HOME
    return client


def forget_use() -> None:
    """As if some minutes had passed: the code of now is not used up."""
    Authenticator.objects.update(last_step=-1, throttling_failure_count=0, throttling_failure_timestamp=None)


def test_without_a_phone_only_the_page_that_enrols_one_opens(client, officer, lead_pages):
    with_password(client)
    for url in lead_pages:
        assert client.get(url)["Location"].partition("?")[0] == PHONE, url
        assert client.post(url)["Location"] == PHONE, url
    page = client.get(PHONE).content.decode()
    phone = Authenticator.objects.get()
    assert "<svg" in page
    assert not phone.confirmed
    done = client.post(PHONE, {"factor_code": code(phone.secret)}).content.decode()
    codes = re.findall(r"\b(?:[a-z2-9]{4}-){3}[a-z2-9]{4}\b", done)
    assert len(set(codes)) == 10
    assert client.get(HOME).status_code == 200
    assert not [each for each in codes if each in client.get(CODES).content.decode()]


@pytest.fixture
def lead_pages(lead) -> list[str]:
    names = ["index", "leadops_lead_changelist", "leadops_export_start", "password_change", "sign_in_codes"]
    return [reverse(f"admin:{name}") for name in names] + [
        reverse("admin:leadops_lead_change", args=[lead.pk]),
        reverse("home"),
        reverse("docs"),
        CODE,
    ]


def test_with_a_phone_the_password_alone_opens_the_page_that_asks_for_the_code(client, officer, lead_pages):
    secret, _ = enrolled(officer)
    with_password(client)
    for url in {*lead_pages, PHONE} - {CODE}:
        assert client.get(url)["Location"].partition("?")[0] == CODE, url
    wanted = reverse("admin:leadops_lead_changelist") + "?q=asha"
    asked = client.get(wanted)["Location"]
    assert client.post(asked, {"factor_code": code(secret)})["Location"] == wanted
    assert client.get(wanted).status_code == 200


def test_another_site_is_no_place_to_go_on_to(client, officer):
    secret, _ = enrolled(officer)
    with_password(client)
    asked = f"{CODE}?next=https://evil.example/"
    assert client.post(asked, {"factor_code": code(secret)})["Location"] == HOME


def test_a_session_made_in_another_way_passes_no_gate(client, officer):
    enrolled(officer)
    client.force_login(officer)
    assert client.get(HOME)["Location"].startswith(CODE)


def test_who_has_a_phone_shows_it_where_it_is_not_compulsory_too(client, officer, settings):
    settings.SECOND_FACTOR = False
    assert with_password(client).get(HOME).status_code == 200
    enrolled(officer)
    assert with_password(Client()).get(HOME)["Location"].startswith(CODE)


def test_a_code_is_good_once(officer):
    secret, _ = enrolled(officer)
    signed_in(secret)
    again = with_password(Client()).post(CODE, {"factor_code": code(secret)})
    assert "it was used before" in again.content.decode()


def test_of_two_who_show_one_code_at_a_time_one_gets_in(transactional_db, officer):
    secret, _ = enrolled(officer)
    shown = code(secret)
    failures = together(*[lambda: second_factor.show(officer, shown)] * 4)
    assert len(failures) == 3
    assert {type(each) for each in failures} <= {second_factor.WrongCode, second_factor.WaitFirst}


@pytest.mark.parametrize("later", [-1, 1])
def test_a_clock_that_is_half_a_minute_off_is_good_enough(officer, later):
    secret, _ = enrolled(officer)
    assert second_factor.show(officer, code(secret, later)) is None


@pytest.mark.parametrize("wrong", ["000000", "12345", "abcdef", "²²²²²²", "a" * 16, ""])
def test_a_wrong_code_is_refused_and_the_next_try_waits(client, officer, wrong, monkeypatch):
    secret, _ = enrolled(officer)
    with_password(client)
    at_once = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: at_once)
    assert client.post(CODE, {"factor_code": wrong}).status_code == 200
    assert client.get(HOME)["Location"].startswith(CODE)
    if wrong:
        assert "wait 1 seconds" in client.post(CODE, {"factor_code": code(secret)}).content.decode()
        assert Authenticator.objects.get().throttling_failure_count == 1


def test_a_recovery_code_stands_in_once_however_it_is_typed(officer):
    _, codes = enrolled(officer)
    client = with_password(Client())
    assert client.post(CODE, {"factor_code": codes[3].upper().replace("-", " ")})["Location"] == HOME
    assert "9 recovery codes are left." in client.get(HOME).content.decode()
    again = with_password(Client())
    assert "it was used before" in again.post(CODE, {"factor_code": codes[3]}).content.decode()
    forget_use()
    assert again.post(CODE, {"factor_code": codes[4]})["Location"] == HOME


def test_new_recovery_codes_take_the_place_of_the_old_ones(officer):
    secret, codes = enrolled(officer)
    client = signed_in(secret)
    assert "10 recovery codes are left." in client.get(CODES).content.decode()
    assert client.post(CODES).status_code == 200
    assert RecoveryCode.objects.count() == 10
    with pytest.raises(second_factor.WrongCode):
        second_factor.show(officer, codes[0])


def test_another_phone_takes_the_place_of_the_old_one_and_ends_other_sessions(officer):
    secret, _ = enrolled(officer)
    here = signed_in(secret)
    forget_use()
    elsewhere = signed_in(secret)
    assert here.get(PHONE).status_code == 200
    new = Authenticator.objects.get(confirmed=False).secret
    assert here.post(PHONE, {"factor_code": code(new)}).status_code == 200
    assert Authenticator.objects.get().secret == new
    assert here.get(HOME).status_code == 200
    assert elsewhere.get(HOME)["Location"].startswith(LOGIN)


def test_a_reset_ends_sessions_and_makes_the_officer_enrol_anew(officer):
    secret, _ = enrolled(officer)
    client = signed_in(secret)
    second_factor.reset(Officer.objects.get())
    assert client.get(HOME)["Location"].startswith(LOGIN)
    assert with_password(Client()).get(HOME)["Location"].startswith(PHONE)
    assert not RecoveryCode.objects.exists()


def test_an_operator_resets_it_on_the_server(officer, capsys):
    enrolled(officer)
    call_command("reset_second_factor", "asha")
    assert "asha enrols a phone" in capsys.readouterr().out
    assert Officer.objects.get().factor_since is None
    with pytest.raises(CommandError, match="no officer of this name"):
        call_command("reset_second_factor", "nobody")


def test_neither_secret_nor_recovery_code_stands_in_the_database(officer):
    secret, codes = enrolled(officer)
    stored = b""
    with connection.cursor() as cursor:
        for table in (Authenticator._meta.db_table, RecoveryCode._meta.db_table):
            cursor.execute(f"SELECT * FROM {table}")
            stored += repr(
                [[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in cursor]
            ).encode()
    assert b"Authenticator app" in stored
    planted = [secret, *codes, *(each.replace("-", "") for each in codes)]
    assert not [each for each in planted if each.encode() in stored]


def test_the_session_has_a_new_id_after_the_password_and_after_the_code(client, officer):
    secret, _ = enrolled(officer)
    client.get(LOGIN)
    seen = [client.session.session_key]
    with_password(client)
    seen.append(client.session.session_key)
    client.post(CODE, {"factor_code": code(secret)})
    seen.append(client.session.session_key)
    assert len(set(seen)) == 3
