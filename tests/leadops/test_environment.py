"""Settings from the environment: nonsense is said, by the variable's name."""

from __future__ import annotations

import base64
import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from leadops import environment
from tests.environment import ROOT

KEYS = {
    "SECRET_KEY": "k" * 50,
    "FIELD_KEYS": "1:" + base64.b64encode(bytes(32)).decode(),
    "INDEX_KEY": base64.b64encode(bytes(32)).decode(),
    "ALLOWED_HOSTS": "leadops.example",
}


def test_a_switch_is_on_or_off(monkeypatch):
    for word, meaning in (
        ("1", True),
        ("yes", True),
        ("TRUE", True),
        ("0", False),
        ("off", False),
        ("", False),
    ):
        monkeypatch.setenv("SWITCH", word)
        assert environment.env_bool("SWITCH") is meaning
    monkeypatch.setenv("SWITCH", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="SWITCH"):
        environment.env_bool("SWITCH")


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "4"])
def test_a_number_is_whole_and_large_enough(monkeypatch, text):
    monkeypatch.setenv("NUMBER", text)
    with pytest.raises(ImproperlyConfigured, match="NUMBER"):
        environment.env_int("NUMBER", 10, least=5)


def test_a_table_is_rising_pairs_of_numbers(monkeypatch):
    monkeypatch.setenv("TABLE", " 60:5, 3600:300 ")
    assert environment.env_table("TABLE", "") == ((60, 5), (3600, 300))
    monkeypatch.setenv("TABLE", "")
    assert environment.env_table("TABLE", "60:5") == ()
    for nonsense in ("60", "60:5:1", "x:5", "60:0", "-1:5", "3600:300,60:5", "60:5,60:6"):
        monkeypatch.setenv("TABLE", nonsense)
        with pytest.raises(ImproperlyConfigured, match="TABLE must be rising pairs"):
            environment.env_table("TABLE", "")


def test_a_secret_may_stand_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("hush\n")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "key"))
    assert environment.env_secret("KEY") == "hush"
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ImproperlyConfigured, match="KEY_FILE"):
        environment.env_secret("KEY")


def test_a_database_url_is_taken_apart():
    made = environment.postgres("postgresql://me:p%40ss@db.example:6432/leadops?sslmode=require")
    assert (made["USER"], made["PASSWORD"], made["HOST"], made["PORT"]) == (
        "me",
        "p@ss",
        "db.example",
        "6432",
    )
    assert (made["NAME"], made["OPTIONS"]) == ("leadops", {"connect_timeout": "3", "sslmode": "require"})


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "postgresql://host", "nonsense", "postgresql://h:port/x", "sqlite:///x"]
)
def test_a_wrong_database_url_is_said(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        environment.postgres(url)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "SECRET_KEY, FIELD_KEYS, INDEX_KEY"),
        (KEYS, "DATABASE_URL"),
        (KEYS | {"SECRET_KEY": "short"}, "SECRET_KEY"),
        (KEYS | {"FIELD_KEYS": "rubbish"}, "FIELD_KEYS"),
        (KEYS | {"FIELD_KEYS": KEYS["FIELD_KEYS"].replace("1:", "300:", 1)}, "FIELD_KEYS"),
        (KEYS | {"INDEX_KEY": "AA=="}, "INDEX_KEY"),
        (KEYS | {"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"DEBUG": "1"}, "DEBUG"),
        (
            KEYS | {"DATABASE_URL": "postgresql://h/n", "ALLOW_LOCAL_VENDORS": "1"},
            "ALLOW_LOCAL_VENDORS",
        ),
    ],
)
def test_production_refuses_to_start_half_configured(variables, said):
    clean = {"PATH": os.environ["PATH"], "LEADOPS_PRODUCTION": "1", **variables}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert said in done.stderr


def test_a_first_run_keeps_what_it_makes_from_other_users(tmp_path):
    var = tmp_path / "var"
    var.mkdir(mode=0o755)
    store = "from django.core.files import base, storage; storage.default_storage.save('a/b', base.ContentFile('x'))"
    command = [sys.executable, "-c", f"import django; django.setup(); {store}"]
    clean = {
        "PATH": os.environ["PATH"],
        "LEADOPS_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "leadops.settings",
    }
    subprocess.run(command, cwd=ROOT, env=clean, check=True)
    assert var.stat().st_mode & 0o066 == 0
    made = {str(path.relative_to(var)): oct(path.stat().st_mode & 0o777) for path in var.rglob("*")}
    folders = ("broker", "broker/queue", "broker/control", "media", "media/a")
    assert made == dict.fromkeys(folders, "0o700") | {"secrets.json": "0o600", "media/a/b": "0o600"}


def test_a_folder_that_is_named_by_nothing_is_the_usual_one():
    """And not the one that somebody happens to stand in."""
    told = "from django.conf import settings; print(settings.VAR_DIR)"
    clean = {"PATH": os.environ["PATH"], "LEADOPS_VAR": "", "DJANGO_SETTINGS_MODULE": "leadops.settings"}
    said = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, env=clean, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == str(ROOT / "var")


def test_keys_made_as_operations_tells_are_good_enough_for_production():
    told = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("### Make the keys")[2]
    recipe = told.split("```")[1]
    for _ in range(3):
        printed = subprocess.run(["sh", "-c", recipe], capture_output=True, text=True, check=True).stdout
        made = dict(line.split("=", 1) for line in printed.splitlines())
        assert list(made) == ["SECRET_KEY", "FIELD_KEYS", "INDEX_KEY"]
        environment.refuse_rubbish(made, ["leadops.example"])
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        environment.refuse_rubbish(made | {"SECRET_KEY": made["INDEX_KEY"]}, ["leadops.example"])
