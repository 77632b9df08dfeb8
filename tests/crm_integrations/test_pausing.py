"""A connection that is held until a person resumes it: why, in words that may be kept, and by whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm_integrations import checkups, outbox, transport
from crm_integrations.connector import Response
from crm_integrations.models import Connection, Health, Notice
from tests.crm_integrations import holding

TOKEN = "tok-9f8e7d6c5b4a"
REFUSED = (
    b'{"detail": "Credential tok-9f8e7d6c5b4a of asha.verma@example.com, mobile 9876543210, is revoked"}'
)


@pytest.fixture
def crego(db: None) -> Connection:
    made = holding.connect("crego", vendor="crego_crm")
    made.secrets = {"token": TOKEN}
    made.save()
    return made


@pytest.mark.django_db(transaction=True)
def test_a_check_that_is_refused_pauses_in_words_that_may_be_kept(crego, monkeypatch):
    past = timezone.now() - timedelta(seconds=1)
    Health.objects.create(connection=crego, failures=5, openings=1, opened_at=past, hold_until=past)
    monkeypatch.setattr(transport, "send", lambda *given: Response(403, REFUSED))
    assert checkups.check_held() == 1
    crego.refresh_from_db()
    said = "HTTP 403: Credential [removed] of a…@example.com, mobile XXXXXX3210, is revoked"
    assert (crego.paused, crego.pause_reason) == (True, said)


def test_whoever_pauses_no_credential_and_no_number_is_kept(crego):
    outbox.pause(crego, f"{TOKEN} is wrong, says 9876543210. " + "x" * 600, by="asha")
    crego.refresh_from_db()
    assert crego.pause_reason.startswith("[removed] is wrong, says XXXXXX3210. xxx")
    assert len(crego.pause_reason) == 500


def test_a_late_refusal_takes_nothing_of_an_officers_word(crego):
    outbox.pause(crego, "Maintenance until Monday", by="asha")
    outbox.pause(crego, "HTTP 403: no")
    crego.refresh_from_db()
    assert (crego.paused, crego.paused_by, crego.pause_reason) == (True, "asha", "Maintenance until Monday")


def test_a_late_refusal_of_what_was_changed_meanwhile_pauses_nothing(crego):
    as_called = Connection.objects.get(pk=crego.pk)
    outbox.pause(crego, "HTTP 401: no")
    crego.refresh_from_db()
    crego.secrets = {"token": "tok-new"}
    crego.save()
    outbox.resume(crego)
    outbox.pause(as_called, "HTTP 401: no")
    crego.refresh_from_db()
    assert (crego.paused, Notice.objects.filter(closed_at=None).count()) == (False, 0)
    outbox.pause(crego, "HTTP 401: no")
    crego.refresh_from_db()
    assert crego.paused


def test_a_pause_that_nobody_gave_or_that_is_over_is_anothers_to_give(crego):
    outbox.pause(crego, "HTTP 403: no")
    outbox.pause(crego, "HTTP 401: no")
    crego.refresh_from_db()
    assert (crego.paused_by, crego.pause_reason) == ("", "HTTP 401: no")
    outbox.pause(crego, "Maintenance", by="asha")
    outbox.resume(crego)
    outbox.pause(crego, "HTTP 403: no")
    crego.refresh_from_db()
    assert (crego.paused, crego.paused_by, crego.pause_reason) == (True, "", "HTTP 403: no")
