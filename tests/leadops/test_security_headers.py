"""Every answer of every address tells the browser what it may not do."""

from __future__ import annotations

import json
import os
import re
import string
import subprocess
import sys

import pytest
from django.templatetags.static import static
from django.test import Client
from django.urls import reverse

from leadops.models import ApiKey
from tests import routes
from tests.environment import ROOT
from tests.leadops.test_environment import KEYS

YEAR = 31_536_000
ADDRESSES = {
    **routes.addresses(),
    "unknown": "/nowhere/",
    "unknown page": "/admin/nowhere/",
    "call": "/v1/nowhere/",
}
FROM_ELSEWHERE = re.compile(r"https?:|\*|unsafe-inline|unsafe-eval|nonce-|data:|blob:")


@pytest.fixture
def secure(officer, settings) -> Client:
    """An officer at the site as it is served in production."""
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = YEAR, True
    client = Client(raise_request_exception=False)
    client.force_login(officer)
    return client


def directives(policy: str) -> dict[str, str]:
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}


def check(answer, address: str) -> None:
    policy = directives(answer["Content-Security-Policy"])
    if "sandbox" not in policy:
        assert policy["frame-ancestors"] == "'none'", address
        assert policy["base-uri"] == "'none'", address
    scripts = policy.get("script-src", policy["default-src"])
    assert not FROM_ELSEWHERE.search(
        scripts.replace("'unsafe-eval'", "") if "/admin/" in address else scripts
    )
    assert answer["Strict-Transport-Security"].startswith(f"max-age={YEAR}"), address
    assert answer["X-Content-Type-Options"] == "nosniff", address
    assert answer["Referrer-Policy"] == "same-origin", address
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin", address
    assert answer["X-Frame-Options"] == "DENY", address
    assert "no-store" in answer["Cache-Control"], address


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_answers_with_every_header(secure, method):
    for address in ADDRESSES.values():
        if address != reverse("admin:logout"):
            answer = getattr(secure, method)(address, secure=True)
            check(answer, address)
            answer.close()
    assert len(ADDRESSES) > 200


def test_so_does_what_is_refused_or_out_of_order(db, settings, rf):
    settings.SECURE_HSTS_SECONDS = YEAR
    client = Client(raise_request_exception=False)
    check(client.get("/admin/", secure=True, headers={"host": "evil.example"}), "/admin/ of a wrong host")
    check(client.get("/admin/leadops/lead/", secure=True), "/admin/ signed out")
    check(client.post("/v1/crm/leads/", b"{", "application/json", secure=True), "not signed in")


def test_a_forged_host_is_refused(db):
    assert Client().get("/admin/login/", headers={"host": "evil.example"}).status_code == 400


def test_what_never_changes_for_a_person_may_be_kept(db):
    answer = Client().get(static("leadops/admin.css"))
    answer.close()
    assert answer.status_code == 200
    assert "no-store" not in answer["Cache-Control"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_no_page_has_a_script_or_a_handler_within(secure):
    inline = re.compile(
        r"<script(?![^>]*\b(?:src|type=\"application/json\"))[^>]*>|\son[a-z]+=\"|javascript:"
    )
    for address in ADDRESSES.values():
        answer = secure.get(address, secure=True)
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.content:
            assert inline.findall(answer.content.decode()) == [], address
        answer.close()


@pytest.mark.parametrize(
    ("peer", "believed"), [("203.0.113.8", False), ("127.0.0.1", True), ("", True), ("x", False)]
)
def test_forwarding_headers_are_believed_of_our_own_proxies_alone(db, settings, peer, believed):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    answer = Client(REMOTE_ADDR=peer).get("/admin/login/", headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == (200 if believed else 301)


def in_production(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "LEADOPS_PRODUCTION": "1", "DATABASE_URL": "postgresql://h/n"}
    clean |= KEYS | {
        "SECRET_KEY": string.ascii_letters,
        "DJANGO_SETTINGS_MODULE": "leadops.settings",
        "BEHIND_PROXY": "1",
        **variables,
    }
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=clean, capture_output=True, text=True)


def test_the_deployment_check_has_nothing_to_say():
    done = in_production("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues (0 silenced)" in done.stdout


def test_cookies_of_production_are_for_this_host_and_https_alone():
    names = [
        "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "SESSION_COOKIE_SAMESITE",
    ]
    names += [
        "SESSION_COOKIE_PATH",
        "SESSION_COOKIE_DOMAIN",
        "SESSION_COOKIE_AGE",
        "SECOND_FACTOR",
        "SECURE_HSTS_SECONDS",
    ]
    names += [name.replace("SESSION", "CSRF") for name in names[:6]]
    script = "import json, sys; from django.conf import settings as s;"
    done = in_production("-c", script + f"print(json.dumps([getattr(s, n) for n in {names}]))")
    told = dict(zip(names, json.loads(done.stdout), strict=True))
    for kind in ("SESSION", "CSRF"):
        assert told[f"{kind}_COOKIE_NAME"].startswith("__Host-")
        parts = ("SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN")
        assert [told[f"{kind}_COOKIE_{part}"] for part in parts] == [True, True, "Lax", "/", None]
    assert (told["SECOND_FACTOR"], told["SECURE_HSTS_SECONDS"], told["SESSION_COOKIE_AGE"]) == (
        True,
        YEAR,
        28_800,
    )


def test_the_second_factor_cannot_be_switched_off_in_production():
    done = in_production(
        "-c", "from django.conf import settings as s; print(s.SECOND_FACTOR)", SECOND_FACTOR="0"
    )
    assert done.stdout.strip() == "True"


OPEN = {"health", "dialect-brainysoft-login"}
"""What a caller opens without having shown who it is: its health, and the page where it does so."""


def test_no_other_endpoint_of_the_api_is_open_to_everybody():
    views = {name: getattr(each.callback, "cls", None) for name, each in routes.patterns()}
    unguarded = {name for name, view in views.items() if view is not None and not view.permission_classes}
    assert unguarded - {""} == OPEN


def test_in_production_the_schema_is_for_officers_and_keys(db, settings, officer, partner):
    settings.PRODUCTION = True
    pages = [reverse("schema"), reverse("docs")]
    assert [Client().get(page).status_code for page in pages] == [403, 403]
    signed_in = Client()
    signed_in.force_login(officer)
    assert [signed_in.get(page).status_code for page in pages] == [200, 200]
    key = {"Authorization": f"Bearer {ApiKey.issue(partner)[1]}"}
    assert [Client().get(page, headers=key).status_code for page in pages] == [200, 200]


def test_the_way_in_is_one(client, db):
    views = {name: each.callback for name, each in routes.patterns()}
    forms = [name for name in views if re.search(r"log_?in|reset|sign_?up|register", name)]
    assert sorted(forms) == [
        "admin:login",
        "dialect-brainysoft-login",
    ]  # the second one takes a partner's key
