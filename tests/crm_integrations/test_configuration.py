"""What a connection's settings and secrets may be."""

from __future__ import annotations

import pytest

from crm_integrations import registry
from crm_integrations.configuration import check_secrets, check_settings

CANARY = "CANARY"


@pytest.fixture(autouse=True)
def _in_production(settings):
    settings.ALLOW_LOCAL_VENDORS = False
    settings.PRODUCTION = True


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("http://auth.vendor.example", "Only https is allowed, because leads hold personal data."),
        ("https://u:p@auth.vendor.example", "Put credentials into the secrets, not into the URL."),
        ("https://127.0.0.1", "127.0.0.1 is the private or local address 127.0.0.1."),
        ("https://[::ffff:10.0.0.1]", "::ffff:10.0.0.1 is the private or local address ::ffff:10.0.0.1."),
        ("https://93.184.216.34/realm", "Give scheme and host only; the vendor's own path is added by us."),
        ("https://auth.vendor.example\\@evil.example", "This is not a URL."),
        ("//auth.vendor.example", "Give a URL like https://api.vendor.example."),
    ],
)
def test_an_address_among_the_settings_is_checked_like_the_base_url(value, said):
    assert check_settings(registry.get("brainysoft"), {"auth_url": value}) == [f"Setting auth_url: {said}"]


ASTRAY = (
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "@evil.example",
    "bs-core",
    "/a b",
    "/a?b",
    "/a#",
)


@pytest.mark.parametrize("path", ASTRAY)
@pytest.mark.parametrize(
    ("vendor", "name", "key"),
    [
        ("brainysoft", "path_prefix", None),
        ("crego_crm", "paths", "list_leads"),
        ("crego_los", "paths", "list_accounts"),
    ],
)
def test_a_path_among_the_settings_can_lead_to_no_other_host(vendor, name, key, path):
    problems = check_settings(registry.get(vendor), {name: {key: path} if key else path})
    label = f"{name}.{key}" if key else name
    assert [problem.partition(" such as")[0] for problem in problems] == [
        f"Setting {label}: Give a path that begins with one slash,"
    ]


@pytest.mark.parametrize(
    ("vendor", "given"),
    [
        ("brainysoft", {"auth_url": "", "path_prefix": ""}),
        ("brainysoft", {"auth_url": "https://93.184.216.34/", "path_prefix": "/core/"}),
        ("crego_crm", {"paths": {"list_leads": "/v2/leads/", "health": ""}}),
        ("crego_los", {"paths": {}}),
    ],
)
def test_a_path_below_the_base_url_and_a_public_address_pass(vendor, given):
    assert check_settings(registry.get(vendor), given) == []


def test_a_local_address_passes_where_local_vendors_are_allowed(settings):
    settings.ALLOW_LOCAL_VENDORS = True
    assert check_settings(registry.get("brainysoft"), {"auth_url": "http://127.0.0.1:8100"}) == []


@pytest.mark.parametrize(
    "odd", [f"{CANARY}\nX: 1", f"{CANARY}\0", f"{CANARY}ключ", f" {CANARY}", f"{CANARY}\t"]
)
@pytest.mark.parametrize(
    ("vendor", "name"), [("ispcrm", "token"), ("broctagon", "api_key"), ("brainysoft", "token")]
)
def test_a_secret_that_would_break_a_header_is_refused_and_not_repeated(vendor, name, odd):
    (problem,) = check_secrets(registry.get(vendor), {name: odd})
    assert problem.startswith(f"Secret {name} can't be sent: ")
    assert CANARY not in problem


@pytest.mark.parametrize("name", ["client_id", "client_secret", "password"])
def test_a_secret_of_a_body_may_hold_any_letter_and_no_invisible_character(name):
    brainysoft = registry.get("brainysoft")
    assert check_secrets(brainysoft, {name: " пароль é "}) == []
    (problem,) = check_secrets(brainysoft, {name: f"{CANARY}\r\n"})
    assert problem.startswith(f"Secret {name} can't be sent: ")
    assert CANARY not in problem


def test_a_secret_is_text():
    assert check_secrets(registry.get("ispcrm"), {"token": 5}) == ["Secret token must be text."]
