"""What a second person approves of a partner's keys: new ones, those in an old one's place, and more for one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadops.models import ApiKey, Partner, PendingChange
from tests.approving import approved, asked, page_of, press, refused, second_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_approvals")]


class TestKeys:
    def make(self, desk: Client, partner: Partner, **changes: object) -> str:
        url = reverse("admin:leadops_partner_make_key", args=[partner.pk])
        form = {"mode": "live", "label": "main", "scopes": ["lead:read"], **changes}
        page = desk.post(url, form).content.decode()
        found = re.search(r"lo_\w{4}_[\w-]+", page)
        return found.group() if found else page

    def test_a_key_opens_nothing_until_it_is_approved(self, desk, client, partner):
        text = self.make(desk, partner)
        change = PendingChange.objects.get()
        calls = {"headers": {"Authorization": f"Bearer {text}"}}
        assert client.get("/v1/crm/leads/", **calls).status_code == 401
        approved(desk, change)
        assert client.get("/v1/crm/leads/", **calls).status_code == 200
        assert ApiKey.objects.get().scopes == ["lead:read"]
        assert text not in desk.get(page_of(change)).content.decode()

    def test_a_refused_key_is_never_made(self, desk, partner):
        self.make(desk, partner)
        refused(desk, PendingChange.objects.get())
        assert not ApiKey.objects.exists()

    def test_a_test_key_asks_nobody(self, desk, partner):
        self.make(desk, partner, mode="test")
        assert ApiKey.objects.get().mode == "test"
        assert not PendingChange.objects.exists()

    def rotate(self, desk: Client, key: ApiKey) -> str:
        url = reverse("admin:leadops_partner_rotate_key", args=[key.partner_id, key.pk])
        page = desk.post(url, {"overlap": "0"}).content.decode()
        found = re.search(r"lo_\w{4}_[\w-]{30,}", page)
        return found.group() if found else page

    def test_a_rotated_key_opens_nothing_until_it_is_approved_and_the_old_one_works_on(
        self, desk, client, partner
    ):
        old, old_text = ApiKey.issue(partner, scopes=["lead:read", "pii:read"])
        text = self.rotate(desk, old)
        change = PendingChange.objects.get()

        def answers(sent: str) -> int:
            return client.get("/v1/crm/leads/", headers={"Authorization": f"Bearer {sent}"}).status_code

        assert (answers(text), answers(old_text)) == (401, 200)
        assert text not in desk.get(page_of(change)).content.decode()
        approved(desk, change)
        assert (answers(text), answers(old_text)) == (200, 401)
        assert ApiKey.objects.exclude(pk=old.pk).get().scopes == old.scopes

    def test_a_refused_rotation_leaves_the_key(self, desk, partner):
        old, _ = ApiKey.issue(partner)
        self.rotate(desk, old)
        refused(desk, PendingChange.objects.get())
        assert ApiKey.objects.live().get() == old

    def test_a_key_changed_meanwhile_is_not_rotated(self, desk, partner):
        old, _ = ApiKey.issue(partner, scopes=["lead:read", "pii:read"])
        self.rotate(desk, old)
        change = PendingChange.objects.get()
        ApiKey.objects.update(networks=["203.0.113.0/24"])
        press(desk, "explain", change)
        assert "has changed since" in press(second_person(), "approve", change)
        assert ApiKey.objects.count() == 1

    def test_a_test_key_is_rotated_at_once(self, desk, partner):
        old, _ = ApiKey.issue(partner, "test")
        self.rotate(desk, old)
        assert ApiKey.objects.count() == 2
        assert not PendingChange.objects.exists()

    @pytest.mark.parametrize(
        ("before", "sent", "at_once"),
        [
            ("203.0.113.0/24", "", "203.0.113.0/24"),
            ("203.0.113.0/24", "203.0.112.0/23", "203.0.113.0/24"),
            ("203.0.113.0/24", "203.0.113.7 198.51.100.1", "203.0.113.7"),
            ("203.0.113.0/24", "2001:db8::/32", "203.0.113.0/24"),
        ],
    )
    def test_more_addresses_wait(self, desk, partner, before, sent, at_once):
        key, _ = ApiKey.issue(partner, scopes=["lead:read"], networks=[before])
        url = reverse("admin:leadops_partner_change_key", args=[partner.pk, key.pk])
        change = asked(desk.post(url, {"scopes": ["lead:read"], "networks": sent}))
        key.refresh_from_db()
        assert key.networks == [at_once]
        approved(desk, change)
        key.refresh_from_db()
        assert key.networks == sent.split()

    def test_a_later_end_waits_and_fewer_addresses_or_an_earlier_end_do_not(self, desk, partner):
        ends = timezone.now() + timedelta(days=3)
        key, _ = ApiKey.issue(partner, scopes=["lead:read"], expires_at=ends)
        url = reverse("admin:leadops_partner_change_key", args=[partner.pk, key.pk])
        earlier = timezone.localdate() + timedelta(days=1)
        sent = {"scopes": ["lead:read"], "networks": "203.0.113.7", "expires_at": f"{earlier}"}
        desk.post(url, sent)
        key.refresh_from_db()
        assert (key.networks, timezone.localdate(key.expires_at)) == (["203.0.113.7"], earlier)
        assert not PendingChange.objects.exists()
        change = asked(desk.post(url, sent | {"expires_at": ""}))
        key.refresh_from_db()
        assert key.expires_at is not None
        approved(desk, change)
        key.refresh_from_db()
        assert key.expires_at is None

    def test_more_scopes_wait_and_fewer_do_not(self, desk, partner):
        key, _ = ApiKey.issue(partner, scopes=["lead:read", "lead:write"])
        url = reverse("admin:leadops_partner_change_key", args=[partner.pk, key.pk])
        answer = desk.post(url, {"label": "new", "scopes": ["lead:read", "pii:read"]})
        change = asked(answer)
        key.refresh_from_db()
        assert (key.scopes, key.label) == (["lead:read"], "new")
        approved(desk, change)
        key.refresh_from_db()
        assert key.scopes == ["lead:read", "pii:read"]
