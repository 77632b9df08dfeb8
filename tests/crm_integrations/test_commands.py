"""Connecting vendors, checking connections and loading the demo, as an operator does it."""

import json

import pytest
from django.core.management import CommandError, call_command

from crm_integrations import subscriptions
from crm_integrations.models import Connection, Route

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:8100"


def answer(capsys, *arguments: str) -> dict:
    capsys.readouterr()
    call_command(*arguments, "--json")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def connect(*arguments: str) -> None:
    call_command("connect", *arguments, "--base-url", URL)


@pytest.mark.parametrize("count", ["0", "-3", "many"])
def test_fewer_than_one_worker_is_refused(count):
    with pytest.raises(CommandError, match="is not 1 or more"):
        call_command("deliver_due", f"--workers={count}")


def test_connect_makes_a_connection_without_a_route(capsys):
    made = answer(capsys, "connect", "ispcrm", "--name", "isp", "--base-url", URL, "--secret", "token=a=b")
    connection = Connection.objects.get(pk=made["id"])
    assert made == {"id": str(connection.pk), "name": "isp", "vendor": "ispcrm"}
    assert connection.secrets == {"token": "a=b"}
    assert not Route.objects.exists()


def test_settings_are_json_where_they_are_json_and_text_where_text_is_declared():
    connect("broctagon", "--name", "b", "--setting", "owner_id=12345678", "--setting", "auth_version=1")
    connect("crego_crm", "--name", "c", "--setting", 'program_ids={"scf": "77"}')
    assert Connection.objects.get(name="b").settings == {"owner_id": "12345678", "auth_version": 1}
    assert Connection.objects.get(name="c").settings == {"program_ids": {"scf": "77"}}


@pytest.mark.parametrize(("flags", "automatic"), [([], False), (["--auto"], True)])
def test_a_route_is_for_one_program_or_for_all(program, flags, automatic):
    connect("ispcrm", "--name", "one", "--program", program.code, *flags)
    connect("ispcrm", "--name", "every", "--program", "all", *flags)
    routes = {route.connection.name: (route.program, route.automatic) for route in Route.objects.all()}
    assert routes == {"one": (program, automatic), "every": (None, automatic)}


def test_a_repeated_name_changes_what_is_named_and_keeps_the_rest(program):
    first = ["brainysoft", "--name", "b", "--program", "all"]
    connect(*first, "--setting", "store_code=A", "--secret", "client_id=me", "--secret", "client_secret=old")
    connect(*first, "--setting", "channel=SITE", "--secret", "client_secret=new", "--auto")
    connection = Connection.objects.get()
    assert connection.settings == {"store_code": "A", "channel": "SITE"}
    assert connection.secrets == {"client_id": "me", "client_secret": "new"}
    assert Route.objects.get().automatic is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody", "--name", "n"], "Unknown vendor 'nobody'; known are: bank_verifier, brainysoft"),
        (["ispcrm", "--name", "n", "--setting", "color=red"], "Unknown setting 'color'"),
        (["ispcrm", "--name", "n", "--secret", "pin=1"], "Unknown secret 'pin'; known are: token"),
        (["ispcrm", "--name", "n", "--secret", "S3CRET"], "--secret needs NAME=VALUE"),
        (["ispcrm", "--name", "n", "--program", "none"], "Unknown program 'none'; known are: scf-north"),
        (["ispcrm", "--name", "n", "--auto"], "--auto says how a route works"),
        (["ispcrm", "--name", "n", "--base-url", "ftp://x"], "base_url: "),
        (["broctagon", "--name", "n", "--setting", "auth_version=3"], "must be one of 2, 1"),
        (["crego_crm", "--name", "taken"], "'taken' is a connection to ispcrm already"),
    ],
)
def test_connect_refuses_in_one_line_and_changes_nothing(program, capsys, arguments, message):
    connect("ispcrm", "--name", "taken", "--secret", "token=t")
    capsys.readouterr()
    with pytest.raises(CommandError) as refusal:
        call_command("connect", *["--base-url", URL, *arguments], "--json")
    text = str(refusal.value)
    assert message in text
    assert "\n" not in text
    assert "S3CRET" not in text
    assert capsys.readouterr().out == ""
    assert Connection.objects.values_list("name").get() == ("taken",)
    assert not Route.objects.exists()


def test_another_address_needs_the_secrets_again():
    connect("ispcrm", "--name", "isp", "--secret", "token=old")
    elsewhere = ["connect", "ispcrm", "--name", "isp", "--base-url", "http://127.0.0.1:9"]
    with pytest.raises(
        CommandError, match=r"^Its address changes, so its secrets are needed again: token\.$"
    ):
        call_command(*elsewhere)
    assert Connection.objects.get().base_url == URL
    call_command(*elsewhere, "--secret", "token=new")
    stored = Connection.objects.get()
    assert (stored.base_url, stored.secrets) == ("http://127.0.0.1:9", {"token": "new"})


def test_private_addresses_are_refused_unless_local_vendors_are_allowed(settings):
    settings.ALLOW_LOCAL_VENDORS = False
    with pytest.raises(CommandError, match="base_url: "):
        connect("ispcrm", "--name", "n")


def test_every_connection_is_tried_and_the_broken_one_named(vendor_sandbox, capsys):
    call_command("demo", sandbox_url=vendor_sandbox.url)
    found = answer(capsys, "check_connections")["connections"]
    assert {each["name"]: each["ok"] for each in found} == dict.fromkeys(
        ["bank-verifier", "brainysoft", "broctagon", "crego-crm", "crego-los", "ispcrm"], True
    )
    unproved = {each["name"]: each["detail"] for each in found if not each["proved"]}
    assert sorted(unproved) == ["broctagon", "ispcrm"]
    assert unproved["ispcrm"].startswith("Address answers; credentials are complete, not proved: ISPCRM")
    broken = Connection.objects.get(name="brainysoft")
    broken.secrets = {**broken.secrets, "client_secret": "S3CRET"}
    broken.save()
    Connection.objects.filter(name="ispcrm").update(base_url="http://127.0.0.1:9")
    empty = Connection.objects.get(name="crego-los")
    empty.secrets = {}
    empty.save()
    capsys.readouterr()
    with pytest.raises(CommandError, match=r"^Can't be used: brainysoft, crego-los, ispcrm\.$"):
        call_command("check_connections", "--json")
    out = capsys.readouterr().out
    details = {each["name"]: each["detail"] for each in json.loads(out)["connections"] if not each["ok"]}
    assert details["crego-los"] == "The connection has no token."
    assert "401" in details["brainysoft"]
    assert details["ispcrm"].startswith(
        "No connection: ConnectionRefusedError"
    )  # nothing listens on that port
    assert "S3CRET" not in out


def test_the_webhooks_of_partners_are_no_connections_to_be_checked(partner, capsys):
    subscriptions.create(partner, "https://hooks.sunrise.example/leadops", ["lead.created"])
    assert answer(capsys, "check_connections") == {"connections": []}


def test_checking_no_connections_succeeds(capsys):
    assert answer(capsys, "check_connections") == {"connections": []}
