"""Keys are made, put in each other's place, and ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from leadops.models import ApiKey, Scope
from leadops.services import keys
from tests.leadops.api.callers import Caller
from tests.threads import together

LEADS = "/v1/crm/leads/"


def _status(text: str) -> int:
    return Caller(text).get(LEADS).status_code


def test_a_rotated_key_works_beside_the_new_one_for_a_week(partner):
    old, old_text = keys.make(partner, "live", label="branch", scopes=[Scope.LEAD_READ], calls_per_minute=9)
    new, new_text = keys.rotate(old)
    assert (_status(old_text), _status(new_text)) == (200, 200)
    assert (new.label, new.scopes, new.calls_per_minute) == ("branch", [Scope.LEAD_READ], 9)
    old.refresh_from_db()
    assert timedelta(days=6, hours=23) < old.expires_at - timezone.now() <= timedelta(days=7)
    ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert (_status(old_text), _status(new_text)) == (401, 200)


def test_without_an_overlap_the_old_key_ends_at_once(partner):
    old, old_text = keys.make(partner, "live")
    _, new_text = keys.rotate(old, timedelta())
    assert (_status(old_text), _status(new_text)) == (401, 200)


def test_a_key_that_was_to_end_earlier_does_so(partner):
    soon = timezone.now() + timedelta(days=1)
    old, _ = keys.make(partner, "live", expires_at=soon)
    keys.rotate(old)
    old.refresh_from_db()
    assert old.expires_at == soon


def test_a_revoked_keys_next_call_fails(partner):
    key, text = keys.make(partner, "live")
    assert _status(text) == 200
    keys.revoke(key)
    assert _status(text) == 401


def test_a_dead_key_is_not_rotated(partner):
    key, _ = keys.make(partner, "live")
    keys.revoke(key)
    with pytest.raises(keys.NotLive):
        keys.rotate(key)


def test_a_third_live_key_is_refused_by_rotation_too(partner):
    key, _ = keys.make(partner, "live")
    keys.make(partner, "live")
    keys.make(partner, "test")
    with pytest.raises(ValidationError, match="at most 2 live keys"):
        keys.rotate(key)
    assert ApiKey.objects.live().filter(mode="live").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_live_keys_are_the_most_however_many_are_made_at_once(partner):
    failures = together(*[lambda: keys.make(partner, "live")] * 6)
    assert len(failures) == 4
    assert all(isinstance(failure, ValidationError) for failure in failures)
    assert ApiKey.objects.count() == 2
