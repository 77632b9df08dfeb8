"""The core's commands, as an operator runs them."""

import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from leadops.models import ApiKey, Partner
from tests.environment import ROOT


def answer(capsys, *arguments: str) -> dict:
    call_command(*arguments, "--json")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def test_a_new_partner_comes_with_a_live_key(db, capsys):
    made = answer(capsys, "create_partner", "Sunrise Finserv")
    partner = Partner.objects.get(pk=made["id"])
    assert set(made) == {"id", "name", "key"}
    assert (partner.name, partner.code) == ("Sunrise Finserv", "sunrise-finserv")
    assert ApiKey.objects.live().get(partner=partner).digest == ApiKey.digest_of(made["key"])


def test_without_json_the_key_is_shown_to_a_person(db, capsys):
    call_command("create_partner", "Sunrise Finserv")
    assert "key, shown this once: lo_live_" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["Sunrise Finserv", "sunrise  finserv"])
def test_a_partner_of_the_same_name_is_refused(partner, capsys, name):
    with pytest.raises(CommandError, match=r"already\.$") as refusal:
        call_command("create_partner", name, "--json")
    assert "\n" not in str(refusal.value)
    assert capsys.readouterr().out == ""
    assert Partner.objects.count() == 1


def test_a_database_without_tables_is_one_line(db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE leadops_partner RENAME TO elsewhere")
    with pytest.raises(
        CommandError, match=r"^The database has no tables yet: run manage.py migrate first\.$"
    ):
        call_command("create_partner", "Sunrise Finserv")


@pytest.mark.parametrize("url", ["nonsense", "mysql://x", "postgresql://a@127.0.0.1:99999/x"])
def test_settings_that_can_not_be_used_are_one_line(tmp_path, url):
    told = {"LEADOPS_VAR": str(tmp_path), "DATABASE_URL": url, "PATH": os.environ["PATH"]}
    command = [sys.executable, "manage.py", "create_partner", "X"]
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("leadops can't start: DATABASE_URL ")
    assert done.stderr.count("\n") == 1


def test_a_blank_name_is_refused(db):
    with pytest.raises(CommandError, match="name: "):
        call_command("create_partner", "  ")


def test_names_that_read_alike_get_codes_of_their_own(db, capsys):
    codes = [
        Partner.objects.get(pk=answer(capsys, "create_partner", name)["id"]).code
        for name in ("Alpha & Co", "Alpha Co", "Alpha, Co", "北京")
    ]
    assert codes == ["alpha-co", "alpha-co-2", "alpha-co-3", "partner"]
