"""API keys on a partner's page."""

from __future__ import annotations

from django.urls import reverse

from leadops.models import ApiKey

KEY = {"label": "branch system", "scopes": ["lead:read", "lead:write"], "expires_at": ""}


def make(desk, partner, **changes):
    return desk.post(reverse("admin:leadops_partner_make_key", args=[partner.pk]), KEY | changes)


def test_new_key_is_shown_once_and_not_kept_by_any_cache(desk, partner):
    answer = make(desk, partner)
    text = answer.context["key"]
    assert text.startswith("lo_live_")
    assert text in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert ApiKey.objects.live().get(digest=ApiKey.digest_of(text)).scopes == ["lead:read", "lead:write"]
    assert text not in desk.get(reverse("admin:leadops_partner_change", args=[partner.pk])).content.decode()


def test_third_live_key_is_refused_in_words(desk, partner):
    make(desk, partner)
    make(desk, partner)
    answer = make(desk, partner)
    assert not answer.context["key"]
    assert "at most 2 live keys" in answer.content.decode()


def test_unknown_scope_is_refused(desk, partner):
    assert not make(desk, partner, scopes=["everything"]).context["key"]
    assert not make(desk, partner, scopes=["document:write"]).context["key"]
    assert not ApiKey.objects.exists()


def test_revoked_key_is_refused_from_now_on(desk, partner):
    key, _ = ApiKey.issue(partner)
    desk.post(reverse("admin:leadops_partner_revoke_key", args=[partner.pk, key.pk]))
    assert not ApiKey.objects.live().exists()
    assert "Revoked" in desk.get(reverse("admin:leadops_partner_change", args=[partner.pk])).content.decode()


def test_key_of_one_partner_is_not_revoked_through_another(desk, partner, other_partner):
    key, _ = ApiKey.issue(partner)
    answer = desk.post(reverse("admin:leadops_partner_revoke_key", args=[other_partner.pk, key.pk]))
    assert answer.status_code == 404
    assert ApiKey.objects.live().exists()
