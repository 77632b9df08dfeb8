"""What the connection check says of a vendor's clock: signatures and tokens end by it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from crm_integrations import transport
from crm_integrations.models import Connection
from crm_integrations.probe import probe

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dated(connections, monkeypatch):
    """Has every answer tell this date."""

    def tell(date: str | None) -> None:
        real = transport.send

        def send(*args, **named):
            answer = real(*args, **named)
            kept = {name: value for name, value in answer.headers.items() if name != "date"}
            object.__setattr__(answer, "headers", kept | ({"date": date} if date else {}))
            return answer

        monkeypatch.setattr(transport, "send", send)

    return tell


@pytest.mark.parametrize("vendor", ["brainysoft", "crego_crm"])
@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, r" Its clock agrees with ours\.$"),
        (95, r" Its clock is 9[3-5] seconds ahead of ours\.$"),
        (-3600, r" Its clock is 360[0-2] seconds behind ours\.$"),
    ],
)
def test_the_check_compares_clocks(dated, vendor, seconds, said):
    dated(format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True))
    verdict = probe(Connection.objects.get(vendor=vendor))
    assert verdict.ok
    assert re.search(said, verdict.detail), verdict.detail


@pytest.mark.parametrize("date", [None, "yesterday", "Sat, 21 Nov 2026 05:00:00"])
def test_a_date_that_is_none_says_nothing(dated, date):
    dated(date)
    verdict = probe(Connection.objects.get(vendor="brainysoft"))
    assert verdict.ok
    assert "clock" not in verdict.detail
