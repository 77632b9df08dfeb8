"""What leadops looks at before it starts: whether the database's server would log personal data."""

from __future__ import annotations

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

pytestmark = pytest.mark.django_db

TELLING = [
    ("log_min_error_statement", "error"),
    ("log_error_verbosity", "default"),
    ("log_statement", "mod"),
    ("log_min_duration_statement", "250"),
    ("log_min_duration_sample", "0"),
    ("log_transaction_sample_rate", "0.5"),
    ("log_parameter_max_length_on_error", "-1"),
]


def warned() -> list[str]:
    found = run_checks(tags=[Tags.database], databases=["default"])
    return [each.msg for each in found if each.id == "leadops.W001"]


def test_of_our_own_server_there_is_nothing_to_say():
    assert warned() == []


@pytest.mark.parametrize(("name", "setting"), TELLING)
def test_a_server_that_would_log_what_it_is_told_is_warned_of(name, setting):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {name} = '{setting}'")
    assert warned() == [f"The database's server logs what it is told: {name} is {setting}."]


def test_no_server_is_asked_unless_it_is_named():
    assert [each.id for each in run_checks() if each.id == "leadops.W001"] == []
